"""Belief sums: what the beliefs of a genotype add up to, whatever the questions are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.landscapes.landscape import Pool
from peckham.agents.population.genotypes import Genotypes
from peckham.agents.population.traits import (
    CLUSTERS,
    DECEPTIVE,
    DECEPTIVE_SIGNAL0,
    PRODUCT_SUM,
    SIGNAL_SQUARE_SUM,
    SIGNAL_SUM,
    VALUE_SQUARE_SUM,
    VALUE_SUM,
)

KEPT = 0.25
"""Where less than this is left of an origin's sum of squares, all sums are made anew."""


@kernel(inline=True)
def hashed(belief: np.uint32) -> np.uint64:
    """Return a belief's hash, the finaliser of splitmix64 (Steele et al. 2014)."""
    h = (np.uint64(belief) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@kernel(inline=True)
def count_belief(genotypes: Genotypes, pool: Pool, genotype: int, belief: int, sign: int) -> None:
    """Add a belief to a genotype's counts and fingerprint, or take it away (sign −1)."""
    traits = genotypes.traits
    i, b = np.uint32(genotype), np.uint32(belief)  # unsigned: no check for negative indices
    if sign > 0:
        genotypes.fingerprint[i] += hashed(b)
    else:
        genotypes.fingerprint[i] -= hashed(b)
    harmful = pool.value[b] < 0.0
    traits[i, DECEPTIVE] += sign * (harmful & (pool.signal[b] > 0.0))
    traits[i, DECEPTIVE_SIGNAL0] += sign * (harmful & (pool.signal0[b] > 0.0))
    if traits.shape[1] > CLUSTERS:
        traits[i, CLUSTERS + pool.cluster[b]] += sign


@kernel
def count_anew(genotypes: Genotypes, pool: Pool, genotype: int) -> None:
    """Write a genotype's counts and fingerprint."""
    genotypes.fingerprint[genotype] = 0
    genotypes.traits[genotype, DECEPTIVE:] = 0.0
    for j in range(genotypes.beliefs.shape[1]):
        count_belief(genotypes, pool, genotype, genotypes.beliefs[genotype, j], 1)


@kernel
def sum_anew(genotypes: Genotypes, pool: Pool, genotype: int) -> None:
    """Write the sums over a genotype's beliefs: Σv, Σa, Σav, Σv², Σa²."""
    beliefs, traits = genotypes.beliefs, genotypes.traits
    i = np.uint32(genotype)
    v_sum = a_sum = av = vv = aa = 0.0
    for j in range(beliefs.shape[1]):
        b = np.uint32(beliefs[i, j])
        v, a = pool.value[b], pool.signal[b]
        v_sum, a_sum, av, vv, aa = v_sum + v, a_sum + a, av + a * v, vv + v * v, aa + a * a
    traits[i, VALUE_SUM], traits[i, SIGNAL_SUM], traits[i, PRODUCT_SUM] = v_sum, a_sum, av
    traits[i, VALUE_SQUARE_SUM], traits[i, SIGNAL_SQUARE_SUM] = vv, aa


@kernel(inline=True)
def sum_beliefs(
    genotypes: Genotypes,
    pool: Pool,
    positions: NDArray[np.int64],
    genotype: int,
    differences: int,
    inherits_sums: bool,
) -> None:
    """Write a genotype's sums, counts and fingerprint.

    The fingerprint is the sum, modulo 2^64, of a hash of each belief: the same for the same
    set in any order. Two of M different sets collide with probability about M²/2^65. The
    genotype differs from its origin at the first `differences` of the positions; it has no
    origin if that is below 0. See `score_battery` for `inherits_sums`.
    """
    beliefs, traits = genotypes.beliefs, genotypes.traits
    i = np.uint32(genotype)
    if differences < 0:
        count_anew(genotypes, pool, genotype)
        sum_anew(genotypes, pool, genotype)
    else:
        o = np.uint32(genotypes.origin[i])
        v_sum, a_sum, av = traits[i, VALUE_SUM], traits[i, SIGNAL_SUM], traits[i, PRODUCT_SUM]
        vv, aa = traits[i, VALUE_SQUARE_SUM], traits[i, SIGNAL_SQUARE_SUM]
        least_vv, least_aa = KEPT * vv, KEPT * aa
        for k in range(differences):
            j = positions[k]
            b = np.uint32(beliefs[o, j])
            v, a = pool.value[b], pool.signal[b]
            v_sum, a_sum, av, vv, aa = v_sum - v, a_sum - a, av - a * v, vv - v * v, aa - a * a
            count_belief(genotypes, pool, genotype, beliefs[o, j], -1)
            b = np.uint32(beliefs[i, j])
            v, a = pool.value[b], pool.signal[b]
            v_sum, a_sum, av, vv, aa = v_sum + v, a_sum + a, av + a * v, vv + v * v, aa + a * a
            count_belief(genotypes, pool, genotype, beliefs[i, j], 1)
        traits[i, VALUE_SUM], traits[i, SIGNAL_SUM], traits[i, PRODUCT_SUM] = v_sum, a_sum, av
        traits[i, VALUE_SQUARE_SUM], traits[i, SIGNAL_SQUARE_SUM] = vv, aa
        # counts and fingerprints are exact; of a sum much of which is gone, only rounding is left
        if vv < least_vv or aa < least_aa or not inherits_sums:
            sum_anew(genotypes, pool, genotype)
