"""Opening a run folder: create a new one, or check an existing one."""

from __future__ import annotations

import datetime
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peckham.agents.landscapes.table import TableWarning
from peckham.agents.randomness import run_seed

from .design import Design, design
from .errors import ExperimentError
from .experiment import Experiment
from .identity import VERSION, differences, identity
from .inputs import copy_inputs, with_copies
from .provenance import environment, environment_differences, environments
from .reading import read
from .store import MANIFEST, RunFolder, is_complete

INCOMPLETE_START = {"inputs", ".lock", f"{MANIFEST}.tmp"}
"""Files of a run that was killed before its manifest was written."""


def is_finished(folder: RunFolder, plan: Design) -> bool:
    """Return whether a folder already holds all runs of a design.

    Raises
    ------
    ExperimentError
        If the folder holds something else, or its runs are not finished.
    """
    if not folder.path.exists():
        return False
    if not folder.path.is_dir():
        raise ExperimentError(f"{folder.path} is a file; give a folder with --out")
    if not folder.is_run_folder:
        if not {entry.name for entry in folder.path.iterdir()} <= INCOMPLETE_START:
            raise ExperimentError(
                f"{folder.path} holds something else: it is not empty and has no {MANIFEST}; "
                "give another folder with --out"
            )
        return False
    check_version(folder.manifest(), folder.path)
    there = planned(folder)
    if identity(there) != identity(plan):
        raise ExperimentError(
            f"{folder.path} holds another experiment: {'; '.join(differences(there, plan))}; "
            "give another folder with --out"
        )
    done = len(folder.finished_runs())
    if done < there.size:
        raise ExperimentError(
            f"{folder.path} is unfinished ({done} of {there.size} runs); "
            f"resume with: peckham resume {folder.path}"
        )
    if plan.replicates > there.replicates:
        raise ExperimentError(
            f"{folder.path} is finished with {there.replicates} replicates; add more with: "
            f"peckham resume {folder.path} --replicates {plan.replicates}"
        )
    return True


def check_version(made: Mapping[str, Any], place: Path) -> None:
    """Check that a manifest was made by a version that produces the same rows.

    Raises
    ------
    ExperimentError
        If the version differs.
    """
    version = made["identity"]["version"]
    if version != VERSION:
        raise ExperimentError(
            f"{place} was made by another version of peckham (identity version {version}, here "
            f"{VERSION}), which gives other rows; its rows can be read but not added to; to run "
            f"its experiment here, write it to a file with: peckham show {place / MANIFEST}"
        )


def check_hash(manifest: Mapping[str, Any], plan: Design, place: Path) -> None:
    """Check that the experiment in a manifest is the one that its identity describes.

    Raises
    ------
    ExperimentError
        If it is not.
    """
    recorded = manifest["identity"]
    if recorded["version"] == VERSION and recorded["hash"] != identity(plan):
        raise ExperimentError(
            f"{place}: the experiment in its {MANIFEST}, or a table in inputs/, "
            "was changed since the runs were made; restore it, or use another folder"
        )


def check_manifest(path: Path) -> None:
    """Check that the experiment of a manifest would give the rows that it was made for.

    Raises
    ------
    ExperimentError
        If its version or its identity does not fit.
    """
    manifest = json.loads(path.read_text("utf-8"))
    if not is_complete(manifest):
        raise ExperimentError(f"{path} is not the manifest of a run folder")
    check_version(manifest, path.parent)
    check_hash(manifest, design(read(path)), path.parent)


def planned(folder: RunFolder) -> Design:
    """Return the design of a run folder.

    Raises
    ------
    ExperimentError
        If its manifest does not match its identity.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TableWarning)  # said of the table that was copied
        plan = design(read(folder.path / MANIFEST))
    check_hash(folder.manifest(), plan, folder.path)
    return plan


def start(folder: RunFolder, experiment: Experiment, plan: Design, given: dict[str, Any]) -> None:
    """Create a run folder: copy the tables that are read, then write the manifest."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
        copies = copy_inputs(folder.path, [variant.spec for variant in plan.variants])
    except OSError as error:
        raise ExperimentError(
            f"cannot write to {folder.path}: {error.strerror}; give another folder with --out"
        ) from None
    folder.write_manifest(
        {
            "given": given,
            "resolved": with_copies(experiment.as_file(), copies),
            "seeds": seeds(experiment.seed, experiment.replicates),
            "identity": {"version": VERSION, "hash": identity(plan)},
            **environment(),
            "created": now(),
            "environments": [environment()],
            "starts": [],
            "status": {"state": "running"},
        }
    )


def check_environment(folder: RunFolder) -> None:
    """Check that a folder has runs from the same versions and commit as those here.

    Raises
    ------
    ExperimentError
        If it has none.
    """
    found = [environment_differences(environment(), e) for e in environments(folder.manifest())]
    if "" not in found:
        raise ExperimentError(
            f"{folder.path} was made with {found[-1]}, so new rows may not match; restore that, "
            f"or resume with: peckham resume {folder.path} --anyway"
        )


def add_start(folder: RunFolder) -> int:
    """Add a start of the work to the manifest, and return the number of its environment."""
    manifest, here = folder.manifest(), environment()
    known = environments(manifest)
    starts = manifest.get("starts", [{"time": manifest.get("created"), "environment": 0}])
    if here not in known:
        known.append(here)
    number = known.index(here)
    starts = [*starts, {"time": now(), "environment": number}]
    folder.write_manifest({**manifest, "environments": known, "starts": starts})
    return number


def now() -> str:
    """Return the time in UTC, in ISO 8601."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def seeds(seed: int, replicates: int) -> dict[str, Any]:
    """Return the seed of the experiment and the seed of each replicate."""
    return {"experiment": seed, "runs": [run_seed(seed, k) for k in range(replicates)]}
