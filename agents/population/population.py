"""The population: who is in which slot, and its founders."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.simple import distinct

from .columns import ALIGNMENT, CAPABILITY, COLUMNS, SCHEMER, UNKNOWN
from .genotypes import Clones, blank_clones, branch_off


class Population(NamedTuple):
    """N agents in N slots, and the clones that they belong to.

    Attributes
    ----------
    clone : ndarray of int32, shape (N,)
        The row of the occupant's clone.
    own : ndarray of bool, shape (N,)
        Occupants who are known to share their clone with nobody.
    lineage : ndarray of int32, shape (N,)
        The founder that the occupant descends from, 0..N-1.
    unique_id : ndarray of int64, shape (N,)
        A number no other agent of the run has; founders have 1..N.
    clones : Clones
        What is inherited, and what follows from it.
    """

    clone: NDArray[np.int32]
    own: NDArray[np.bool_]
    lineage: NDArray[np.int32]
    unique_id: NDArray[np.int64]
    clones: Clones

    @property
    def size(self) -> int:
        """N, the number of agents."""
        return self.lineage.size

    @property
    def genes(self) -> int:
        """K, the number of beliefs each agent holds."""
        return self.clones.beliefs.shape[1]

    @property
    def beliefs(self) -> NDArray[np.int32]:
        """The genomes, shape (N, K); a copy."""
        return unwriteable(self.clones.beliefs.take(self.clone, axis=0))

    @property
    def genome(self) -> NDArray[np.uint64]:
        """Fingerprints of the genomes, shape (N,); a copy."""
        return unwriteable(self.clones.genome[self.clone])

    @property
    def stale(self) -> NDArray[np.bool_]:
        """Whose scores must be worked out before they are read, shape (N,); a copy."""
        return unwriteable(self.clones.stale[self.clone])

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a column of the ledger, shape (N,); a copy, see `set_column`."""
        return unwriteable(self.clones.ledger[self.clone, COLUMNS.index(name)])

    def value(self, name: str, slot: int) -> float:
        """Return what a column of the ledger has for a slot's occupant."""
        return float(self.clones.ledger[self.clone[slot], COLUMNS.index(name)])

    def set_column(
        self, name: str, values: NDArray[np.float64] | float, who: NDArray[np.bool_]
    ) -> None:
        """Write a column of the ledger for some occupants, who no longer share their clones.

        The evaluator must `recount` afterwards.

        Parameters
        ----------
        name : str
            The column.
        values : ndarray of float64, or float
            One for all, or one for each of those who are meant.
        who : ndarray of bool, shape (N,)
            Whose. There must be vacant rows for them, see `find_vacant`.
        """
        branch_off(self, who)
        self.clones.ledger[self.clone[who], COLUMNS.index(name)] = values

    def set_beliefs(self, genomes: NDArray[np.int32], who: NDArray[np.bool_]) -> None:
        """Give some occupants other genomes, shape (their number, K); see `set_column`.

        They are scored from scratch: where a clone comes from may be somebody else's row by now.
        """
        branch_off(self, who)
        self.clones.beliefs[self.clone[who]] = genomes
        self.clones.stale[self.clone[who]] = True
        self.clones.origin[self.clone[who]] = UNKNOWN

    def disown(self) -> None:
        """Have everybody scored from scratch before they are read again."""
        self.clones.stale[:] = True
        self.clones.origin[:] = UNKNOWN

    def nursery(self) -> Population:
        """Return a population of the same clones to place children in."""
        return Population(
            clone=self.clone.copy(),
            own=np.zeros_like(self.own),
            lineage=np.empty_like(self.lineage),
            unique_id=np.empty_like(self.unique_id),
            clones=self.clones,
        )


Values = TypeVar("Values", bound=np.generic)


def unwriteable(array: NDArray[Values]) -> NDArray[Values]:
    """Return a copy marked so that nobody takes it for the original."""
    array.flags.writeable = False
    return array


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
    stream : callable
        ``stream(name)`` is a random stream. From ``founders``: K uniforms an
        agent, agent by agent. From ``traits``: N normals for capability, a
        permutation, N normals for alignment. Where K > 0, nothing is drawn from
        it unless capability varies or there are schemers, and no permutation
        without these.

    Returns
    -------
    Population
        Each a clone of its own, all stale: nothing is scored yet.
    """
    clones = blank_clones(size, genes, len(COLUMNS) + clusters)
    if genes > 0:
        clones.beliefs[:size] = distinct(size, genes, beliefs, stream("founders"))
    mean, sd = capability
    clones.ledger[:size, CAPABILITY] = min(max(mean, 0.0), 100.0)
    many = round(schemers * size)
    if sd > 0 or many > 0 or genes == 0:
        rng = stream("traits")
        normals = rng.standard_normal(size)
        capabilities = np.minimum(np.maximum(mean + sd * normals, 0.0), 100.0)
        clones.ledger[:size, CAPABILITY] = capabilities
        if many > 0 or genes == 0:
            clones.ledger[rng.permutation(size)[:many], SCHEMER] = 1.0
    if genes == 0:
        mean, sd = alignment
        rho = reflected(mean + sd * rng.standard_normal(size))
        clones.ledger[:size, ALIGNMENT] = rho
    return Population(
        clone=np.arange(size, dtype=np.int32),
        own=np.ones(size, np.bool_),
        lineage=np.arange(size, dtype=np.int32),
        unique_id=np.arange(1, size + 1, dtype=np.int64),
        clones=clones,
    )


def reflected(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers reflected at -1 and 1 until they lie between."""
    folded = np.mod(x + 1.0, 4.0)
    return np.minimum(folded, 4.0 - folded) - 1.0
