"""Conversion of outcomes to the Arrow tables of a run folder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from peckham.agents.measures.events import BELIEF, EVENTS, KINDS
from peckham.agents.measures.measure import Measure
from peckham.agents.measures.registry import selected_measures
from peckham.agents.measures.snapshot import COLUMNS as SNAPSHOT

from .design import Design
from .simulation import NO_EVENTS, Outcome


class Tables:
    """Converts outcomes to the four tables of a run folder.

    All parts of a folder have the same columns. A measure that a variant does
    not record is null.

    Parameters
    ----------
    design : Design
        The design of the runs.
    environment : int
        Number of the environment that makes the runs, in the manifest.
    """

    def __init__(self, design: Design, environment: int = 0) -> None:
        self._design = design
        self._environment = environment
        self._measures = [
            selected_measures(v.spec.record.measures, v.spec.landscape.cluster_names)
            for v in design.variants
        ]
        union: dict[str, Measure] = {m.name: m for chosen in self._measures for m in chosen}
        self._union = list(union.values())
        column = {name: k for k, name in enumerate(union)}
        self._places = [
            np.array([column[m.name] for m in chosen], np.intp) for chosen in self._measures
        ]
        self._agents = any(v.spec.record.agents_at for v in design.variants)
        self._swept_types = {
            path: scalar_type([v.swept[path] for v in design.variants]) for path in design.swept
        }

    def of(self, outcomes: Sequence[Outcome]) -> dict[str, pa.Table]:
        """Return the rows of some outcomes, keyed by table."""
        done = [outcome for outcome in outcomes if outcome.status == "done"]
        tables = {"generations": self._generations(done), "events": self._events(done)}
        if self._agents:
            tables["agents"] = self._snapshots(done)
        return tables | {"runs": self._runs(outcomes)}

    # ------------------------------------------------------------ the four tables

    def _runs(self, outcomes: Sequence[Outcome]) -> pa.Table:
        columns = self._keys(outcomes, np.ones(len(outcomes), np.int64))
        seeds = [outcome.planned.seed for outcome in outcomes]
        columns["seed"] = pa.array(seeds, pa.int64())
        columns["status"] = pa.array([outcome.status for outcome in outcomes], pa.string())
        columns["error"] = pa.array([outcome.error for outcome in outcomes], pa.string())
        columns["seconds"] = pa.array([outcome.seconds for outcome in outcomes], pa.float64())
        columns["environment"] = pa.array([self._environment] * len(outcomes), pa.int32())
        columns["stopped_at"] = pa.array([outcome.stopped_at for outcome in outcomes], pa.int32())
        finals = [
            np.array(o.final)[None, :] if o.final else np.full((1, self._width(o)), np.nan)
            for o in outcomes
        ]
        return pa.table(columns | self._measured(outcomes, finals))

    def _generations(self, outcomes: Sequence[Outcome]) -> pa.Table:
        counts = np.array([len(outcome.rows) for outcome in outcomes], np.int64)
        columns = self._keys(outcomes, counts)
        generations = [np.empty(0, np.int64), *(outcome.generations for outcome in outcomes)]
        columns["generation"] = pa.array(np.concatenate(generations), pa.int32())
        return pa.table(columns | self._measured(outcomes, [o.rows for o in outcomes]))

    def _events(self, outcomes: Sequence[Outcome]) -> pa.Table:
        counts = np.array([len(outcome.events.codes) for outcome in outcomes], np.int64)
        parts = [outcome.events for outcome in outcomes] or [NO_EVENTS]
        codes, marks, _ = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
        generation, kind, identifier, event, origin = codes.T
        value, signal = marks.T
        other = kind != BELIEF
        columns = self._keys(outcomes, counts)
        columns["generation"] = pa.array(generation)
        columns["kind"] = pa.array(KINDS).take(pa.array(kind))
        columns["id"] = pa.array(identifier, pa.int64())
        columns["event"] = pa.array(EVENTS).take(pa.array(event))
        columns["value"] = pa.array(value, mask=other)
        columns["signal"] = pa.array(signal, mask=other)
        columns["deceptive"] = pa.array((value < 0) & (signal > 0), mask=other)
        columns["cluster"] = self._clusters(outcomes)
        columns["origin"] = pa.array(origin)
        return pa.table(columns)

    def _clusters(self, outcomes: Sequence[Outcome]) -> pa.Array:
        """Return the cluster name of each event."""
        cluster_names = [
            self._design.variants[o.planned.variant].spec.landscape.cluster_names for o in outcomes
        ]
        names = sorted({name for each in cluster_names for name in each})
        indices = [np.empty(0, np.int64)]
        for outcome, each in zip(outcomes, cluster_names, strict=True):
            place = np.array([names.index(name) for name in each] + [len(names)])
            indices.append(place[outcome.events.cluster])
        return pa.array([*names, None], pa.string()).take(pa.array(np.concatenate(indices)))

    def _snapshots(self, outcomes: Sequence[Outcome]) -> pa.Table:
        owners = [(o, snapshot) for o in outcomes for snapshot in o.snapshots]
        counts = np.array([len(s["slot"]) for _, s in owners], np.int64)
        columns = self._keys([outcome for outcome, _ in owners], counts)
        for name, dtype in SNAPSHOT.items():
            parts = [snapshot[name] for _, snapshot in owners]
            column = np.concatenate(parts) if parts else np.empty(0, dtype)
            columns[name] = pa.array(column, from_pandas=True)
        genomes = [snapshot["beliefs"] for _, snapshot in owners]
        flat = np.concatenate([g.ravel() for g in genomes]) if genomes else np.empty(0, np.int32)
        lengths = [genome.shape[1] for genome in genomes for _ in genome]
        offsets = np.concatenate(([0], np.cumsum(lengths))).astype(np.int32)
        columns["beliefs"] = pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))
        return pa.table(columns)

    # ------------------------------------------------------------ shared columns

    def _keys(self, outcomes: Sequence[Outcome], counts: NDArray[np.int64]) -> dict[str, pa.Array]:
        """Return the key columns, repeated for the rows of each outcome."""
        variants = [self._design.variants[o.planned.variant] for o in outcomes]
        values: dict[str, tuple[list[Any], pa.DataType]] = {
            "run": ([o.planned.run for o in outcomes], pa.int64()),
            "condition": ([v.condition for v in variants], pa.string()),
            **{
                path: ([v.swept[path] for v in variants], t)
                for path, t in self._swept_types.items()
            },
            "control": ([v.control for v in variants], pa.string()),
            "replicate": ([o.planned.replicate for o in outcomes], pa.int32()),
        }
        take = pa.array(np.repeat(np.arange(len(outcomes)), counts))
        return {name: pa.array(v, t).take(take) for name, (v, t) in values.items()}

    def _measured(
        self, outcomes: Sequence[Outcome], blocks: Sequence[NDArray[np.float64]]
    ) -> dict[str, pa.Array]:
        """Return the columns of measures. NaN becomes null, counts become integers."""
        found = np.full((len(self._union), sum(map(len, blocks))), np.nan)
        end = 0
        for outcome, block in zip(outcomes, blocks, strict=True):
            begin, end = end, end + len(block)
            found[self._places[outcome.planned.variant], begin:end] = block.T
        columns = {}
        for measure, column in zip(self._union, found, strict=True):
            null = np.isnan(column)
            if measure.whole:
                column = np.where(null, 0, column).astype(np.int64)
            columns[measure.name] = pa.array(column, mask=null)
        return columns

    def _width(self, outcome: Outcome) -> int:
        return len(self._measures[outcome.planned.variant])


def scalar_type(values: Sequence[Any]) -> pa.DataType:
    """Return the column type of these scalars, string if their types are mixed."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return pa.bool_()
    if kinds == {int}:
        return pa.int64()
    if kinds and kinds <= {int, float}:
        return pa.float64()
    return pa.string()
