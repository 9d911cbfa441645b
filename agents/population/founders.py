"""The founders: the agents of generation 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.simple import distinct
from peckham.agents.parameters.decimals import decimal

from .genotypes import blank_genotypes
from .population import Population
from .traits import ALIGNMENT, CAPABILITY, COLUMNS, SCHEMER


def founders(
    size: int,
    genes: int,
    beliefs: int,
    clusters: int,
    schemers: float,
    capability: tuple[float, float],
    alignment: tuple[float, float],
    stream: Callable[[str], np.random.Generator],
) -> Population:
    """Draw the founding population: a genotype for each agent, all stale.

    `size`, `genes` and `beliefs` are N, K and B. The share of schemers is rounded to a
    count, and the schemers are random. Capability and alignment are given by mean and
    standard deviation; capability is clipped to 0..100, and heritable alignment, drawn only
    if K = 0, is reflected into -1..1. From the stream ``founders`` come K uniforms per
    agent, agent by agent; from ``traits`` N normals for capability, a permutation, and N
    normals for alignment. If K > 0, nothing is drawn from ``traits`` unless capability
    varies or there are schemers, and the permutation only if there are schemers.
    """
    genotypes = blank_genotypes(size, genes, len(COLUMNS) + clusters)
    traits = genotypes.traits[:size]
    if genes > 0:
        genotypes.beliefs[:size] = distinct(size, genes, beliefs, stream("founders"))
    mean, sd = capability
    traits[:, CAPABILITY] = min(max(mean, 0.0), 100.0)
    scheming = round(decimal(schemers) * size)
    if sd > 0 or scheming > 0 or genes == 0:
        rng = stream("traits")
        normals = rng.standard_normal(size)
        traits[:, CAPABILITY] = np.minimum(np.maximum(mean + sd * normals, 0.0), 100.0)
        if scheming > 0 or genes == 0:
            traits[rng.permutation(size)[:scheming], SCHEMER] = 1.0
    if genes == 0:
        mean, sd = alignment
        traits[:, ALIGNMENT] = reflected(mean + sd * rng.standard_normal(size))
    return Population(
        genotype=np.arange(size, dtype=np.int32),
        unshared=np.ones(size, np.bool_),
        lineage=np.arange(size, dtype=np.int32),
        unique_id=np.arange(1, size + 1, dtype=np.int64),
        genotypes=genotypes,
    )


def reflected(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers reflected at -1 and 1 until they lie between."""
    folded = np.mod(x + 1.0, 4.0)
    return np.minimum(folded, 4.0 - folded) - 1.0
