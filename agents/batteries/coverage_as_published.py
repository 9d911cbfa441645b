"""The coverage battery as the published runs have it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart


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
        return distinct_pairs(rng.random(first), rng.random((pairs, 2)), beliefs, questions)


def distinct_pairs(
    certain: NDArray[np.float64], drawn: NDArray[np.float64], beliefs: int, questions: int
) -> Battery:
    """Return a battery of pairs drawn with replacement, each once.

    Parameters
    ----------
    certain : ndarray of float64, shape (first,)
        A uniform for the question of each of the first beliefs.
    drawn : ndarray of float64, shape (pairs, 2)
        Uniforms for a belief and a question.
    beliefs, questions : int
        B and Q.
    """
    start = np.zeros(beliefs + 1, np.int64)
    question = np.empty(certain.size + len(drawn), np.uint32)
    many = sort_pairs(certain, drawn, questions, start, question)
    return Battery(start, question[:many].copy(), np.empty(0), np.zeros(questions, np.bool_))


@compiled
def sort_pairs(
    certain: NDArray[np.float64],
    drawn: NDArray[np.float64],
    questions: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
) -> int:
    """Fill in the entries of a battery, ascending and each once; return how many they are."""
    beliefs, first, pairs = start.size - 1, certain.size, drawn.shape[0]
    by_question = np.zeros(questions + 1, np.int64)  # where the entries of each begin
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
    # question by question: so each belief's come ascending, and the same twice in a row
    end, last = start[:-1].copy(), np.full(beliefs, -1, np.int64)
    for q in range(questions):
        for k in range(by_question[q], by_question[q + 1]):
            drawn_belief = belief[k]
            question[end[drawn_belief]] = q  # it stays there if it is a new one
            end[drawn_belief] += last[drawn_belief] != q
            last[drawn_belief] = q
    many = 0
    for b in range(beliefs):
        begin, start[b] = start[b], many
        for k in range(begin, end[b]):
            question[many] = question[k]
            many += 1
    start[beliefs] = many
    return many
