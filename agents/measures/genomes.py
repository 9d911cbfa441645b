"""The measure of how many different genomes there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census

from .measure import Group, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel


class Genomes(Group):
    """Distinct genomes, as sets of beliefs."""

    of_beliefs: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("unique_genomes", "distinct genomes, as sets", "count", 1.0, needs="genomes"),
    )

    def __init__(self, model: PopulationModel) -> None:
        self.table = np.empty(slots_for(model.population.size), np.uint64)

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        out[0] = self._count(model)

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Count once more after the last reproduction."""
        return {"unique_genomes": self._count(model)}

    def _count(self, model: PopulationModel) -> int:
        clones, census = model.population.clones, model.evaluator.census
        return distinct_genomes(clones.genome, census, self.table)


@borrowing
def slots_for(many: int) -> int:
    """Return how many places a table of so many numbers has, a power of two."""
    slots = 4
    while slots < 2 * many:
        slots *= 2
    return slots


@borrowing
def distinct_genomes(genome: NDArray[np.uint64], census: Census, table: NDArray[np.uint64]) -> int:
    """Count different fingerprints with a table of open addresses, at most half full."""
    clone = census.clone
    slots = slots_for(census.many[0])
    mask = np.uint64(slots - 1)
    table[:slots] = 0
    count = 0
    zero = False  # an empty place holds 0
    for k in range(census.many[0]):
        number = genome[np.uint32(clone[k])]
        if number == np.uint64(0):
            zero = True
            continue
        place = number & mask
        while table[place] != np.uint64(0) and table[place] != number:
            place = (place + np.uint64(1)) & mask
        if table[place] == np.uint64(0):
            table[place] = number
            count += 1
    return count + 1 if zero else count
