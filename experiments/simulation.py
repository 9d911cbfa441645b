"""One run of a design: simulate it, and bring home its rows."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.measures.events import BELIEF
from peckham.agents.model import PopulationModel
from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun

if TYPE_CHECKING:
    from peckham.agents.measures.record import Record


class Events(NamedTuple):
    """The events of a run.

    Attributes
    ----------
    codes : ndarray of int32, shape (events, 5)
    marks : ndarray of float64, shape (events, 2)
        See `peckham.agents.measures.events.Entries`.
    cluster : ndarray of int16, shape (events,)
        Index into the landscape's clusters, -1 if there is none.
    """

    codes: NDArray[np.int32]
    marks: NDArray[np.float64]
    cluster: NDArray[np.int16]


NO_EVENTS = Events(np.empty((0, 5), np.int32), np.empty((0, 2)), np.empty(0, np.int16))


@dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes
    ----------
    planned : PlannedRun
        Which run.
    status : {"done", "failed"}
        How it ended.
    error : str or None
        Why it failed, in one line.
    seconds : float
        Wall time it took.
    rows : ndarray of float64, shape (G, measures)
        The record; empty if it failed.
    final : list of float
        The final measures, in the same order.
    events : Events
        Fixations and losses. As arrays they travel from worker to writer in a
        fraction of the time that objects take.
    snapshots : list of dict
        Agents at the generations asked for.
    """

    planned: PlannedRun
    status: str
    seconds: float
    error: str | None = None
    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    final: list[float] = field(default_factory=list)
    events: Events = NO_EVENTS
    snapshots: list[dict[str, NDArray[Any]]] = field(default_factory=list)


def simulate(planned: PlannedRun, spec: ModelSpec) -> Outcome:
    """Run a run; an exception becomes a failed outcome, the others go on.

    Parameters
    ----------
    planned : PlannedRun
        Which run, with its seed.
    spec : ModelSpec
        The parameters of its variant.
    """
    started = time.perf_counter()
    try:
        model = PopulationModel(spec, planned.seed).run()
    except Exception as error:
        return failed(planned, describe(error), time.perf_counter() - started)
    record = model.record
    outcome = Outcome(
        planned,
        "done",
        time.perf_counter() - started,
        rows=record.rows,
        final=[model.final[name] for name in record.names],
        events=arrays_of(record, model.landscape.cluster if model.population.genes else None),
        snapshots=record.snapshots,
    )
    model.__dict__.clear()  # model and agents refer to each other: let go at once, not some time
    return outcome


def arrays_of(record: Record, clusters: NDArray[np.int16] | None) -> Events:
    """Return a record's events as arrays of their own."""
    if len(record.log) == 0:
        return NO_EVENTS
    codes, marks = record.log.codes.copy(), record.log.marks.copy()
    cluster = np.full(len(codes), -1, np.int16)
    if clusters is not None:
        beliefs = codes[:, 1] == BELIEF
        cluster[beliefs] = clusters[codes[beliefs, 2]]
    return Events(codes, marks, cluster)


def failed(planned: PlannedRun, error: str, seconds: float = 0.0) -> Outcome:
    """Return the outcome of a run that failed."""
    return Outcome(planned, "failed", seconds, error)


def describe(error: Exception) -> str:
    """Return an exception in one line: its type, what it says, and where it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (at {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}{place}"
