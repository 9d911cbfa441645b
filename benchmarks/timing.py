"""How long something takes: wall time, several times over."""

from __future__ import annotations

import time
from collections.abc import Callable


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
