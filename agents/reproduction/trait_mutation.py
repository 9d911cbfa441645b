"""Mutation of the other heritable traits: capability, alignment and the strategy allele."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.population.genotypes import branch
from peckham.agents.population.population import Population
from peckham.agents.population.traits import ALIGNMENT, CAPABILITY, SCHEMER


@kernel
def drift_capability(
    born: NDArray[np.bool_], children: Population, drift: float, sd: float, rng: np.random.Generator
) -> None:
    """Change newborn children's capability by N(drift, sd), clipped to 0..100.

    The ``capability`` stream gives one normal per slot. `list_vacant` must have been
    called.
    """
    traits = children.genotypes.traits
    for i in range(born.size):
        change = drift + sd * rng.standard_normal()
        if born[i]:
            row = branch(i, children.genotype, children.unshared, children.genotypes)
            traits[row, CAPABILITY] = min(max(traits[row, CAPABILITY] + change, 0.0), 100.0)


@kernel
def mutate_alignment(
    born: NDArray[np.bool_], children: Population, sd: float, rng: np.random.Generator
) -> None:
    """Change newborn children's heritable alignment by N(0, sd), reflected into -1..1.

    The ``mutation`` stream gives one normal per slot. `list_vacant` must have been called.
    """
    traits = children.genotypes.traits
    for i in range(born.size):
        change = sd * rng.standard_normal()
        if born[i]:
            row = branch(i, children.genotype, children.unshared, children.genotypes)
            folded = (traits[row, ALIGNMENT] + change + 1.0) % 4.0
            traits[row, ALIGNMENT] = min(folded, 4.0 - folded) - 1.0


@kernel
def take_alleles(allele: NDArray[np.int32], adults: Population, children: Population) -> None:
    """Give children the strategy allele of another parent where they have one.

    `allele` is below 0 where it comes from the parents. `list_vacant` must have been
    called.
    """
    traits = children.genotypes.traits
    for i in range(allele.size):
        if allele[i] >= 0:
            row = branch(i, children.genotype, children.unshared, children.genotypes)
            traits[row, SCHEMER] = traits[adults.genotype[allele[i]], SCHEMER]


@kernel
def flip_alleles(
    born: NDArray[np.bool_], children: Population, rate: float, rng: np.random.Generator
) -> None:
    """Exchange a newborn's strategy allele for the other one, with probability `rate`.

    The ``strategy`` stream gives one uniform per slot. `list_vacant` must have been called.
    """
    traits = children.genotypes.traits
    for i in range(born.size):
        flips = rng.random() < rate
        if flips and born[i]:
            row = branch(i, children.genotype, children.unshared, children.genotypes)
            traits[row, SCHEMER] = 1.0 - traits[row, SCHEMER]
