"""Execution: run an experiment into a run folder, or resume one."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mesa  # noqa: F401  first, because its import scans all loaded modules

from .design import design
from .errors import ExperimentError, ExperimentWarning, RunsFailed, Stopped
from .executors import Executor, open_executor
from .idle import idle_interventions
from .interrupts import deferred_interrupts
from .kernels import announced
from .opening import (
    add_start,
    check_environment,
    check_manifest,
    check_version,
    is_finished,
    planned,
    seeds,
    start,
)
from .parsing import as_python, whole
from .progress import Progress, Report
from .reading import Source, as_given, read
from .simulation import Outcome
from .store import RunFolder
from .tables import Tables

FLUSH_RUNS = 400
FLUSH_SECONDS = 5.0
"""Rows are written after this many runs or seconds, whichever comes first."""


# wide: the options of the command `peckham run`, by keyword
def run(
    experiment: Source,
    *,
    out: str | Path | None = None,
    overrides: Mapping[str, Any] | None = None,
    seed: int | None = None,
    replicates: int | None = None,
    workers: int | None = None,
    progress: bool | Report | None = None,
    dask: str | None = None,
    raise_on_failure: bool = False,
) -> Path:
    """Run an experiment into a folder.

    Parameters
    ----------
    experiment : str, Path, mapping or Experiment
        Name of a scenario, a YAML file, the ``manifest.json`` of a run folder,
        the contents of an experiment file, or an experiment.
    out : str or Path, optional
        Run folder, ``runs/<name>`` by default. A folder that already holds all
        runs of this experiment is not changed.
    overrides : mapping, optional
        Paths and values that replace those of the base.
    seed, replicates : int, optional
        They replace those of the experiment.
    workers : int, optional
        Number of worker processes. By default, or if it is 1, the runs execute
        in this process. With more, a script must call this function under
        ``if __name__ == "__main__":``.
    progress : bool or callable, optional
        Whether to show progress on standard error, by default only if it is a
        terminal; or a function of (runs done, total runs).
    dask : str, optional
        Address of a Dask scheduler. Its workers execute the runs.
    raise_on_failure : bool
        Whether to raise if runs failed, after all runs are done. By default
        there is a warning.

    Returns
    -------
    Path
        The run folder. Failed runs are listed in its table of runs.

    Raises
    ------
    RunsFailed
        If runs failed and `raise_on_failure` is set.
    ExperimentError
        If the experiment is invalid, the folder holds something else, or the
        scheduler does not answer. Nothing is written in these cases.
    Stopped
        If the connection to the scheduler is lost. Finished runs are kept.
    """
    workers = checked_workers(workers, dask)
    if isinstance(experiment, str | Path) and Path(experiment).suffix == ".json":
        read(experiment)  # raises if it is no manifest
        check_manifest(Path(experiment))
    found = read(experiment, overrides=overrides, seed=seed, replicates=replicates)
    plan = design(found)
    for idle in idle_interventions(plan):
        warnings.warn(idle, ExperimentWarning, stacklevel=2)
    folder = RunFolder(Path("runs") / found.name if out is None else out)
    if not is_finished(folder, plan):
        given = {
            "experiment": str(experiment) if isinstance(experiment, str | Path) else None,
            "data": as_given(experiment).data,
            "overrides": as_python(overrides or {}),
            "seed": as_python(seed),
            "replicates": as_python(replicates),
            "workers": workers,
            "dask": dask,
        }
        with open_executor(workers, dask) as executor:
            start(folder, found, plan, given)
            finish(folder, executor, progress)
    report_failures(folder, raise_on_failure)
    return folder.path


def resume(
    path: str | Path,
    *,
    replicates: int | None = None,
    retry_failed: bool = False,
    anyway: bool = False,
    workers: int | None = None,
    progress: bool | Report | None = None,
    dask: str | None = None,
    raise_on_failure: bool = False,
) -> Path:
    """Do the runs that are missing in a run folder.

    Parameters
    ----------
    path : str or Path
        The run folder.
    replicates : int, optional
        New number of replicates, at least the present one.
    retry_failed : bool
        Whether to repeat failed runs. By default they are kept as failed.
    anyway : bool
        Whether to add runs under other versions, or another commit, than the
        folder's. The table of runs says which environment made each row.
    workers, progress, dask, raise_on_failure
        As for `run`. They may differ from those of the first run.

    Returns
    -------
    Path
        The run folder.

    Raises
    ------
    ExperimentError
        If it is not a run folder, it is in use, the number of replicates is
        lower than before, its runs were made under other versions or another
        commit, or the scheduler does not answer.
    Stopped
        If the connection to the scheduler is lost. Finished runs are kept.
    """
    workers = checked_workers(workers, dask)
    folder = RunFolder(path)
    manifest = folder.manifest()
    before = whole("replicates", manifest["resolved"].get("replicates"), 1)
    replicates = None if replicates is None else whole("replicates", replicates, 1)
    if replicates is not None and replicates < before:
        raise ExperimentError(
            f"replicates: must be at least the folder's {before}, got {replicates}; "
            "use another folder for fewer"
        )
    check_version(manifest, folder.path)
    plan = planned(folder)  # raises if the experiment was modified, before anything is written
    statuses = list(folder.finished_runs().values())
    is_complete = len(statuses) == plan.size and (replicates or 0) <= before
    if not anyway and (not is_complete or (retry_failed and "failed" in statuses)):
        check_environment(folder)
    with open_executor(workers, dask) as executor:
        with folder.locked():
            if replicates is not None and replicates > before:
                resolved = {**manifest["resolved"], "replicates": replicates}
                folder.write_manifest(
                    {**manifest, "resolved": resolved, "seeds": seeds(resolved["seed"], replicates)}
                )
            if retry_failed:
                folder.drop_orphans()
                folder.forget_failed()
        finish(folder, executor, progress)
    report_failures(folder, raise_on_failure)
    return folder.path


def checked_workers(workers: int | None, dask: str | None) -> int | None:
    """Return the number of workers, if it is valid and not given beside a cluster.

    Raises
    ------
    ExperimentError
        If it is not.
    """
    if workers is None:
        return None
    workers = whole("workers", workers, 1)
    if dask is not None:
        raise ExperimentError(
            f"workers and dask: must not both be given, got {workers} and {dask}; "
            "leave out workers, because a cluster has its own"
        )
    return workers


def report_failures(folder: RunFolder, raise_on_failure: bool) -> None:
    """Warn if runs failed.

    Raises
    ------
    RunsFailed
        If runs failed and `raise_on_failure` is set.
    """
    statuses = list(folder.finished_runs().values())
    if failed := statuses.count("failed"):
        message = (
            f"{failed} of {len(statuses)} runs failed; see the column error of "
            f"{folder.path / 'runs'}; retry them with: peckham resume {folder.path} --retry-failed"
        )
        if raise_on_failure:
            raise RunsFailed(message)
        warnings.warn(message, ExperimentWarning, stacklevel=3)


def finish(folder: RunFolder, executor: Executor, progress: bool | Report | None) -> None:
    """Do the runs that have no row yet, and write rows as they arrive.

    Every row that was written is complete, even after an error. `resume` does
    the missing runs.
    """
    with folder.locked():
        folder.drop_orphans()
        plan = planned(folder)
        finished = folder.finished_runs()
        todo = (run for run in plan if run.run not in finished)
        name = folder.manifest()["resolved"]["name"]
        specs = [variant.spec for variant in plan.variants]
        folder.set_state("running")
        state = "interrupted"
        environment = add_start(folder) if len(finished) < plan.size else 0
        writer = Writer(folder, Tables(plan, environment))
        try:
            with (
                Progress(plan.size, len(finished), progress, name) as shown,
                announced(shown.show_message),
            ):
                if len(finished) < plan.size:
                    for outcome in executor.outcomes(todo, specs):
                        writer.add(outcome)
                        shown.advance()
            state = "finished"
        except Stopped as error:
            way_out = f"finished runs are kept; resume with: peckham resume {folder.path}"
            raise Stopped(f"{error}; {way_out} {error.options}".rstrip()) from None
        finally:
            writer.flush()
            folder.set_state(state)


class Writer:
    """Collects outcomes and writes them to the run folder in batches."""

    def __init__(self, folder: RunFolder, tables: Tables) -> None:
        self._folder = folder
        self._tables = tables
        self._outcomes: list[Outcome] = []
        self._since = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Add an outcome, and write the batch if it is due."""
        self._outcomes.append(outcome)
        due = time.monotonic() - self._since >= FLUSH_SECONDS
        if due or len(self._outcomes) >= FLUSH_RUNS:
            self.flush()

    def flush(self) -> None:
        """Write the collected outcomes as one part of each table."""
        if self._outcomes:
            with deferred_interrupts():
                self._folder.append(self._tables.of(self._outcomes))
                self._outcomes = []
        self._since = time.monotonic()
