"""Clones: what agents have in common who differ in nothing that is inherited.

A child is a copy of its parent until something changes it. Until then it
belongs to its parent's clone, which costs a number; what changes begins a clone
of its own. So a genome is scored, assessed and counted once, however many carry it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing, inlined

from .columns import UNKNOWN

if TYPE_CHECKING:
    from .population import Population

FEW = 8
"""Up to so many replaced beliefs of a child are noted, and are looked for without a table."""


class Clones(NamedTuple):
    """What is known of each clone, a row each; there are 2N rows.

    N are enough for the clones of a generation, and N for those that their children begin.

    Attributes
    ----------
    beliefs : ndarray of int32, shape (2N, K)
        The genome: K different beliefs.
    genome : ndarray of uint64, shape (2N,)
        Fingerprint of the genome as a set.
    ledger : ndarray of float64, shape (2N, columns)
        Heritable traits and scores, see `peckham.agents.population.columns`.
    stale : ndarray of bool, shape (2N,)
        Clones whose scores must be worked out before they are read.
    origin : ndarray of int32, shape (2N,)
        The row of the clone that a stale one comes from, or -1: of a stale
        clone with an origin, only what differs from it is worked out.
    changed : ndarray of int32, shape (2N, FEW + 1)
        At how many places the beliefs of a stale clone differ from its
        origin's, and which; -1 if that must be looked for.
    row : ndarray of int32, shape (2N,)
        Where the evaluator keeps a clone's question sums, -1 if nowhere.
    vacant : ndarray of int32, shape (2N,)
        Rows of which nobody is, in the order in which they are given away.
    given : ndarray of int64, shape (1,)
        How many of these have been given away.
    used : ndarray of bool, shape (2N,)
        Scratch space.
    """

    beliefs: NDArray[np.int32]
    genome: NDArray[np.uint64]
    ledger: NDArray[np.float64]
    stale: NDArray[np.bool_]
    origin: NDArray[np.int32]
    changed: NDArray[np.int32]
    row: NDArray[np.int32]
    vacant: NDArray[np.int32]
    given: NDArray[np.int64]
    used: NDArray[np.bool_]


def blank_clones(size: int, genes: int, columns: int) -> Clones:
    """Return room for the clones of `size` agents; nothing is known of them."""
    rows = 2 * size
    return Clones(
        beliefs=np.empty((rows, genes), np.int32),
        genome=np.zeros(rows, np.uint64),
        ledger=np.zeros((rows, columns)),
        stale=np.ones(rows, np.bool_),
        origin=np.full(rows, UNKNOWN, np.int32),
        changed=np.full((rows, FEW + 1), UNKNOWN, np.int32),
        row=np.full(rows, UNKNOWN, np.int32),
        vacant=np.empty(rows, np.int32),
        given=np.zeros(1, np.int64),
        used=np.empty(rows, np.bool_),
    )


@borrowing
def find_vacant(population: Population) -> None:
    """List the rows of which nobody is, and from which nobody is to be worked out."""
    clones = population.clones
    clone, stale, origin, vacant = population.clone, clones.stale, clones.origin, clones.vacant
    used = clones.used
    used[:] = False
    for i in range(clone.size):
        r = np.uint32(clone[i])  # unsigned: no check for negative indices
        used[r] = True
        if stale[r] and origin[r] >= 0:
            used[origin[r]] = True
    many = 0
    for k in range(used.size):
        vacant[many] = k
        many += not used[k]
    clones.given[0] = 0


@inlined
def branch(
    slot: int,
    clone: NDArray[np.int32],
    own: NDArray[np.bool_],
    beliefs: NDArray[np.int32],
    genome: NDArray[np.uint64],
    ledger: NDArray[np.float64],
    stale: NDArray[np.bool_],
    origin: NDArray[np.int32],
    changed: NDArray[np.int32],
    row: NDArray[np.int32],
    vacant: NDArray[np.int32],
    given: NDArray[np.int64],
) -> np.uint32:
    """Have a slot's occupant, if it shares its clone, begin one; return the row that is its own.

    The new clone differs in nothing yet. `find_vacant` must have been called.
    The arrays are those of `Population` and `Clones`: to take them from these
    for each child would take longer than to copy a row.
    """
    i = np.uint32(slot)  # unsigned: no check for negative indices
    old = np.uint32(clone[i])
    if own[i]:
        return old
    new = np.uint32(vacant[given[0]])
    given[0] += 1
    for j in range(beliefs.shape[1]):
        beliefs[new, j] = beliefs[old, j]
    for j in range(ledger.shape[1]):
        ledger[new, j] = ledger[old, j]
    changed[new, 0] = UNKNOWN
    genome[new], row[new], stale[new] = genome[old], row[old], stale[old]
    origin[new] = UNKNOWN if stale[old] else np.int32(old)
    clone[i], own[i] = new, True
    return new


@borrowing
def branch_off(population: Population, who: NDArray[np.bool_]) -> None:
    """Have some occupants, a flag a slot, begin clones of their own."""
    clone, own = population.clone, population.own
    beliefs, genome, ledger, stale, origin, changed, row, vacant, given, _ = population.clones
    for i in range(who.size):
        if who[i]:
            branch(
                i, clone, own, beliefs, genome, ledger, stale, origin, changed, row, vacant, given
            )  # fmt: skip
