"""The coverage battery as the published runs have it."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.parts import register
from peckham.agents.quantities import Share

from .battery import Battery, BatteryPart

SHORT = 24
"""So few numbers are sorted by insertion."""


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
    beliefs = start.size - 1
    for b in range(certain.size):
        start[b + 1] += 1
    for k in range(drawn.shape[0]):
        start[np.uint32(drawn[k, 0] * beliefs) + 1] += 1
    for b in range(beliefs):
        start[b + 1] += start[b]
    place = start.copy()
    for b in range(certain.size):
        question[place[b]] = np.uint32(certain[b] * questions)
        place[b] += 1
    for k in range(drawn.shape[0]):
        drawn_belief = np.uint32(drawn[k, 0] * beliefs)
        question[place[drawn_belief]] = np.uint32(drawn[k, 1] * questions)
        place[drawn_belief] += 1
    many = begin = 0
    for b in range(beliefs):
        end = start[b + 1]
        if end - begin <= SHORT:
            for k in range(begin + 1, end):
                moved, to = question[k], k
                while to > begin and question[to - 1] > moved:
                    question[to] = question[to - 1]
                    to -= 1
                question[to] = moved
        else:
            question[begin:end] = np.sort(question[begin:end])
        start[b] = many
        for k in range(begin, end):
            if k == begin or question[k] != question[many - 1]:
                question[many] = question[k]
                many += 1
        begin = end
    start[beliefs] = many
    return many
