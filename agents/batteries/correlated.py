"""The correlated battery: questions that tend to test the same beliefs."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart, unweighted
from .simple import CHUNK


@register
class Correlated(BatteryPart):
    """Question patterns at a given density with pairwise correlation c.

    For each belief, a question copies one base pattern with probability √c
    and is drawn independently otherwise. Two questions therefore both copy with
    probability c, so the correlation of their activations is c. Visible and
    held-out questions share the base pattern.

    Parameters
    ----------
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
        """Probability that a question copies the base pattern for a belief."""
        return float(np.sqrt(self.correlation))

    def structure(self, beliefs: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        """Draw the base pattern, shape (B,): one uniform number per belief."""
        return rng.random(beliefs) < self.density

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations, belief by belief: two uniform numbers per question."""
        start, question = np.zeros(beliefs + 1, np.int64), []
        at_once = max(1, CHUNK // (2 * questions))
        for first in range(0, beliefs, at_once):
            base = structure[first : first + at_once]
            uniforms = rng.random((base.size, questions, 2))
            found = np.empty(base.size * questions + 1, np.uint32)
            ends = start[first + 1 : first + 1 + base.size]
            count = copied_or_fresh(uniforms, base, self.copying, self.density, ends, found)
            ends += start[first]
            question.append(found[:count])
        return unweighted(start, np.concatenate(question), questions)


@kernel
def copied_or_fresh(
    uniforms: NDArray[np.float64],
    base: NDArray[np.bool_],
    copying: float,
    density: float,
    ends: NDArray[np.int64],
    question: NDArray[np.uint32],
) -> int:
    """Write the active questions of each belief to `question`; return their number.

    The two uniform numbers of a pair decide whether it copies the base pattern,
    and otherwise whether it is active. `ends` receives the end of each belief's
    questions. `question` has room for rows·Q + 1.
    """
    rows, questions, _ = uniforms.shape
    count = 0
    for b in range(rows):
        for q in range(questions):
            copies, fresh = uniforms[b, q, 0] < copying, uniforms[b, q, 1] < density
            # overwritten unless active; a branch would be slower, because it is hard to predict
            question[count] = q
            count += (copies & base[b]) | (~copies & fresh)
        ends[b] = count
    return count
