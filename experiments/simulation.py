"""Simulation of one run of a design, and its outcome."""

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
        Index of the landscape's cluster, -1 if there is none.
    """

    codes: NDArray[np.int32]
    marks: NDArray[np.float64]
    cluster: NDArray[np.int16]


NO_EVENTS = Events(np.empty((0, 5), np.int32), np.empty((0, 2)), np.empty(0, np.int16))


@dataclass(frozen=True)
class Outcome:
    """The outcome of one run.

    Attributes
    ----------
    planned : PlannedRun
        The run.
    status : {"done", "failed"}
        Whether it finished or raised.
    error : str or None
        Reason for a failure, in one line.
    seconds : float
        Wall time of the run.
    rows : ndarray of float64, shape (written generations, measures)
        The recorded measures, empty if the run failed.
    generations : ndarray of int64
        The generation of each row.
    stopped_at : int or None
        The last generation of a run that ``stop_when`` ended.
    final : list of float
        The final measures, in the same order.
    events : Events
        Fixations and losses. They are arrays, which are much faster to send from
        a worker than objects.
    snapshots : list of dict
        Agents at the generations of ``record.agents_at``.
    """

    planned: PlannedRun
    status: str
    seconds: float
    error: str | None = None
    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    generations: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    stopped_at: int | None = None
    final: list[float] = field(default_factory=list)
    events: Events = NO_EVENTS
    snapshots: list[dict[str, NDArray[Any]]] = field(default_factory=list)


def simulate(planned: PlannedRun, spec: ModelSpec) -> Outcome:
    """Simulate one run. An exception becomes a failed outcome, so that other runs continue.

    Parameters
    ----------
    planned : PlannedRun
        The run and its seed.
    spec : ModelSpec
        Parameters of its variant.
    """
    started = time.perf_counter()
    try:
        model = PopulationModel(spec, planned.seed).run()
    except Exception as error:
        return failed(planned, describe(error), time.perf_counter() - started)
    record = model.record
    written = written_generations(model.generation, spec.record.every)
    outcome = Outcome(
        planned,
        "done",
        time.perf_counter() - started,
        rows=record.rows[written],
        generations=written,
        stopped_at=model.generation - 1 if model.state.stopped else None,
        final=[model.final[name] for name in record.names],
        events=arrays_of(record, model.landscape.cluster if model.population.genes else None),
        snapshots=record.snapshots,
    )
    model.__dict__.clear()  # breaks the cycle of model and agents, to free memory now
    return outcome


def written_generations(generations: int, every: int) -> NDArray[np.int64]:
    """Return the generations that are written: 0, each n-th and the last."""
    found = np.arange(0, generations, every)
    last = generations - 1
    return found if found[-1] == last else np.append(found, last)


def arrays_of(record: Record, clusters: NDArray[np.int16] | None) -> Events:
    """Return copies of a record's events."""
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
    """Describe an exception in one line: its type, message and place."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (at {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}{place}"
