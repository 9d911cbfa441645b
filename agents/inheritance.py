"""Inheritance: children are copies of their parents before anything changes them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled
from .ledger import TRUE_VALUE
from .population import Population
from .selection.parentage import Parentage


def inherit(parentage: Parentage, adults: Population, children: Population, next_id: int) -> int:
    """Fill the nursery with copies of the parents; nothing is drawn.

    A slot that was not replaced keeps its occupant, identity included.

    Parameters
    ----------
    parentage : Parentage
        Who descends from whom.
    adults : Population
        The current generation.
    children : Population
        The nursery, overwritten.
    next_id : int
        The first identity to give to a child.

    Returns
    -------
    int
        The next identity to give.
    """
    return copy_rows(
        parentage.parents,
        parentage.born,
        next_id,
        adults.beliefs,
        adults.lineage,
        adults.unique_id,
        adults.genome,
        adults.ledger,
        adults.row,
        children.beliefs,
        children.lineage,
        children.unique_id,
        children.genome,
        children.ledger,
        children.stale,
        children.parent,
        children.row,
    )


@compiled
def copy_rows(
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
    next_id: int,
    beliefs: NDArray[np.int32],
    lineage: NDArray[np.int32],
    unique_id: NDArray[np.int64],
    genome: NDArray[np.uint64],
    ledger: NDArray[np.float64],
    row: NDArray[np.int32],
    child_beliefs: NDArray[np.int32],
    child_lineage: NDArray[np.int32],
    child_id: NDArray[np.int64],
    child_genome: NDArray[np.uint64],
    child_ledger: NDArray[np.float64],
    child_stale: NDArray[np.bool_],
    child_parent: NDArray[np.int32],
    child_row: NDArray[np.int32],
) -> int:
    """Copy each parent's row to its child's slot; see `inherit`.

    Without beliefs the ledger has traits and what is scored on them; the rest is 0.
    """
    columns = ledger.shape[1] if beliefs.shape[1] > 0 else TRUE_VALUE + 1
    # one array after the other, so that what is copied from stays at hand
    for i in range(parents.size):
        parent = np.uint32(parents[i])  # unsigned: no check for negative indices
        for j in range(beliefs.shape[1]):
            child_beliefs[i, j] = beliefs[parent, j]
    for i in range(parents.size):
        parent = np.uint32(parents[i])
        for j in range(columns):
            child_ledger[i, j] = ledger[parent, j]
    for i in range(parents.size):
        parent = np.uint32(parents[i])
        child_lineage[i] = lineage[parent]
        child_genome[i] = genome[parent]
        child_stale[i] = False
        child_parent[i] = parents[i]
        child_row[i] = row[parent]
        child_id[i] = next_id if born[i] else unique_id[i]
        next_id += born[i]
    return next_id
