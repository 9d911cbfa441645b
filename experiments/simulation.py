"""One run of a design: simulate it, and bring home its rows."""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peckham.agents.measures.events import Event
from peckham.agents.model import PopulationModel
from peckham.agents.parameters import ModelSpec

from .design import PlannedRun

EVENT_COLUMNS = {
    "generation": pa.int32(),
    "kind": pa.string(),
    "id": pa.int64(),
    "event": pa.string(),
    "value": pa.float64(),
    "signal": pa.float64(),
    "deceptive": pa.bool_(),
    "cluster": pa.string(),
    "origin": pa.int32(),
}


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
    events : RecordBatch or None
        Fixations and losses, None if there are none. As columns they travel from
        worker to writer in a tenth of the time that objects take.
    snapshots : list of dict
        Agents at the generations asked for.
    """

    planned: PlannedRun
    status: str
    seconds: float
    error: str | None = None
    rows: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    final: list[float] = field(default_factory=list)
    events: pa.RecordBatch | None = None
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
        events=in_columns(record.events),
        snapshots=record.snapshots,
    )
    model.__dict__.clear()  # model and agents refer to each other: let go at once, not some time
    return outcome


def in_columns(events: Sequence[Event]) -> pa.RecordBatch | None:
    """Return events as columns, None if there are none."""
    if not events:
        return None
    columns = dict(zip(Event._fields, zip(*events, strict=True), strict=True))
    return pa.record_batch(
        {name: pa.array(columns[name], dtype) for name, dtype in EVENT_COLUMNS.items()}
    )


def failed(planned: PlannedRun, error: str, seconds: float = 0.0) -> Outcome:
    """Return the outcome of a run that failed."""
    return Outcome(planned, "failed", seconds, error)


def describe(error: Exception) -> str:
    """Return an exception in one line: its type, what it says, and where it arose."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" (at {frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}{place}"
