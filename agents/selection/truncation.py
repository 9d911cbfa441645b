"""Truncation selection."""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peckham.agents.compilation import kernel
from peckham.agents.parameters.decimals import decimal
from peckham.agents.parameters.registry import register

from .draw import Draw, Workspace, fill
from .parentage import CompiledRule
from .ranking import rank_slots, sort_slots


@kernel
def draw_by_truncation(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
    draw: Draw,
    workspace: Workspace,
) -> None:
    """Draw parents from the survivors, `strength` in number; one uniform per slot.

    The same uniform breaks ties and chooses the parent: a slot's order in a tie
    says nothing about how many uniforms fall to each survivor, because slots
    could be numbered in any order.
    """
    size, order, scratch, ranks = fitness.size, workspace.order, workspace.scratch, workspace.ranks
    uniforms = workspace.uniforms[:size]
    fill(rng, uniforms)
    for i in range(size):
        order[i] = i
    sort_slots(fitness, order, scratch)
    rank_slots(fitness, order, ranks)
    standing, m = draw.weights, size
    for i in range(size):
        standing[i] = 0.0 if spared[i] == 0.0 else -float(ranks[i]) - 1.0
        order[i] = i
        m -= spared[i] == 0.0
    m = min(int(strength), m)
    sort_slots(uniforms, order, scratch)
    sort_slots(standing, order, scratch)  # the fittest first, in a tie the smallest uniform
    last = standing[order[m - 1]]
    above = tied = 0
    for i in range(size):
        above += standing[i] < last
        tied += standing[i] == last
    scratch[:] = -1
    for k in range(m):
        scratch[order[k]] = 0
    found = 0  # the survivors, by slots
    for i in range(size):
        order[found] = i
        found += scratch[i] == 0
    for i in range(size):
        draw.parents[i] = order[int(uniforms[i] * m)]
        survives = 1.0 if standing[i] < last else 0.0
        if standing[i] == last:
            survives = (m - above) / tied
        draw.weights[i] = survives / m
    draw.born[:] = True


@register
class Truncation(CompiledRule):
    """The fittest share of the population survives to be parents, each with the same chance.

    Exactly m = max(1, ⌊share·N + 1/2⌋) agents survive. Ties at the cut are
    broken at random. Each child's parent is drawn from the survivors with
    replacement, so a neutral twin drifts with m random survivors.

    Parameters
    ----------
    share : float
        Share of the agents that survive, above 0 and up to 1, which is
        neutral drift.
    """

    source: ClassVar[str] = "Crow & Kimura 1979, PNAS 76:396"
    draws: ClassVar[Any] = draw_by_truncation
    draws_second: ClassVar[Any] = draw_by_truncation

    kind: Literal["truncation"] = "truncation"
    share: Annotated[float, Field(gt=0, le=1)] = 0.5

    def strength_among(self, size: int) -> float:
        """Return m."""
        return float(self.survivors(size))

    def survivors(self, size: int) -> int:
        """Return m, the number of `size` agents that survive."""
        return max(1, floor(decimal(self.share) * size + Fraction(1, 2)))
