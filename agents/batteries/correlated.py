"""The correlated battery: questions that test much the same beliefs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parts import register
from peckham.agents.quantities import Share

from .battery import Battery, BatteryPart, from_entries


@register
class Correlated(BatteryPart):
    """Question patterns at a given density with pairwise correlation c.

    Every question copies, belief by belief, one base pattern with probability
    √c and is drawn afresh otherwise, so that two questions agree by copying
    with probability c: the correlation of their activations is c. Visible and
    held-out questions have the base pattern in common.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Questions that selection does not see.
    correlation : float
        c, 0..1.
    density : float
        Chance that a question activates a belief, 0..1.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274, as its text describes it"

    kind: Literal["correlated"] = "correlated"
    correlation: Share = 0.5
    density: Share = 0.1

    @property
    def copying(self) -> float:
        """Probability that a question copies the base pattern at a belief."""
        return float(np.sqrt(self.correlation))

    def structure(self, beliefs: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw the base pattern, shape (B,): one uniform a belief."""
        return rng.random(beliefs) < self.density

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations, belief by belief: two uniforms a question."""
        belief, question = [], []
        chunk = max(1, 2**20 // questions)  # bounds the memory, leaves the draws as they are
        for first in range(0, beliefs, chunk):
            rows = min(chunk, beliefs - first)
            copy, fresh = np.moveaxis(rng.random((rows, questions, 2)), 2, 0)
            base = structure[first : first + rows, None]
            active = np.where(copy < self.copying, base, fresh < self.density)
            row, column = np.nonzero(active)
            belief.append(first + row)
            question.append(column)
        return from_entries(np.concatenate(belief), np.concatenate(question), beliefs, questions)
