"""Ranks, for rules in which only the order of fitness matters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

ROUNDING = 1e-12
"""Fitness that differs by less, relative to the largest |F| of the population, is equal."""


@kernel
def sort_slots(
    keys: NDArray[np.float64], order: NDArray[np.int32], scratch: NDArray[np.int32]
) -> None:
    """Sort slots by ascending keys, in place, by a stable merge sort that makes no arrays."""
    size, width = order.size, 1
    while width < size:
        for start in range(0, size, 2 * width):
            middle, end = min(start + width, size), min(start + 2 * width, size)
            left, right = start, middle
            for k in range(start, end):
                take_left = left < middle and (
                    right >= end or keys[order[left]] <= keys[order[right]]
                )
                if take_left:
                    scratch[k] = order[left]
                    left += 1
                else:
                    scratch[k] = order[right]
                    right += 1
        for k in range(size):
            order[k] = scratch[k]
        width *= 2


@kernel
def rank_slots(
    fitness: NDArray[np.float64], order: NDArray[np.int32], ranks: NDArray[np.int32]
) -> int:
    """Write the rank of each slot: 0 for the least fit, ties equal; return the number of ranks.

    `order` has the slots to rank, by ascending fitness. Genotypes whose beliefs were summed
    in different orders differ by rounding, and selection must not act on that difference.
    """
    largest = max(abs(fitness[order[0]]), abs(fitness[order[order.size - 1]]))
    rank = 0
    for k in range(order.size):
        if k > 0 and largest > 0.0:
            rank += fitness[order[k]] / largest - fitness[order[k - 1]] / largest > ROUNDING
        ranks[order[k]] = rank
    return rank + 1
