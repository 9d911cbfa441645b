"""The population: a struct of arrays, one entry a slot, and its founders."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .batteries.simple import distinct
from .ledger import COLUMNS, UNKNOWN


class Population(NamedTuple):
    """N agents in N slots.

    Attributes
    ----------
    beliefs : ndarray of int32, shape (N, K)
        The genome: K different beliefs.
    lineage : ndarray of int32, shape (N,)
        The founder that the occupant descends from, 0..N-1.
    unique_id : ndarray of int64, shape (N,)
        A number no other agent of the run has; founders have 1..N.
    genome : ndarray of uint64, shape (N,)
        Fingerprint of the genome as a set.
    ledger : ndarray of float64, shape (N, columns)
        Heritable traits and scores, see `peckham.agents.ledger`.
    stale : ndarray of bool, shape (N,)
        Agents whose scores must be worked out before they are read.
    parent : ndarray of int32, shape (N,)
        The slot of the parent among the adults, or -1: of a stale agent with
        a parent, only what differs from it is worked out.
    row : ndarray of int32, shape (N,)
        Where the evaluator keeps its question sums, -1 if nowhere.
    """

    beliefs: NDArray[np.int32]
    lineage: NDArray[np.int32]
    unique_id: NDArray[np.int64]
    genome: NDArray[np.uint64]
    ledger: NDArray[np.float64]
    stale: NDArray[np.bool_]
    parent: NDArray[np.int32]
    row: NDArray[np.int32]

    @property
    def size(self) -> int:
        """N, the number of agents."""
        return self.lineage.size

    @property
    def genes(self) -> int:
        """K, the number of beliefs each agent holds."""
        return self.beliefs.shape[1]

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a column of the ledger, shape (N,); a view, not a copy."""
        return self.ledger[:, COLUMNS.index(name)]

    def disown(self, slots: int | slice) -> None:
        """Have agents scored from scratch before they are read again."""
        self.stale[slots] = True
        self.parent[slots] = UNKNOWN

    def nursery(self) -> Population:
        """Return a population of the same shape to build children in."""
        return Population(
            beliefs=np.empty_like(self.beliefs),
            lineage=np.empty_like(self.lineage),
            unique_id=np.empty_like(self.unique_id),
            genome=np.empty_like(self.genome),
            ledger=np.zeros_like(self.ledger),
            stale=np.empty_like(self.stale),
            parent=np.full_like(self.parent, UNKNOWN),
            row=np.full_like(self.row, UNKNOWN),
        )


def founders(
    size: int,
    genes: int,
    beliefs: int,
    clusters: int,
    schemers: float,
    capability: tuple[float, float],
    alignment: tuple[float, float],
    genome_rng: np.random.Generator,
    trait_rng: np.random.Generator,
) -> Population:
    """Draw the founding population.

    Parameters
    ----------
    size, genes, beliefs, clusters : int
        N, K, B and the number of clusters.
    schemers : float
        Share of schemers, 0..1, rounded to a count; who they are is random.
    capability : tuple of float
        Mean and standard deviation of capability, clipped to 0..100.
    alignment : tuple of float
        Mean and standard deviation of heritable alignment, reflected into
        -1..1; drawn only where K = 0.
    genome_rng : numpy.random.Generator
        The ``founders`` stream: K uniforms an agent, agent by agent.
    trait_rng : numpy.random.Generator
        The ``traits`` stream: N normals for capability, then a permutation,
        then N normals for alignment.

    Returns
    -------
    Population
        Everybody stale: nothing is scored yet.
    """
    population = Population(
        beliefs=distinct(size, genes, beliefs, genome_rng),
        lineage=np.arange(size, dtype=np.int32),
        unique_id=np.arange(1, size + 1, dtype=np.int64),
        genome=np.zeros(size, np.uint64),
        ledger=np.zeros((size, len(COLUMNS) + clusters)),
        stale=np.ones(size, np.bool_),
        parent=np.full(size, UNKNOWN, np.int32),
        row=np.full(size, UNKNOWN, np.int32),
    )
    mean, sd = capability
    population.column("capability")[:] = np.clip(
        mean + sd * trait_rng.standard_normal(size), 0.0, 100.0
    )
    chosen = trait_rng.permutation(size)[: round(schemers * size)]
    population.column("schemer")[chosen] = 1.0
    if genes == 0:
        mean, sd = alignment
        rho = reflected(mean + sd * trait_rng.standard_normal(size))
        population.column("alignment")[:] = rho
    return population


def reflected(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers reflected at -1 and 1 until they lie between."""
    folded = np.mod(x + 1.0, 4.0)
    return np.minimum(folded, 4.0 - folded) - 1.0
