"""The correlated battery: questions that test much the same beliefs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart
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
        start, question = np.zeros(beliefs + 1, np.int64), []
        at_once = max(1, CHUNK // (2 * questions))
        for first in range(0, beliefs, at_once):
            base = structure[first : first + at_once]
            uniforms = rng.random((base.size, questions, 2))
            found = np.empty(base.size * questions + 1, np.uint32)
            ends = start[first + 1 : first + 1 + base.size]
            many = copied_or_fresh(uniforms, base, self.copying, self.density, ends, found)
            ends += start[first]
            question.append(found[:many])
        return Battery(start, np.concatenate(question), np.empty(0), np.zeros(questions, np.bool_))


@borrowing
def copied_or_fresh(
    uniforms: NDArray[np.float64],
    base: NDArray[np.bool_],
    copying: float,
    density: float,
    ends: NDArray[np.int64],
    question: NDArray[np.uint32],
) -> int:
    """Write each belief's active questions, and return how many these are.

    Parameters
    ----------
    uniforms : ndarray of float64, shape (rows, Q, 2)
        For each pair, whether it copies the base pattern, and what it is if not.
    base : ndarray of bool, shape (rows,)
        The base pattern.
    copying, density : float
    ends : ndarray of int64, shape (rows,)
        Filled: where the questions of each belief end.
    question : ndarray of uint32, shape (rows·Q + 1,)
        Filled: the questions, belief by belief.
    """
    rows, questions, _ = uniforms.shape
    many = 0
    for b in range(rows):
        for q in range(questions):
            copies, fresh = uniforms[b, q, 0] < copying, uniforms[b, q, 1] < density
            # it stays there if it is active; no branch, for that is hard to foresee
            question[many] = q
            many += (copies & base[b]) | (~copies & fresh)
        ends[b] = many
    return many
