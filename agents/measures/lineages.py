"""Measures of descent: how much is left of the founders."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing

from .events import LINEAGE, Counted, Entries, crossings, prevalent_count, uncounted
from .measure import Group, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel


class Lineages(Group):
    """Counts of the descendants of each founder."""

    of_descent: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(
            "effective_founders",
            "1/Σ share², over the founders' shares of descendants",
            "founders",
            1.0,
            needs="lineages",
        ),
        Measure("founders_left", "founders with any descendant", "count", 1.0, needs="lineages"),
    )

    def __init__(self, model: PopulationModel) -> None:
        size = model.population.size
        self.descendants = uncounted(size, prevalent_count(size, model.prevalence))
        self.found = np.zeros(len(self.measures))
        self.most_events = 2 * size

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        self._count(model)
        out[:] = self.found

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Look for a lineage that the last reproduction fixed or lost."""
        self._count(model)
        return {}

    def _count(self, model: PopulationModel) -> None:
        count_lineages(
            model.population.lineage,
            self.descendants,
            self.found,
            model.generation,
            model.record.log.reserve(self.most_events),
        )


@borrowing
def count_lineages(
    lineage: NDArray[np.int32],
    descendants: Counted,
    found: NDArray[np.float64],
    generation: int,
    entries: Entries,
) -> None:
    """Count the descendants of each founder; see `crossings`.

    Parameters
    ----------
    lineage : ndarray of int32, shape (N,)
    descendants : Counted
        Updated.
    found : ndarray of float64, shape (2,)
        Filled: 1/Σ share², and how many founders have descendants. Once that
        is one it stays so.
    generation : int
        Now.
    entries : Entries
        Written to.
    """
    if found[1] == 1.0:
        return
    counts = descendants.counts
    counts[:] = 0
    for founder in lineage:
        counts[founder] += 1
    squares = left = 0
    for count in counts:
        squares += np.int64(count) * count
        left += count > 0
    found[0], found[1] = float(lineage.size) * lineage.size / squares, left
    crossings(descendants, lineage.size, LINEAGE, generation, entries)
