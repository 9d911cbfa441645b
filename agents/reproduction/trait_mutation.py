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

    Parameters
    ----------
    born : ndarray of bool, shape (N,)
    children : Population
        Written to; `list_vacant` must have been called.
    drift, sd : float
        In points.
    rng : numpy.random.Generator
        The ``capability`` stream: one normal per slot.
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

    Parameters
    ----------
    born, children
        As for `drift_capability`.
    sd : float
        Above 0.
    rng : numpy.random.Generator
        The ``mutation`` stream: one normal per slot.
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

    Parameters
    ----------
    allele : ndarray of int32, shape (N,)
        The slot that a child's allele comes from, below 0 for its parents'.
    adults, children : Population
        The children are written to; `list_vacant` must have been called.
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

    Parameters
    ----------
    born, children
        As for `drift_capability`.
    rate : float
        0..1.
    rng : numpy.random.Generator
        The ``strategy`` stream: one uniform per slot.
    """
    traits = children.genotypes.traits
    for i in range(born.size):
        flips = rng.random() < rate
        if flips and born[i]:
            row = branch(i, children.genotype, children.unshared, children.genotypes)
            traits[row, SCHEMER] = 1.0 - traits[row, SCHEMER]
