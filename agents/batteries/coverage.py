"""The coverage battery: only some beliefs can be tested."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.decimals import decimal
from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart
from .simple import regular_battery


@register
class Coverage(BatteryPart):
    """Only a share of the beliefs, chosen at random, activates questions.

    Visible and held-out questions share the chosen beliefs.

    Parameters
    ----------
    coverage : float
        Share of the beliefs that activate questions, 0..1; rounded to a count.
    density : float
        0..1; each chosen belief activates max(1, ⌊density·Q⌋) distinct questions.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274, as its text describes it"

    kind: Literal["coverage"] = "coverage"
    coverage: Share = 0.6
    density: Share = 0.1

    def structure(self, beliefs: int, rng: np.random.Generator) -> NDArray[np.integer]:
        """Choose the beliefs that activate questions, in ascending order."""
        return np.sort(rng.permutation(beliefs)[: round(decimal(self.coverage) * beliefs)])

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations, belief by belief."""
        return regular_battery(structure, beliefs, questions, self.density, rng)
