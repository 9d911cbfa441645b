"""Truncation selection."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peckham.agents.parameters.registry import register

from .parentage import Parentage, SelectionPart
from .ranking import ranks


@register
class Truncation(SelectionPart):
    """The fittest share of the population survives to be parents, each with the same chance.

    Exactly m = max(1, ⌊share·N + 1/2⌋) agents survive; which of those that tie
    at the cut do is random. Each child's parent is drawn from the survivors
    with replacement, so a neutral twin drifts as m random survivors make it.

    Parameters
    ----------
    share : float
        Share of the agents that survive, above 0 and up to 1, which is
        neutral drift.
    """

    source: ClassVar[str] = "Crow & Kimura 1979, PNAS 76:396"

    kind: Literal["truncation"] = "truncation"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5

    def survivors(self, size: int) -> int:
        """Return m, how many of `size` agents survive."""
        return max(1, int(self.share * size + 0.5))

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Draw parents; one uniform a slot."""
        size = fitness.size
        m = self.survivors(size)
        uniforms = rng.random(size)
        rank = ranks(fitness)
        if removed is not None:  # they come after everybody else
            rank = np.where(removed, -1, rank)
            m = min(m, size - int(np.count_nonzero(removed)))
        # One uniform does for both: a slot's rank in a tie says nothing of how many uniforms
        # fall to each survivor, because slots could be renumbered at will.
        order = np.lexsort((uniforms, -rank))
        surviving = np.sort(order[:m])
        parents = surviving[(uniforms * m).astype(np.intp)].astype(np.int32)
        last = rank[order[m - 1]]
        above, tied = rank > last, rank == last
        spared = (m - np.count_nonzero(above)) / np.count_nonzero(tied)
        return Parentage(parents, np.ones(size, np.bool_), (above + tied * spared) / m)
