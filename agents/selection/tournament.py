"""Tournament selection."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.quantities import Count
from peckham.agents.parameters.registry import register

from .draw import Draw, Workspace, draw_in_proportion, fill
from .parentage import CompiledRule
from .ranking import rank_slots, sort_slots


@kernel
def weigh_by_rank(
    order: NDArray[np.int32],
    ranks: NDArray[np.int32],
    entrants: float,
    weights: NDArray[np.float64],
) -> None:
    """Write every agent's chance to win a tournament of k entrants; they sum to one.

    `order` has the slots that enter, by ascending fitness, and `ranks` their ranks.
    """
    size, first, before = order.size, 0, 0.0
    while first < size:
        last = first  # of those as fit as the first
        while last + 1 < size and ranks[order[last + 1]] == ranks[order[first]]:
            last += 1
        won = ((last + 1) / size) ** entrants
        for k in range(first, last + 1):
            weights[order[k]] = (won - before) / (last + 1 - first)
        first, before = last + 1, won


@kernel
def draw_by_tournament(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
    draw: Draw,
    workspace: Workspace,
) -> None:
    """Draw the winners of N tournaments among those that can have children."""
    uniforms = workspace.uniforms[: fitness.size]
    fill(rng, uniforms)
    entering = 0
    for i in range(fitness.size):
        draw.weights[i] = 0.0
        workspace.order[entering] = i
        entering += spared[i] > 0.0
    order = workspace.order[:entering]
    sort_slots(fitness, order, workspace.scratch)
    rank_slots(fitness, order, workspace.ranks)
    weigh_by_rank(order, workspace.ranks, strength, draw.weights)
    draw_in_proportion(uniforms, draw, workspace)


@register
class Tournament(CompiledRule):
    """Each child's parent is the fittest of a few entrants drawn at random with replacement.

    With n_≤ agents no fitter than agent i, n_< less fit, and k entrants, the
    agent wins with probability [(n_≤/N)^k − (n_</N)^k]/(n_≤ − n_<). Agents of
    equal fitness share the chance, so ties are random. Only ranks matter.
    Parents are drawn from these probabilities, one uniform per slot.

    Parameters
    ----------
    entrants : int
        k, at least 1, which is neutral drift. Selection grows with k. It may
        exceed N, because an agent may enter twice.
    """

    source: ClassVar[str] = "Blickle & Thiele 1996, Evolutionary Computation 4:361"
    draws: ClassVar[Any] = draw_by_tournament
    draws_second: ClassVar[Any] = draw_by_tournament
    strength_field: ClassVar[str] = "entrants"

    kind: Literal["tournament"] = "tournament"
    entrants: Count = 2
