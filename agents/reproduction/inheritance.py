"""Inheritance: children belong to their parents' clones before anything changes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.columns import UNKNOWN
from peckham.agents.population.genotypes import find_vacant
from peckham.agents.population.population import Population
from peckham.agents.selection.parentage import Parentage


def inherit(parentage: Parentage, adults: Population, children: Population, next_id: int) -> int:
    """Fill the nursery with children of the parents; nothing is drawn.

    A slot that was not replaced keeps its occupant, identity included.

    Parameters
    ----------
    parentage : Parentage
        Who descends from whom.
    adults : Population
        The current generation. Rows of clones that are not theirs are vacant afterwards.
    children : Population
        The nursery, overwritten.
    next_id : int
        The first identity to give to a child.

    Returns
    -------
    int
        The next identity to give.
    """
    stale = adults.clone[adults.stale]
    adults.clones.origin[stale] = UNKNOWN  # adults that nobody scored do without
    find_vacant(adults)
    return descend(parentage.parents, parentage.born, adults, children, next_id)


@borrowing
def descend(
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
    adults: Population,
    children: Population,
    next_id: int,
) -> int:
    """Place the children; see `inherit`."""
    clone, lineage, unique_id = adults.clone, adults.lineage, adults.unique_id
    child_clone, child_lineage = children.clone, children.lineage
    child_id, own = children.unique_id, children.own
    for i in range(parents.size):
        parent = np.uint32(parents[i])  # unsigned: no check for negative indices
        child_clone[i] = clone[parent]
        child_lineage[i] = lineage[parent]
    own[:] = False
    everybody = True
    for each in born:
        everybody &= each
    if everybody:  # the same, many at a time
        for i in range(born.size):
            child_id[i] = next_id + i
        return next_id + born.size
    for i in range(born.size):
        child_id[i] = next_id if born[i] else unique_id[i]
        next_id += born[i]
    return next_id
