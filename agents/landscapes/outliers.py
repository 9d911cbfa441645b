"""Tameness: whether beliefs are of a size that sums over them can be changed bit by bit."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled

from .landscape import Landscape

SAMPLE = 400
"""Size of the sample from which a median is taken."""

OUTLYING = 1e3
"""Sums are inherited if no value or signal exceeds the median by this factor."""


def is_tame(landscape: Landscape) -> bool:
    """Return whether no value or signal is so large that sums lose the others to rounding."""
    return not (outlying(landscape.value) or outlying(landscape.signal))


@compiled
def outlying(numbers: NDArray[np.float64]) -> bool:
    """Return whether the largest number is `OUTLYING` times the median of those that are not 0.

    The median is that of a sample, one number in so many.
    """
    sizes = np.abs(numbers[numbers != 0.0])
    if sizes.size == 0:
        return False
    return sizes.max() > OUTLYING * np.median(sizes[:: 1 + sizes.size // SAMPLE])
