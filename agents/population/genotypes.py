"""Genotypes: what agents that inherited the same have in common.

A child is a copy of its parent until something changes it. Until then it
carries its parent's genotype, which is one number; a change begins a new
genotype. So a genotype is scored, assessed and counted once, however many
agents carry it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised

from .traits import NONE

FEW = 8
"""Up to this number the replaced beliefs of a child are listed and searched without a table."""


@summarised
class Genotypes(NamedTuple):
    """One row per genotype; there are 2N rows.

    N rows hold the genotypes of a generation, and N those that its children begin.

    Attributes
    ----------
    beliefs : ndarray of int32, shape (2N, K)
        K different beliefs.
    fingerprint : ndarray of uint64, shape (2N,)
        A hash of the beliefs as a set.
    traits : ndarray of float64, shape (2N, columns)
        Heritable traits and scores, see `peckham.agents.population.traits`.
    stale : ndarray of bool, shape (2N,)
        Genotypes whose scores must be computed before they are read.
    origin : ndarray of int32, shape (2N,)
        The row of the genotype that a stale one came from, or -1. Of a stale
        genotype with an origin only the differences are computed.
    changed : ndarray of int32, shape (2N, FEW + 1)
        The number of positions at which a stale genotype differs from its
        origin, then the positions; -1 if they must be searched for.
    sums_row : ndarray of int32, shape (2N,)
        The genotype's row of question sums, -1 if it has none.
    vacant : ndarray of int32, shape (2N,)
        Rows that no agent carries, in the order in which they are taken.
    taken : ndarray of int64, shape (1,)
        The number of vacant rows taken so far.
    used : ndarray of bool, shape (2N,)
        Scratch space.
    """

    beliefs: NDArray[np.int32]
    fingerprint: NDArray[np.uint64]
    traits: NDArray[np.float64]
    stale: NDArray[np.bool_]
    origin: NDArray[np.int32]
    changed: NDArray[np.int32]
    sums_row: NDArray[np.int32]
    vacant: NDArray[np.int32]
    taken: NDArray[np.int64]
    used: NDArray[np.bool_]


def blank_genotypes(size: int, genes: int, columns: int) -> Genotypes:
    """Return room for the genotypes of `size` agents with `genes` beliefs each."""
    rows = 2 * size
    return Genotypes(
        beliefs=np.empty((rows, genes), np.int32),
        fingerprint=np.zeros(rows, np.uint64),
        traits=np.zeros((rows, columns)),
        stale=np.ones(rows, np.bool_),
        origin=np.full(rows, NONE, np.int32),
        changed=np.full((rows, FEW + 1), NONE, np.int32),
        sums_row=np.full(rows, NONE, np.int32),
        vacant=np.empty(rows, np.int32),
        taken=np.zeros(1, np.int64),
        used=np.empty(rows, np.bool_),
    )


@kernel
def list_vacant(genotype: NDArray[np.int32], genotypes: Genotypes) -> None:
    """List the rows that no agent carries and that no stale genotype came from."""
    stale, origin, vacant = genotypes.stale, genotypes.origin, genotypes.vacant
    used = genotypes.used
    used[:] = False
    for i in range(genotype.size):
        r = np.uint32(genotype[i])  # unsigned: no check for negative indices
        used[r] = True
        if stale[r] and origin[r] >= 0:
            used[origin[r]] = True
    found = 0
    for k in range(used.size):
        vacant[found] = k
        found += not used[k]
    genotypes.taken[0] = 0


@kernel(inline=True)
def branch(
    slot: int, genotype: NDArray[np.int32], unshared: NDArray[np.bool_], genotypes: Genotypes
) -> np.uint32:
    """Give the agent in a slot a genotype that no other agent has; return its row.

    A shared genotype is copied. `list_vacant` must have been called.
    """
    i = np.uint32(slot)  # unsigned: no check for negative indices
    row = np.uint32(genotype[i])
    if not unshared[i]:
        old, row = row, np.uint32(genotypes.vacant[genotypes.taken[0]])
        genotypes.taken[0] += 1
        for j in range(genotypes.beliefs.shape[1]):
            genotypes.beliefs[row, j] = genotypes.beliefs[old, j]
        for j in range(genotypes.traits.shape[1]):
            genotypes.traits[row, j] = genotypes.traits[old, j]
        genotypes.changed[row, 0] = NONE
        genotypes.fingerprint[row] = genotypes.fingerprint[old]
        genotypes.sums_row[row] = genotypes.sums_row[old]
        genotypes.stale[row] = genotypes.stale[old]
        genotypes.origin[row] = NONE if genotypes.stale[old] else np.int32(old)
        genotype[i], unshared[i] = row, True
    return row
