"""Inheritance: children carry their parents' genotypes before anything changes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.population.genotypes import list_vacant
from peckham.agents.population.population import Population
from peckham.agents.population.traits import NONE


@kernel
def inherit(
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
    adults: Population,
    children: Population,
    next_id: int,
) -> int:
    """Place the children of the parents; nothing is drawn. Return the next identity to give.

    A slot that was not born keeps its agent, identity included. Afterwards the rows of
    genotypes that no adult carries are vacant.
    """
    genotype, genotypes = adults.genotype, adults.genotypes
    for i in range(genotype.size):
        if genotypes.stale[genotype[i]]:  # it was changed after it was scored
            genotypes.origin[genotype[i]] = NONE
    list_vacant(genotype, genotypes)
    for i in range(parents.size):
        parent = np.uint32(parents[i])  # unsigned: no check for negative indices
        children.genotype[i] = genotype[parent]
        children.lineage[i] = adults.lineage[parent]
        children.unshared[i] = False
    everyone = True
    for each in born:
        everyone &= each
    if everyone:  # the same, vectorised
        for i in range(born.size):
            children.unique_id[i] = next_id + i
        return next_id + born.size
    for i in range(born.size):
        children.unique_id[i] = next_id if born[i] else adults.unique_id[i]
        next_id += born[i]
    return next_id
