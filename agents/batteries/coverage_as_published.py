"""The coverage battery of the published runs."""

from __future__ import annotations

from math import floor
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.decimals import decimal
from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart, unweighted


@register
class CoverageAsPublished(BatteryPart):
    """The coverage battery of the published runs, which leaves nearly all beliefs active.

    The first ⌊coverage·B⌋ beliefs get one random question each. Then
    ⌊B·Q·density⌋ − ⌊coverage·B⌋ random (belief, question) pairs are drawn with
    replacement and set to 1.

    Parameters
    ----------
    coverage : float
        Share of the beliefs that are sure to get a question, 0..1.
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
        """Draw the activations: one uniform number per first question, two per pair."""
        first = floor(decimal(self.coverage) * beliefs)
        pairs = max(0, floor(decimal(self.density) * beliefs * questions) - first)
        certain, drawn = rng.random(first), rng.random((pairs, 2))
        start, question = np.zeros(beliefs + 1, np.int64), np.empty(first + pairs, np.uint32)
        count = sort_pairs(certain, drawn, questions, start, question)
        return unweighted(start, question[:count].copy(), questions)


@kernel(allocates=True)
def sort_pairs(
    certain: NDArray[np.float64],
    drawn: NDArray[np.float64],
    questions: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
) -> int:
    """Write the distinct entries of a battery in ascending order; return their number.

    `certain` has one uniform number for the question of each of the first
    beliefs; `drawn` has two for each pair, for its belief and its question.
    """
    beliefs, first, pairs = start.size - 1, certain.size, drawn.shape[0]
    by_question = np.zeros(questions + 1, np.int64)  # start of the entries of each
    for b in range(first):
        start[b + 1] += 1
        by_question[np.uint32(certain[b] * questions) + 1] += 1
    for k in range(pairs):
        start[np.uint32(drawn[k, 0] * beliefs) + 1] += 1
        by_question[np.uint32(drawn[k, 1] * questions) + 1] += 1
    for b in range(beliefs):
        start[b + 1] += start[b]
    for q in range(questions):
        by_question[q + 1] += by_question[q]
    place = by_question[:-1].copy()
    belief = np.empty(first + pairs, np.uint32)
    for b in range(first):
        drawn_question = np.uint32(certain[b] * questions)
        belief[place[drawn_question]] = b
        place[drawn_question] += 1
    for k in range(pairs):
        drawn_question = np.uint32(drawn[k, 1] * questions)
        belief[place[drawn_question]] = np.uint32(drawn[k, 0] * beliefs)
        place[drawn_question] += 1
    # in the order of questions, so each belief's are ascending and repeats are adjacent
    end, last = start[:-1].copy(), np.full(beliefs, -1, np.int64)
    for q in range(questions):
        for k in range(by_question[q], by_question[q + 1]):
            drawn_belief = belief[k]
            question[end[drawn_belief]] = q  # overwritten if it is a repeat
            end[drawn_belief] += last[drawn_belief] != q
            last[drawn_belief] = q
    count = 0
    for b in range(beliefs):
        begin, start[b] = start[b], count
        for k in range(begin, end[b]):
            question[count] = question[k]
            count += 1
    start[beliefs] = count
    return count
