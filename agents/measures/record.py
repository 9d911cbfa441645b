"""The record: one row of measures per generation, and the events between them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peckham.agents.parameters.spec import DeploymentBlock, ModelSpec
from peckham.agents.parameters.when import When

from .diversity import FINAL as FINAL_DIVERSITY
from .events import Event, EventLog
from .measure import Group, Measure
from .recorder import count_again, note_means
from .recording import Recording, Stop, blank_recording
from .registry import group_measures, groups, selected_measures
from .snapshot import snapshot

FINAL = (*FINAL_DIVERSITY, "unique_genomes")
"""Measures that are taken again after the last reproduction."""

Layout = tuple[tuple[Measure, ...], dict[type[Group], int], Mapping[str, int], int]


@cache
def layout(wanted: str | tuple[str, ...], clusters: tuple[str, ...]) -> Layout:
    """Return where measures are written.

    That is the measures selected, the first column of each group that holds any of them,
    the column of each measure, and the number of columns.
    """
    measures = selected_measures(wanted if isinstance(wanted, str) else [*wanted], clusters)
    names = {measure.name for measure in measures}
    first: dict[type[Group], int] = {}
    columns: dict[str, int] = {}
    width = 0
    for group in groups():
        members = group_measures(group, clusters)
        if names.isdisjoint(measure.name for measure in members):
            continue
        first[group] = width
        columns.update((m.name, width + k) for k, m in enumerate(members))
        width += len(members)
    return measures, first, columns, width


class Record:
    """What is recorded of a run.

    Only groups that hold a selected measure are taken. Row g is generation g
    before its selection; what is undefined is NaN.

    Parameters
    ----------
    spec : ModelSpec
        The parameters of the run.
    cluster : ndarray of int16, shape (B,)
        The cluster of each belief.

    Attributes
    ----------
    measures : tuple of Measure
        The selected measures.
    recording : Recording
        What kernels write to.
    groups : list of Group
        The groups in Python.
    snapshots : list of dict
        The agents at the generations of ``record.agents_at``.
    """

    def __init__(self, spec: ModelSpec, cluster: NDArray[np.int16]) -> None:
        wanted, population = spec.record.measures, spec.population
        names = wanted if isinstance(wanted, str) else tuple(wanted)
        self.measures, first, self._columns, width = layout(names, spec.landscape.cluster_names)
        if population.beliefs_per_agent == 0:
            first = {group: column for group, column in first.items() if not group.of_beliefs}
        self.recording: Recording = blank_recording(
            spec.generations,
            width,
            first,
            population.size,
            population.beliefs_per_agent,
            spec.landscape.size,
            spec.record.prevalence,
        )
        if spec.stop_when is not None:
            self.recording = self.recording._replace(stop=self._stop_at(spec.stop_when))
        self.groups = [group() for group in first if group.in_python]
        self.log = EventLog()
        self._clusters = spec.landscape.cluster_names
        self._cluster = cluster
        self.snapshots: list[dict[str, NDArray[Any]]] = []
        # no list, of which every use would make an array
        self._chosen = np.array([self._columns[m.name] for m in self.measures], np.intp)

    def _stop_at(self, when: When) -> Stop:
        """Return the line at which the run ends, for kernels."""
        line = when.above if when.above is not None else when.below
        assert line is not None
        side = 1.0 if when.above is not None else -1.0
        return Stop(self._columns[when.measure], float(line), side)

    @property
    def needs_assessment(self) -> bool:
        """Whether more than P, U and F is recorded."""
        columns = self.recording.columns
        return bool(self.groups) or max(columns.assessment, columns.conduct, columns.outcomes) >= 0

    def observe(self, state: Any) -> None:
        """Let the groups in Python take their measures of the current generation."""
        for group in self.groups:
            found: dict[str, float] = {}
            group.observe(state, found)
            for name, number in found.items():
                self.recording.rows[state.generation, self._columns[name]] = number

    def take_snapshot(
        self, state: Any, deployment: DeploymentBlock, rng: np.random.Generator
    ) -> None:
        """Keep the agents of the current generation; see `snapshot`."""
        if not self.snapshots or self.snapshots[-1]["generation"][0] != state.generation:
            self.snapshots.append(snapshot(state, deployment, rng))

    @property
    def events(self) -> list[Event]:
        """Fixations and losses, in order."""
        return self.log.events(self._clusters, self._cluster)

    @property
    def names(self) -> list[str]:
        """Names of the selected measures, in order."""
        return [measure.name for measure in self.measures]

    @property
    def rows(self) -> NDArray[np.float64]:
        """The selected measures, one row per generation, shape (G, measures)."""
        return self.chosen(self.recording.rows)

    def chosen(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the columns of the selected measures."""
        return rows[:, self._chosen]

    def note_newborn(self, state: Any) -> None:
        """Note the newborn before the first intervention of a generation changes anything."""
        note_means(self.recording, state.population.genotypes.traits, state.arrays.abundance)

    def close(self, state: Any) -> dict[str, float]:
        """Return the final measures: of the last generation, `FINAL` after the last reproduction.

        Parameters
        ----------
        state : State
            The run, at its end; scored.
        """
        again = np.full(self.recording.rows.shape[1], np.nan)
        count_again(
            state.population,
            state.arrays.abundance,
            self.recording,
            state.arrays.pool,
            state.events,
            state.generation,
            again,
        )
        numbers = self.recording.rows[state.generation - 1, self._chosen].tolist()
        final = dict(zip(self.names, numbers, strict=True))
        last = {name: float(again[self._columns[name]]) for name in FINAL if name in final}
        final |= {name: number for name, number in last.items() if not np.isnan(number)}
        for group in self.groups:
            final |= {name: n for name, n in group.close(state).items() if name in final}
        return final

    def measured(self, name: str, generation: int) -> float:
        """Return a measure as it was recorded in a generation."""
        return float(self.recording.rows[generation, self._columns[name]])

    def measured_before(self, generation: int, name: str) -> float:
        """Return a measure as it was recorded before a generation, NaN before the first."""
        return self.measured(name, generation - 1) if generation > 0 else float("nan")

    def events_frame(self) -> pd.DataFrame:
        """Return the events as a table, one row each; see `Event`."""
        frame = pd.DataFrame(self.events, columns=Event._fields)
        return frame.astype(
            {"generation": "int32", "id": "int64", "value": float, "signal": float,
             "origin": "int32"}
        )  # fmt: skip

    def __repr__(self) -> str:
        rows, measures = len(self.recording.rows), len(self.measures)
        return f"Record({measures} measures of {rows} generations, {len(self.log)} events)"

    def frame(self, generations: int) -> pd.DataFrame:
        """Return the first rows as a table, indexed by generation."""
        frame = pd.DataFrame(self.rows[:generations], columns=self.names)
        return frame.rename_axis("generation")
