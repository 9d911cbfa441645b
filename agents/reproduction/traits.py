"""Heritable traits other than beliefs: capability, alignment and the strategy allele."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.population.population import Population, reflected
from peckham.agents.selection.parentage import Parentage, SelectionPart

from .recombination import ONE_PARENT


def drift_capability(
    parentage: Parentage,
    children: Population,
    drift: float,
    sd: float,
    rng: np.random.Generator,
) -> None:
    """Change newborn children's capability by N(drift, sd), clipped to 0..100.

    Parameters
    ----------
    parentage : Parentage
        Who was born.
    children : Population
        The nursery.
    drift, sd : float
        In points.
    rng : numpy.random.Generator
        The ``capability`` stream: a normal a slot, unless both are 0.
    """
    if drift == 0 and sd == 0:
        return
    change = drift + sd * rng.standard_normal(children.size)
    changed = np.clip(children.column("capability") + change, 0.0, 100.0)
    children.set_column("capability", changed[parentage.born], parentage.born)


def mutate_alignment(
    parentage: Parentage, children: Population, sd: float, rng: np.random.Generator
) -> None:
    """Change newborn children's heritable alignment by N(0, sd), reflected into -1..1.

    Parameters
    ----------
    parentage, children
        As for `drift_capability`.
    sd : float
        At least 0.
    rng : numpy.random.Generator
        The ``mutation`` stream: a normal a slot, unless sd is 0.
    """
    if sd == 0:
        return
    changed = reflected(children.column("alignment") + sd * rng.standard_normal(children.size))
    children.set_column("alignment", changed[parentage.born], parentage.born)


def with_allele_parents(
    parentage: Parentage,
    rule: SelectionPart,
    fitness: NDArray[np.float64],
    removed: NDArray[np.bool_] | None,
    rate: float,
    rng: np.random.Generator,
) -> Parentage:
    """Give newborn children an allele from another parent, each with probability `rate`.

    That parent is drawn independently by the same rule, like the second
    parent of a merged child. Without assortment an allele hitch-hikes on
    whole genomes.

    Parameters
    ----------
    parentage : Parentage
        First parents.
    rule, fitness, removed
        The selection rule and what it acts on.
    rate : float
        Allele assortment, 0..1.
    rng : numpy.random.Generator
        The ``strategy`` stream: what the rule takes, then a uniform a slot.
    """
    other = rule.second_parents(fitness, rng, removed)
    assorted = (rng.random(fitness.size) < rate) & parentage.born
    return parentage._replace(allele=np.where(assorted, other, ONE_PARENT).astype(np.int32))


def pass_on_strategy(
    parentage: Parentage,
    adults: Population,
    children: Population,
    flip_rate: float,
    rng: np.random.Generator,
) -> None:
    """Take alleles from their parents where these are others, then flip some.

    Parameters
    ----------
    parentage : Parentage
        Who was born, and whose allele it has.
    adults, children : Population
        The current generation, and the nursery.
    flip_rate : float
        Chance that a newborn's allele is the other one, 0..1.
    rng : numpy.random.Generator
        The ``strategy`` stream: a uniform a slot, unless the rate is 0.
    """
    if parentage.allele is not None:
        assorted = parentage.allele >= 0
        alleles = adults.column("schemer")[parentage.allele[assorted]]
        children.set_column("schemer", alleles, assorted)
    if flip_rate > 0:
        flips = (rng.random(children.size) < flip_rate) & parentage.born
        children.set_column("schemer", 1.0 - children.column("schemer")[flips], flips)
