"""How long something takes: wall time, several times over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence


def times(work: Callable[[], object], count: int) -> list[float]:
    """Return the seconds that some work took, each of several times."""
    found = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return found


def least(work: Callable[[], object], count: int) -> float:
    """Return the least seconds that some work took in several times.

    What else the machine does only ever adds to a time, so that the least is
    the one that repeats best.
    """
    return min(times(work, count))


def least_in_turn(
    works: Sequence[Callable[[], object]], count: int, rounds: int
) -> tuple[float, ...]:
    """Return the least seconds of each of some works, which take turns, several times each.

    Works that take milliseconds are over before what disturbs them is; so it hits all of them.
    """
    found = [[least(work, count) for work in works] for _ in range(rounds)]
    return tuple(map(min, zip(*found, strict=True)))
