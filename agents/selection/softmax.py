"""Softmax selection."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.quantities import Strength
from peckham.agents.parameters.registry import register

from .draw import Draw, Workspace, draw_in_proportion, fill
from .parentage import CompiledRule


@kernel
def weigh(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    beta: float,
    weights: NDArray[np.float64],
) -> None:
    """Write exp(β(F − max F)), at most 1, times the chance that an agent is spared."""
    fittest = -np.inf
    for i in range(fitness.size):
        if spared[i] > 0.0:
            fittest = max(fittest, fitness[i])
    for i in range(fitness.size):
        # halved, so that no difference of finite numbers overflows before β makes it small; β
        # is not doubled, because it would overflow and 0·∞ is undefined
        gain = 2.0 * (beta * (0.5 * fitness[i] - 0.5 * fittest))
        weights[i] = spared[i] * (np.exp(gain) if beta > 0.0 else 1.0) if spared[i] > 0.0 else 0.0


@kernel
def draw_softmax(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
    draw: Draw,
    workspace: Workspace,
) -> None:
    """Draw parents with chances proportional to exp(βF); one uniform per slot."""
    uniforms = workspace.uniforms[: fitness.size]
    fill(rng, uniforms)
    weigh(fitness, spared, strength, draw.weights)
    draw_in_proportion(uniforms, draw, workspace)


@register
class Softmax(CompiledRule):
    """N independent draws with replacement, chances proportional to exp(βF).

    The whole population is replaced (Wright-Fisher). Any finite F and any β
    will do. β = 0 is neutral drift, draw for draw the rule ``neutral``.

    Parameters
    ----------
    beta : float
        Selection pressure β, at least 0.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"
    draws: ClassVar[Any] = draw_softmax
    draws_second: ClassVar[Any] = draw_softmax
    has_weights: ClassVar[bool] = True

    kind: Literal["softmax"] = "softmax"
    beta: Strength = 5.0
