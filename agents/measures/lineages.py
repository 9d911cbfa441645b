"""Measures of descent: how much is left of the founders."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled

from .events import Crossings
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
        self._crossings = Crossings("lineage", size, size, model.prevalence)
        self._counts = np.zeros(size, np.int32)
        self._effective, self._left = 0.0, 0

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        self._count(model)
        out[0], out[1] = self._effective, self._left

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Look for a lineage that the last reproduction fixed or lost."""
        self._count(model)
        return {}

    def _count(self, model: PopulationModel) -> None:
        if self._left == 1:  # a lineage that has fixed stays
            return
        self._effective, self._left = count_lineages(model.population.lineage, self._counts)
        model.record.events.extend(self._crossings.note(self._counts, model.generation))


@compiled
def count_lineages(lineage: NDArray[np.int32], counts: NDArray[np.int32]) -> tuple[float, int]:
    """Fill in the founders' counts; return 1/Σ share² and how many are above zero."""
    counts[:] = 0
    for founder in lineage:
        counts[founder] += 1
    squares = 0.0
    left = 0
    for count in counts:
        squares += float(count) * count
        left += count > 0
    return float(lineage.size) * lineage.size / squares, left
