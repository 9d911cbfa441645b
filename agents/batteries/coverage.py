"""The coverage battery: only some beliefs can be tested at all."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart
from .simple import regular_battery


@register
class Coverage(BatteryPart):
    """Only a share of the beliefs, chosen at random, activates questions.

    The chosen beliefs are the same for visible and held-out questions.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Questions that selection does not see.
    coverage : float
        Share of the beliefs that can be activated, 0..1; rounded to a count.
    density : float
        Each of these activates max(1, ⌊density·Q⌋) distinct questions, 0..1.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274, as its text describes it"

    kind: Literal["coverage"] = "coverage"
    coverage: Share = 0.6
    density: Share = 0.1

    def structure(self, beliefs: int, rng: np.random.Generator) -> NDArray[np.integer]:
        """Choose the beliefs that can be activated, ascending."""
        return np.sort(rng.permutation(beliefs)[: round(self.coverage * beliefs)])

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations, belief by belief."""
        return regular_battery(structure, beliefs, questions, self.density, rng)
