"""The simple battery."""

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

CHUNK = 2**14
"""Number of uniform numbers drawn at once; they fit into a processor's cache."""


@register
class Simple(BatteryPart):
    """Each belief activates the same number of random questions, with weight 1.

    Parameters
    ----------
    density : float
        0..1; each belief activates max(1, ⌊density·Q⌋) distinct questions.
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

    `active` has the beliefs that activate questions, in ascending order. One uniform number
    is drawn per entry.
    """
    each = max(1, floor(decimal(density) * questions))
    question = distinct(active.size, each, questions, rng).ravel()
    before = np.arange(beliefs + 1)  # number of active beliefs before each belief
    if active.size < beliefs:
        before = np.searchsorted(active, before)
    start = before.astype(np.int64) * each
    return unweighted(start, question.astype(np.uint32), questions)


def distinct(rows: int, each: int, pool: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Draw rows of `each` distinct numbers below `pool`, in the order drawn.

    Each row is a Fisher-Yates shuffle that stops after `each` cards: card j is
    swapped with card j + ⌊u·(pool − j)⌋. The next row continues with the same
    deck.
    """
    deck = np.arange(pool, dtype=np.int32)
    out = np.empty((rows, each), np.int32)
    at_once = max(1, CHUNK // max(1, each))  # limits memory; the draws do not depend on it
    for first in range(0, rows, at_once):
        dealt = out[first : first + at_once]
        deal(deck, rng.random(dealt.shape), dealt)
    return out


@kernel(allocates=True)
def deal(deck: NDArray[np.int32], uniforms: NDArray[np.float64], out: NDArray[np.int32]) -> None:
    """Deal rows of cards from a deck, with one uniform number per card; see `distinct`."""
    rows, each = out.shape
    for row in range(rows):
        for j in range(each):
            other = j + np.uint32(uniforms[row, j] * (deck.size - j))
            card = deck[other]
            deck[other] = deck[j]
            deck[j] = card
            out[row, j] = card
