"""Simulation of one run of a design, and its outcome."""

from __future__ import annotations

import contextlib
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.measures.events import BELIEF
from peckham.agents.model import PopulationModel
from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun
from .shared_twins import SharedTwins, trajectory

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


def simulate_all(batch: Sequence[PlannedRun], specs: Sequence[ModelSpec]) -> Iterator[Outcome]:
    """Yield the outcomes of some runs. Neutral twins with the same agents are simulated once.

    Parameters
    ----------
    batch : sequence of PlannedRun
        The runs.
    specs : sequence of ModelSpec
        The parameters of each variant.
    """
    together: dict[tuple[int, str], list[PlannedRun]] = {}
    for planned in batch:
        shared = trajectory_of(specs[planned.variant])
        if shared is None:
            yield simulate(planned, specs[planned.variant])
        else:
            together.setdefault((planned.replicate, shared), []).append(planned)
    for twins in together.values():
        if len(twins) > 1:
            with contextlib.suppress(Exception):  # then each tells its own error
                outcomes = simulate_twins(twins, [specs[each.variant] for each in twins])
                yield from outcomes
                continue
        for planned in twins:
            yield simulate(planned, specs[planned.variant])


def trajectory_of(spec: ModelSpec) -> str | None:
    """Return what decides the agents of a run, if others may share them; see `trajectory`."""
    if id(spec) not in _trajectories:
        if len(_trajectories) >= MOST_KNOWN:
            _trajectories.clear()
        _trajectories[id(spec)] = spec, trajectory(spec)
    return _trajectories[id(spec)][1]


MOST_KNOWN = 10_000
_trajectories: dict[int, tuple[ModelSpec, str | None]] = {}


def simulate_twins(twins: Sequence[PlannedRun], specs: Sequence[ModelSpec]) -> list[Outcome]:
    """Simulate neutral twins that have the same agents; each has rows of its own."""
    started = time.perf_counter()
    model = SharedTwins(specs, twins[0].seed)
    model.run()
    record = model.record
    written = written_generations(model.generation, specs[0].record.every)
    events = arrays_of(record, model.landscape.cluster if model.population.genes else None)
    found = [(record.rows, model.final), *((other.rows, other.final) for other in model.others)]
    seconds = (time.perf_counter() - started) / len(twins)
    outcomes = [
        Outcome(
            planned,
            "done",
            seconds,
            rows=rows[written],
            generations=written,
            final=[final[name] for name in record.names],
            events=events,
        )
        for planned, (rows, final) in zip(twins, found, strict=True)
    ]
    model.__dict__.clear()  # as in `simulate`
    return outcomes


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
