"""The coverage battery as the published runs have it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.parts import register
from peckham.agents.quantities import Share

from .battery import Battery, BatteryPart, from_entries


@register
class CoverageAsPublished(BatteryPart):
    """The published form of coverage, which leaves nearly every belief active.

    The first ⌊coverage·B⌋ beliefs get one random question each; then random
    (belief, question) pairs are drawn with replacement and set to 1, as many
    as ⌊B·Q·density⌋ less the first ones.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Questions that selection does not see.
    coverage : float
        Share of the beliefs that are certain of a question, 0..1.
    density : float
        Share of all pairs that are drawn, 0..1.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274, as its published runs have it"

    kind: Literal["coverage_as_published"] = "coverage_as_published"
    coverage: Share = 0.6
    density: Share = 0.1

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations: one uniform a first question, two a pair."""
        first = int(self.coverage * beliefs)
        pairs = max(0, int(beliefs * questions * self.density) - first)
        certain = (rng.random(first) * questions).astype(np.int64)
        drawn = rng.random((pairs, 2))
        belief = np.concatenate((np.arange(first), (drawn[:, 0] * beliefs).astype(np.int64)))
        question = np.concatenate((certain, (drawn[:, 1] * questions).astype(np.int64)))
        return from_entries(*without_repeats(belief, question, beliefs), beliefs, questions)


@compiled
def without_repeats(
    belief: NDArray[np.int64], question: NDArray[np.int64], beliefs: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return (belief, question) pairs in ascending order, each once."""
    start = np.zeros(beliefs + 1, np.int64)
    for b in belief:
        start[b + 1] += 1
    for b in range(beliefs):
        start[b + 1] += start[b]
    sorted_by_belief = np.empty(belief.size, np.int64)
    place = start.copy()
    for k in range(belief.size):
        sorted_by_belief[place[belief[k]]] = question[k]
        place[belief[k]] += 1
    many = 0
    for b in range(beliefs):
        questions = np.sort(sorted_by_belief[start[b] : start[b + 1]])
        for k in range(questions.size):
            if k == 0 or questions[k] != questions[k - 1]:
                # where it is written was read before: no more pairs are kept than there were
                belief[many], question[many] = b, questions[k]
                many += 1
    return belief[:many], question[:many]
