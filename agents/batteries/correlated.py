"""The correlated battery: questions that test much the same beliefs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.parts import register
from peckham.agents.quantities import Share

from .battery import Battery, BatteryPart, from_entries
from .simple import CHUNK


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
        at_once = max(1, CHUNK // (2 * questions))
        for first in range(0, beliefs, at_once):
            base = structure[first : first + at_once]
            uniforms = rng.random((base.size, questions, 2))
            entries = np.empty((2, base.size * questions), np.int32)
            many = copied_or_fresh(uniforms, base, self.copying, self.density, entries)
            belief.append(first + entries[0, :many])
            question.append(entries[1, :many])
        return from_entries(np.concatenate(belief), np.concatenate(question), beliefs, questions)


@compiled
def copied_or_fresh(
    uniforms: NDArray[np.float64],
    base: NDArray[np.bool_],
    copying: float,
    density: float,
    entries: NDArray[np.int32],
) -> int:
    """Write the active (belief, question) pairs to `entries`, and return how many they are.

    Parameters
    ----------
    uniforms : ndarray of float64, shape (rows, Q, 2)
        For each pair, whether it copies the base pattern, and what it is if not.
    base : ndarray of bool, shape (rows,)
        The base pattern.
    copying, density : float
    entries : ndarray of int32, shape (2, rows·Q)
    """
    rows, questions, _ = uniforms.shape
    many = 0
    for b in range(rows):
        for q in range(questions):
            copies, fresh = uniforms[b, q, 0] < copying, uniforms[b, q, 1] < density
            if (copies & base[b]) | (~copies & fresh):
                entries[0, many], entries[1, many] = b, q
                many += 1
    return many
