"""Running an experiment into a run folder, and going on where it stopped."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mesa  # noqa: F401  before the rest: it goes through all that is imported already

from .design import design
from .errors import ExperimentError, Stopped
from .executors import Executor, opened
from .interrupts import deferred
from .kernels import announced
from .opening import check_version, is_finished, planned, seeds, start
from .parsing import as_python, whole
from .progress import Progress, Report
from .reading import Source, as_given, read
from .simulation import Outcome
from .store import RunFolder
from .tables import Tables

FLUSH_RUNS = 400
FLUSH_SECONDS = 5.0
"""A flush writes the rows of so many runs, or of so many seconds, whichever is first."""


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
) -> Path:
    """Run an experiment into a folder.

    Parameters
    ----------
    experiment : str, Path, mapping or Experiment
        A scenario's name, a YAML file, a run's ``manifest.json``, the data of
        a file, or an experiment.
    out : str or Path, optional
        The run folder, ``runs/<name>`` by default. One that already holds all
        runs of this experiment is left as it is.
    overrides : mapping, optional
        Paths and values that go over the base.
    seed, replicates : int, optional
        In place of the experiment's.
    workers : int, optional
        Processes to run in; by default, and with 1, it runs in this process.
        With more, a script needs the usual ``if __name__ == "__main__":``.
    progress : bool or callable, optional
        Whether to show progress on standard error, by default where that is a
        terminal; or a function of (runs done, runs in all).
    dask : str, optional
        The address of a Dask scheduler, whose workers do the runs.

    Returns
    -------
    Path
        The run folder. Failed runs are in its table of runs.

    Raises
    ------
    ExperimentError
        If the experiment is wrong, the folder holds anything else, or there is
        no such scheduler; nothing was written then.
    Stopped
        If the scheduler went away in the middle; what came in is kept.
    """
    check_workers(workers, dask)
    found = read(experiment, overrides=overrides, seed=seed, replicates=replicates)
    plan = design(found)
    folder = RunFolder(Path("runs") / found.name if out is None else out)
    if not is_finished(folder, plan):
        given = {
            "experiment": str(experiment) if isinstance(experiment, str | Path) else None,
            "data": as_given(experiment).data,
            "overrides": as_python(overrides or {}),
            "seed": seed,
            "replicates": replicates,
            "workers": workers,
            "dask": dask,
        }
        with opened(workers, dask) as executor:
            start(folder, found, plan, given)
            finish(folder, executor, progress)
    return folder.path


def resume(
    path: str | Path,
    *,
    replicates: int | None = None,
    retry_failed: bool = False,
    workers: int | None = None,
    progress: bool | Report | None = None,
    dask: str | None = None,
) -> Path:
    """Do the runs of a run folder that are not done yet.

    Parameters
    ----------
    path : str or Path
        The run folder.
    replicates : int, optional
        Raises the number of replicates.
    retry_failed : bool
        Whether to run failed runs again; by default they stay.
    workers, progress, dask
        As for `run`; they need not be what the folder was started with.

    Returns
    -------
    Path
        The run folder.

    Raises
    ------
    ExperimentError
        If it is no run folder, it is in use, it would have fewer replicates, or
        there is no such scheduler.
    Stopped
        If the scheduler went away in the middle; what came in is kept.
    """
    check_workers(workers, dask)
    folder = RunFolder(path)
    manifest = folder.manifest()
    before = whole("replicates", manifest["resolved"].get("replicates"), 1)
    if replicates is not None and whole("replicates", replicates, 1) < before:
        raise ExperimentError(
            f"replicates: must be at least the folder's {before}, got {replicates}; "
            "run into another folder for fewer"
        )
    check_version(folder)
    planned(folder)  # an experiment that was tampered with is refused before anything is written
    with opened(workers, dask) as executor:
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
    return folder.path


def check_workers(workers: int | None, dask: str | None) -> None:
    """Refuse a number of workers that makes no sense, and workers both here and there."""
    if workers is not None:
        whole("workers", workers, 1)
        if dask is not None:
            raise ExperimentError(
                f"workers and dask: must not be given both, got {workers} and {dask}; "
                "a cluster brings its own workers"
            )


def finish(folder: RunFolder, executor: Executor, progress: bool | Report | None) -> None:
    """Do the runs that have no row yet, and write their rows as they come in.

    However it ends, every row that was written is whole, and what is missing
    can be done by `resume`.
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
        writer = Writer(folder, Tables(plan))
        try:
            with Progress(plan.size, len(finished), progress, name) as shown, announced(shown.say):
                if len(finished) < plan.size:
                    for outcome in executor.outcomes(todo, specs):
                        writer.take(outcome)
                        shown.advance()
            state = "finished"
        except Stopped as error:
            way_out = f"what came in is kept; go on with: peckham resume {folder.path}"
            raise Stopped(f"{error}; {way_out} {error.options}".rstrip()) from None
        finally:
            writer.flush()
            folder.set_state(state)


class Writer:
    """Collects outcomes and flushes them to the folder now and then."""

    def __init__(self, folder: RunFolder, tables: Tables) -> None:
        self._folder = folder
        self._tables = tables
        self._outcomes: list[Outcome] = []
        self._since = time.monotonic()

    def take(self, outcome: Outcome) -> None:
        """Take one outcome."""
        self._outcomes.append(outcome)
        late = time.monotonic() - self._since >= FLUSH_SECONDS
        if late or len(self._outcomes) >= FLUSH_RUNS:
            self.flush()

    def flush(self) -> None:
        """Write what was collected as one part of each table."""
        if self._outcomes:
            with deferred():
                self._folder.append(self._tables.of(self._outcomes))
                self._outcomes = []
        self._since = time.monotonic()
