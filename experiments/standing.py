"""How a run folder stands."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .opening import planned
from .store import RunFolder


@dataclass(frozen=True)
class Status:
    """How far a run folder has got.

    Attributes
    ----------
    name : str
        The experiment's.
    state : {"running", "finished", "interrupted"}
        Whether a process is at work on it, all runs have a row, or neither.
    planned, done, failed : int
        Runs in all, those done, those that failed.
    """

    name: str
    state: str
    planned: int
    done: int
    failed: int

    @property
    def left(self) -> int:
        """Runs without a row."""
        return self.planned - self.done - self.failed


def status(path: str | Path) -> Status:
    """Return how a run folder stands.

    Raises
    ------
    ExperimentError
        If it is no run folder.
    """
    folder = RunFolder(path)
    name = folder.manifest()["resolved"]["name"]
    plan = planned(folder)
    counts = Counter(folder.finished_runs().values())
    done, failed = counts["done"], counts["failed"]
    state = "finished" if done + failed == plan.size else "interrupted"
    return Status(name, "running" if folder.in_use else state, plan.size, done, failed)
