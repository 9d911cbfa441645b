"""Softmax selection."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parameters.quantities import NonNegative
from peckham.agents.parameters.registry import register

from .parentage import Parentage, SelectionPart, among_the_rest, offspring_of


@register
class Softmax(SelectionPart):
    """N independent draws with replacement, chances proportional to exp(βF).

    The population is replaced whole (Wright-Fisher). Any finite F and any β do;
    β = 0 is neutral drift, draw for draw the rule ``neutral``.

    Parameters
    ----------
    beta : float
        Selection pressure β, at least 0.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["softmax"] = "softmax"
    beta: NonNegative = 5.0

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Draw parents."""
        if removed is None:
            return offspring_of(softmax_weights(fitness, self.beta), rng)
        return offspring_of(
            among_the_rest(lambda f: softmax_weights(f, self.beta), fitness, removed), rng
        )


def softmax_weights(fitness: NDArray[np.float64], beta: float) -> NDArray[np.float64]:
    """Return exp(β(F − max F)), in 0..1 with a largest weight of exactly 1.

    Parameters
    ----------
    fitness : ndarray of float64, shape (N,)
        Finite.
    beta : float
        At least 0.
    """
    weights = np.empty(fitness.size)
    weigh(fitness, beta, weights)
    return weights


@borrowing
def weigh(fitness: NDArray[np.float64], beta: float, weights: NDArray[np.float64]) -> None:
    """Fill in the weights; see `softmax_weights`."""
    fittest = fitness[0]
    for f in fitness:
        fittest = f if f > fittest else fittest
    for i in range(fitness.size):
        # halved, so that no difference of finite numbers overflows before β makes it small;
        # 0·∞ is undefined where F spans more than a float's range
        gain = 2.0 * beta * (0.5 * fitness[i] - 0.5 * fittest)
        weights[i] = np.exp(gain) if beta > 0.0 else 1.0
