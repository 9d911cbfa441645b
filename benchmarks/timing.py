"""Measure wall time over several repeats."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


def times(work: Callable[[], object], count: int) -> list[float]:
    """Return the seconds that `work` took in each of `count` repeats."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def least(work: Callable[[], object], count: int) -> float:
    """Return the minimum seconds that `work` took over `count` repeats.

    Other load on the machine only adds to a time, so the minimum is the most
    repeatable figure.
    """
    return min(times(work, count))


def least_in_turn(
    works: Sequence[Callable[[], object]], count: int, rounds: int
) -> tuple[float, ...]:
    """Return the minimum seconds of each function in `works`; they take turns.

    A disturbance lasts longer than a function that takes milliseconds. With turns, it slows
    all functions equally.
    """
    found = [[least(work, count) for work in works] for _ in range(rounds)]
    return tuple(map(min, zip(*found, strict=True)))
