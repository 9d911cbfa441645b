"""Status of a run folder."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .opening import planned
from .store import RunFolder


@dataclass(frozen=True)
class Status:
    """Progress of a run folder.

    Attributes
    ----------
    name : str
        Name of the experiment.
    state : {"running", "finished", "interrupted"}
        ``running`` if a process is writing to the folder, ``finished`` if all
        runs have a row, else ``interrupted``.
    planned, done, failed : int
        Number of runs: all, done and failed.
    """

    name: str
    state: str
    planned: int
    done: int
    failed: int

    @property
    def left(self) -> int:
        """Number of runs without a row."""
        return self.planned - self.done - self.failed


def status(path: str | Path) -> Status:
    """Return the status of a run folder.

    Raises
    ------
    ExperimentError
        If it is not a run folder.
    """
    folder = RunFolder(path)
    name = folder.manifest()["resolved"]["name"]
    plan = planned(folder)
    folder.report_strays()
    counts = Counter(folder.finished_runs().values())
    done, failed = counts["done"], counts["failed"]
    state = "finished" if done + failed == plan.size else "interrupted"
    return Status(name, "running" if folder.in_use else state, plan.size, done, failed)
