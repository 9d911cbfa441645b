"""Tournament selection."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.quantities import Count
from peckham.agents.parameters.registry import register

from .parentage import Parentage, SelectionPart, among_the_rest, offspring_of
from .ranking import ranks


@register
class Tournament(SelectionPart):
    """Each child's parent is the fittest of a few entrants drawn at random with replacement.

    With n_≤ agents no fitter than agent i, n_< less fit, and k entrants, the
    agent wins with probability [(n_≤/N)^k − (n_</N)^k]/(n_≤ − n_<): who is as
    fit as another shares the chance, so ties are random. Only ranks matter.
    Parents are drawn from these probabilities, one uniform a slot.

    Parameters
    ----------
    entrants : int
        k, at least 1, which is neutral drift. Selection is the stronger the
        more enter; there may be more than N, since an agent may enter twice.
    """

    source: ClassVar[str] = "Blickle & Thiele 1996, Evolutionary Computation 4:361"

    kind: Literal["tournament"] = "tournament"
    entrants: Count = 2

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Draw parents."""
        return offspring_of(
            among_the_rest(lambda f: winning_chances(f, self.entrants), fitness, removed), rng
        )


def winning_chances(fitness: NDArray[np.float64], entrants: int) -> NDArray[np.float64]:
    """Return every agent's chance to win a tournament, shape (N,), summing to one.

    Parameters
    ----------
    fitness : ndarray of float64, shape (N,)
        F of every agent.
    entrants : int
        k, at least 1.
    """
    rank = ranks(fitness)
    tied = np.bincount(rank)
    no_fitter = np.cumsum(tied) / fitness.size
    won = np.diff(no_fitter ** float(entrants), prepend=0.0)
    return (won / tied)[rank]
