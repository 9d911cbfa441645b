"""The number of distinct genomes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.population.abundance import Abundance

from .measure import CompiledGroup, Measure


class Genomes(CompiledGroup):
    """Distinct genomes, as sets of beliefs."""

    of_beliefs = True
    measures = (
        Measure("unique_genomes", "distinct genomes, as sets", "count", 1.0, needs="genomes"),
    )


@kernel
def slots_for(many: int) -> int:
    """Return the size of a hash table for `many` numbers, a power of two."""
    slots = 4
    while slots < 2 * many:
        slots *= 2
    return slots


@kernel
def distinct_genomes(
    fingerprint: NDArray[np.uint64], abundance: Abundance, table: NDArray[np.uint64]
) -> int:
    """Count distinct fingerprints in a hash table (open addressing) at most half full."""
    genotype = abundance.genotype
    slots = slots_for(abundance.distinct[0])
    mask = np.uint64(slots - 1)
    table[:slots] = 0
    count = 0
    zero = False  # an empty place holds 0
    for k in range(abundance.distinct[0]):
        number = fingerprint[np.uint32(genotype[k])]
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
