"""The simple battery."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.parameters.quantities import Share
from peckham.agents.parameters.registry import register

from .battery import Battery, BatteryPart

CHUNK = 2**14
"""So many uniforms are drawn at once: what fits into a processor's cache."""


@register
class Simple(BatteryPart):
    """Each belief activates the same number of random questions, with weight 1.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Questions that selection does not see.
    density : float
        Each belief activates max(1, ⌊density·Q⌋) distinct questions, 0..1.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["simple"] = "simple"
    density: Share = 0.1

    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations, belief by belief."""
        return regular_battery(np.arange(beliefs), beliefs, questions, self.density, rng)


def regular_battery(
    active: NDArray[np.integer],
    beliefs: int,
    questions: int,
    density: float,
    rng: np.random.Generator,
) -> Battery:
    """Return a battery in which each active belief activates max(1, ⌊density·Q⌋) questions.

    Parameters
    ----------
    active : ndarray of int
        The beliefs that activate any question, ascending.
    beliefs, questions : int
        B and Q.
    density : float
        Share of the questions that an active belief activates, 0..1.
    rng : numpy.random.Generator
        One uniform number is taken for each entry.
    """
    each = max(1, int(density * questions))
    question = distinct(active.size, each, questions, rng).ravel()
    before = np.arange(beliefs + 1)  # active beliefs before each
    if active.size < beliefs:
        before = np.searchsorted(active, before)
    start = before.astype(np.int64) * each
    return Battery(start, question.astype(np.uint32), np.empty(0), np.zeros(questions, np.bool_))


def distinct(rows: int, each: int, pool: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Draw rows of distinct numbers below `pool`, row by row, in order of drawing.

    A Fisher-Yates shuffle of one deck, broken off after `each` cards and
    carried on from the deck as it lies for the next row: card j is swapped
    with card j + ⌊u·(pool − j)⌋.
    """
    deck = np.arange(pool, dtype=np.int32)
    out = np.empty((rows, each), np.int32)
    at_once = max(1, CHUNK // max(1, each))  # bounds the memory, leaves the draws as they are
    for first in range(0, rows, at_once):
        dealt = out[first : first + at_once]
        deal(deck, rng.random(dealt.shape), dealt)
    return out


@compiled
def deal(deck: NDArray[np.int32], uniforms: NDArray[np.float64], out: NDArray[np.int32]) -> None:
    """Deal rows of cards from a deck, one uniform a card; see `distinct`."""
    rows, each = out.shape
    for row in range(rows):
        for j in range(each):
            other = j + np.uint32(uniforms[row, j] * (deck.size - j))
            card = deck[other]
            deck[other] = deck[j]
            deck[j] = card
            out[row, j] = card
