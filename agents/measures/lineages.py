"""Measures of descent: how much is left of the founders."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing

from .events import LINEAGE, Counted, Entries, note_crossings, prevalent_count, uncounted
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
        self.left = np.arange(size, dtype=np.int32)
        self.found = np.array([0.0, size])
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
            self.left,
            self.found,
            model.generation,
            model.record.log.reserve(self.most_events),
        )


@borrowing
def count_lineages(
    lineage: NDArray[np.int32],
    descendants: Counted,
    left: NDArray[np.int32],
    found: NDArray[np.float64],
    generation: int,
    entries: Entries,
) -> None:
    """Count the descendants of each founder who had any when they were counted last.

    Parameters
    ----------
    lineage : ndarray of int32, shape (N,)
    descendants : Counted
        Updated.
    left : ndarray of int32, shape (N,)
        The founders with descendants, ascending; as many as `found` says count. Updated.
    found : ndarray of float64, shape (2,)
        Updated: 1/Σ share², 0 before the first count, and how many founders have
        descendants. Once one is left, both stay 1.
    generation : int
        Now.
    entries : Entries
        Written to.
    """
    if found[0] == 1.0:
        return
    counts = descendants.counts
    counts[:] = 0
    for founder in lineage:
        counts[np.uint32(founder)] += 1  # unsigned: no check for negative indices
    squares = many = 0
    for k in range(int(found[1])):
        founder = left[k]
        count = int(counts[founder])
        squares += count * count
        note_crossings(descendants, founder, lineage.size, LINEAGE, generation, entries)
        left[many] = founder  # it stays there if anybody descends from it
        many += count > 0
    found[0], found[1] = float(lineage.size) * lineage.size / squares, many
