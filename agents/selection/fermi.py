"""The Fermi rule: pairwise comparison."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.quantities import Strength
from peckham.agents.parameters.registry import register

from .draw import Draw, Workspace, draw_events
from .parentage import CompiledRule


@kernel
def fermi_events(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    beta: float,
    uniforms: NDArray[np.float64],
    ancestor: NDArray[np.int32],
    born: NDArray[np.bool_],
) -> None:
    """Run pairwise comparisons in a population of N.

    Each event has three uniforms: the agent that compares, the other agent, and the
    adoption. Agents that are not spared are never copied. `ancestor` has each slot itself at
    first, and the slot that its agent descends from at the end; `born` says which slots copied.
    """
    size = fitness.size
    if size == 1:
        return
    for event in range(uniforms.shape[0]):
        i = int(uniforms[event, 0] * size)
        j = int(uniforms[event, 1] * (size - 1))
        if j >= i:
            j += 1
        adoption = 0.5
        if beta > 0.0:  # as in `weigh`, β and the difference are finite numbers
            gain = 2.0 * (beta * (0.5 * fitness[ancestor[j]] - 0.5 * fitness[ancestor[i]]))
            adoption = 1.0 / (1.0 + np.exp(-gain))
        if uniforms[event, 2] < adoption and spared[ancestor[j]] > 0.0:
            ancestor[i] = ancestor[j]
            born[i] = True


@kernel
def draw_by_fermi(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
    draw: Draw,
    workspace: Workspace,
) -> None:
    """Run N events; three uniforms each, for i, for j and for whether i copies j."""
    events = draw_events(rng, 3, draw, workspace)
    fermi_events(fitness, spared, strength, events, draw.parents, draw.born)


@register
class Fermi(CompiledRule):
    """N comparisons, one after another: i copies j with probability 1/(1 + exp(−β(F_j − F_i))).

    In each event an ordered pair of different agents is drawn uniformly from
    the population as it changes. F is taken at the generation's start; a copy
    has the F of the agent that it copied. A slot that copied mutates once per
    generation. Expected offspring over N events have no closed form. In a
    population of one agent nothing happens.

    Parameters
    ----------
    beta : float
        Selection pressure β, at least 0; 0 copies in half of the events.
    """

    source: ClassVar[str] = "Traulsen, Nowak & Pacheco 2006, Phys. Rev. E 74:011909"
    draws: ClassVar[Any] = draw_by_fermi
    draws_second: ClassVar[Any] = draw_by_fermi
    in_closed_form: ClassVar[bool] = False

    kind: Literal["fermi"] = "fermi"
    beta: Strength = 5.0
