"""The record: one row of measures a generation, and the events between them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .book import Book, opened
from .events import Event, EventLog
from .measure import Group, Measure
from .moments import SCRATCH
from .registry import GROUPS, group_measures, selected_measures
from .snapshot import snapshot

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel
    from peckham.agents.selection.parentage import Parentage


Layout = tuple[tuple[Measure, ...], list[tuple[type[Group], slice]], Mapping[str, int], int]


@cache
def layout(wanted: str | tuple[str, ...], clusters: tuple[str, ...]) -> Layout:
    """Return the measures selected, the groups to take and where, each measure's place, the width.

    Parameters
    ----------
    wanted : {"all", "published"} or tuple of str
        As ``record.measures`` has it.
    clusters : tuple of str
        The landscape's.
    """
    measures = selected_measures(wanted if isinstance(wanted, str) else [*wanted], clusters)
    names = {measure.name for measure in measures}
    groups = []
    places: dict[str, int] = {}
    width = 0
    for group in GROUPS:
        members = group_measures(group, clusters)
        if names.isdisjoint(measure.name for measure in members):
            continue
        groups.append((group, slice(width, width + len(members))))
        places.update((m.name, width + k) for k, m in enumerate(members))
        width += len(members)
    return measures, groups, places, width


class Record:
    """What is written down of a run.

    Only groups that hold a selected measure are taken. Row g is generation g
    before its selection; what is undefined is NaN.

    Attributes
    ----------
    rows : ndarray of float64, shape (G, measures)
        The selected measures.
    log : EventLog
        Fixations and losses, in order, as they were written down.
    scratch : ndarray of float64, shape (SCRATCH, N)
        Overwritten by groups of measures.
    snapshots : list of dict
        The agents at the generations of ``record.agents_at``.
    """

    def __init__(self, model: PopulationModel) -> None:
        wanted = model.spec.record.measures
        names = wanted if isinstance(wanted, str) else tuple(wanted)
        self.measures, groups, self._place, width = layout(
            names, model.spec.landscape.cluster_names
        )
        self.log = EventLog()
        self._book: Book | None = None
        self._model = model
        self.snapshots: list[dict[str, NDArray[Any]]] = []
        self._agents_at = frozenset(model.spec.record.agents_at)
        self._groups = []
        for group, place in groups:
            empty = group.of_beliefs and model.population.genes == 0
            self._groups.append(((Group if empty else group)(model), place))
        self._after_selection = [
            (group, place)
            for group, place in self._groups
            if type(group).selected is not Group.selected
        ]
        self._sheet = np.full((model.generations, width), np.nan)
        self.scratch = np.empty((SCRATCH, model.population.size))
        # no list, of which every use would make an array
        self._chosen = np.array([self._place[measure.name] for measure in self.measures], np.intp)

    def observe(self, model: PopulationModel) -> None:
        """Measure the generation before its selection."""
        row = self._sheet[model.generation]
        for group, place in self._groups:
            group.observe(model, row[place])
        if model.generation in self._agents_at:
            self.snapshots.append(snapshot(model))

    def selected(self, model: PopulationModel, parentage: Parentage) -> None:
        """Measure the selection that followed, in the same row."""
        row = self._sheet[model.generation]
        for group, place in self._after_selection:
            group.selected(model, parentage, row[place])

    @property
    def room(self) -> int:
        """For how many generations there is room."""
        return len(self._sheet)

    @property
    def groups(self) -> list[Group]:
        """The groups of measures that are taken."""
        return [group for group, _ in self._groups]

    def book(self) -> Book:
        """Return all that is written to, for compiled code."""
        if self._book is None:
            groups = {type(group): (group, place.start) for group, place in self._groups}
            groups.pop(Group, None)
            self._book = opened(self._sheet, self.scratch, groups, self.log)
        entries = self.log.reserve(2 * self._book.most_events)
        if entries is not self._book.entries:
            self._book = self._book._replace(entries=entries)
        return self._book

    def settle(self, model: PopulationModel) -> None:
        """Take note of the newborn before the battery or the signals change."""
        for group, _ in self._groups:
            group.settle(model)

    @property
    def events(self) -> list[Event]:
        """Fixations and losses, in order."""
        landscape = self._model.landscape
        return self.log.events(landscape.clusters, landscape.cluster)

    @property
    def sees_descent(self) -> bool:
        """Whether anything recorded changes even in a population of clones."""
        return bool(self._agents_at) or any(group.of_descent for group, _ in self._groups)

    def hold(self, generation: int) -> None:
        """Have all later generations measure what this one does."""
        self._sheet[generation + 1 :] = self._sheet[generation]

    def close(self, model: PopulationModel) -> dict[str, float]:
        """Return the final measures, those of G − 1 but for what is counted once more after it."""
        final = dict(zip(self.names, self._sheet[-1, self._chosen].tolist(), strict=True))
        for group, _ in self._groups:
            final |= {name: v for name, v in group.close(model).items() if name in final}
        return final

    @property
    def names(self) -> list[str]:
        """Names of the selected measures, in order."""
        return [measure.name for measure in self.measures]

    @property
    def rows(self) -> NDArray[np.float64]:
        """The selected measures, shape (G, measures)."""
        return self._sheet[:, self._chosen]

    def measured(self, name: str, generation: int) -> float:
        """Return a measure as it was recorded in a generation."""
        return float(self._sheet[generation, self._place[name]])

    def frame(self, generations: int) -> pd.DataFrame:
        """Return the first rows as a table, indexed by generation."""
        frame = pd.DataFrame(self.rows[:generations], columns=self.names)
        return frame.rename_axis("generation")
