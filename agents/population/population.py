"""The population: which agent is in which slot, and which genotype it carries."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.summaries import summarised

from .genotypes import Genotypes
from .traits import COLUMNS, NONE


@summarised
class Population(NamedTuple):
    """N agents in N slots.

    Attributes
    ----------
    genotype : ndarray of int32, shape (N,)
        The row of the genotype that each agent carries.
    unshared : ndarray of bool, shape (N,)
        Agents whose genotype is known to be carried by no other agent.
    lineage : ndarray of int32, shape (N,)
        The founder that each agent descends from, 0..N-1.
    unique_id : ndarray of int64, shape (N,)
        A number that no other agent of the run has; founders have 1..N.
    genotypes : Genotypes
        What is inherited, and what follows from it.
    """

    genotype: NDArray[np.int32]
    unshared: NDArray[np.bool_]
    lineage: NDArray[np.int32]
    unique_id: NDArray[np.int64]
    genotypes: Genotypes

    @property
    def size(self) -> int:
        """N, the number of agents."""
        return self.lineage.size

    @property
    def genes(self) -> int:
        """K, the number of beliefs per agent."""
        return self.genotypes.beliefs.shape[1]

    @property
    def beliefs(self) -> NDArray[np.int32]:
        """The beliefs of every agent, shape (N, K); a copy."""
        return read_only(self.genotypes.beliefs.take(self.genotype, axis=0))

    @property
    def fingerprint(self) -> NDArray[np.uint64]:
        """Hashes of the agents' beliefs as sets, shape (N,); a copy."""
        return read_only(self.genotypes.fingerprint[self.genotype])

    @property
    def stale(self) -> NDArray[np.bool_]:
        """Agents whose scores must be computed before they are read, shape (N,); a copy."""
        return read_only(self.genotypes.stale[self.genotype])

    def column(self, name: str) -> NDArray[np.float64]:
        """Return a trait or score of every agent, shape (N,); a copy.

        Parameters
        ----------
        name : str
            One of `peckham.agents.population.traits.COLUMNS`.
        """
        return read_only(self.genotypes.traits[self.genotype, COLUMNS.index(name)])

    def value(self, name: str, slot: int) -> float:
        """Return a trait or score of the agent in a slot."""
        return float(self.genotypes.traits[self.genotype[slot], COLUMNS.index(name)])

    def forget_scores(self) -> None:
        """Mark every genotype to be scored anew, from its beliefs alone."""
        self.genotypes.stale[:] = True
        self.genotypes.origin[:] = NONE

    def blank_children(self) -> Population:
        """Return a population that shares the genotypes, to place children in."""
        return Population(
            genotype=self.genotype.copy(),
            unshared=np.zeros_like(self.unshared),
            lineage=np.empty_like(self.lineage),
            unique_id=np.empty_like(self.unique_id),
            genotypes=self.genotypes,
        )


Values = TypeVar("Values", bound=np.generic)


def read_only(array: NDArray[Values]) -> NDArray[Values]:
    """Return an array, marked so that nobody writes to it by mistake."""
    array.flags.writeable = False
    return array
