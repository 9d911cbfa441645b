"""Neutral selection: drift alone."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.registry import register

from .parentage import Parentage, SelectionPart, among_the_rest, offspring_of


@register
class Neutral(SelectionPart):
    """Every agent has the same chance to be each child's parent (Wright-Fisher drift)."""

    source: ClassVar[str] = "Wright 1931, Genetics 16:97"

    kind: Literal["neutral"] = "neutral"

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Draw parents, whatever their fitness."""
        return offspring_of(among_the_rest(np.ones_like, fitness, removed), rng)
