"""Reproduction: children inherit their parent's row, then mutate."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled
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


def mutate(
    parentage: Parentage,
    adults: Population,
    children: Population,
    rate: float,
    seen: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Replace beliefs of newborn children, each with probability `rate`, all at once.

    A child's new beliefs are drawn uniformly from those that its parent does
    not hold, no two alike. Where more are marked than the B − K on offer,
    B − K of the marked ones, chosen at random, are replaced (at K = B none).
    Children that change are marked stale.

    Parameters
    ----------
    parentage : Parentage
        Who descends from whom.
    adults, children : Population
        The current generation, and the nursery as `inherit` left it.
    rate : float
        μ, per belief and birth, 0..1.
    seen : ndarray of int64, shape (B + 1,)
        Scratch space, zeros at first: the last child for which belief b was
        ruled out; the last entry counts the children.
    rng : numpy.random.Generator
        The ``mutation`` stream: a uniform for each gap between mutations,
        then those of the replacements, child by child.
    """
    if rate > 0 and adults.genes < seen.size - 1:
        replace_beliefs(
            parentage.parents,
            parentage.born,
            rate,
            adults.beliefs,
            children.beliefs,
            children.stale,
            seen,
            rng,
        )


FEW = 8
"""Up to so many replacements a child, looking through the genome beats marking it in a table."""


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
    """Copy each parent's row to its child's slot; see `inherit`."""
    for i in range(parents.size):
        parent = parents[i]
        for j in range(beliefs.shape[1]):
            child_beliefs[i, j] = beliefs[parent, j]
        for j in range(ledger.shape[1]):
            child_ledger[i, j] = ledger[parent, j]
        child_lineage[i] = lineage[parent]
        child_genome[i] = genome[parent]
        child_stale[i] = False
        child_parent[i] = parent
        child_row[i] = row[parent]
        if born[i]:
            child_id[i] = next_id
            next_id += 1
        else:
            child_id[i] = unique_id[i]
    return next_id


@compiled
def replace_beliefs(
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
    rate: float,
    beliefs: NDArray[np.int32],
    child_beliefs: NDArray[np.int32],
    child_stale: NDArray[np.bool_],
    seen: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Mutate the newborn; see `mutate`.

    Genes are counted through, newborn by newborn in slot order. The gap to the
    next mutation is geometric: ⌊log(1 − u)/log(1 − μ)⌋ genes are passed over.
    """
    genes = beliefs.shape[1]
    pool = seen.size - 1
    on_offer = pool - genes
    newborn = np.flatnonzero(born)
    last = newborn.size * genes
    log_kept = np.log1p(-rate)
    marked = np.empty(genes, np.int64)
    tag = seen[pool]  # belief b is ruled out for the child in hand where seen[b] == tag
    place = gap(rng.random(), log_kept, last)
    while place < last:
        child = place // genes
        count = 0
        while place < last and place // genes == child:
            marked[count] = place % genes
            count += 1
            place += 1 + gap(rng.random(), log_kept, last)
        if count > on_offer:
            for j in range(on_offer):
                other = j + int(rng.random() * (count - j))
                marked[j], marked[other] = marked[other], marked[j]
            count = on_offer
        slot = newborn[child]
        inherited = beliefs[parents[slot]]
        roomy = 2 * (genes + count) <= pool
        if roomy and count <= FEW:
            for j in range(count):
                b = int(rng.random() * pool)
                while holds(inherited, b) or drawn_before(child_beliefs[slot], marked, j, b):
                    b = int(rng.random() * pool)
                child_beliefs[slot, marked[j]] = b
            child_stale[slot] = True
            continue
        tag += 1
        for j in range(genes):
            seen[inherited[j]] = tag
        if roomy:
            for j in range(count):
                b = int(rng.random() * pool)
                while seen[b] == tag:
                    b = int(rng.random() * pool)
                seen[b] = tag
                child_beliefs[slot, marked[j]] = b
        else:  # few are left: deal them out instead of guessing
            deck = np.flatnonzero(seen[:pool] != tag)
            for j in range(count):
                other = j + int(rng.random() * (deck.size - j))
                deck[j], deck[other] = deck[other], deck[j]
                child_beliefs[slot, marked[j]] = deck[j]
        child_stale[slot] = True
    seen[pool] = tag


@compiled
def holds(genome: NDArray[np.int32], belief: int) -> bool:
    """Return whether a belief is in a genome; without a way out, so that it is one sweep."""
    found = False
    for b in genome:
        found |= b == belief
    return found


@compiled
def drawn_before(
    genome: NDArray[np.int32], marked: NDArray[np.int64], so_far: int, belief: int
) -> bool:
    """Return whether a belief is one of the first replacements of this child."""
    found = False
    for j in range(so_far):
        found |= genome[marked[j]] == belief
    return found


@compiled
def gap(u: float, log_kept: float, most: int) -> int:
    """Return ⌊log(1 − u)/log(1 − μ)⌋, or `most` if that is less."""
    passed = np.log1p(-u) / log_kept
    return int(passed) if passed < most else most
