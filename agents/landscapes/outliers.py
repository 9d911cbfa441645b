"""Outliers: beliefs so large that sums over them cannot be updated without loss to rounding."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

from .landscape import Landscape

SAMPLE = 400
"""Size of the sample from which a quantile is taken."""

LOWER = 0.05
"""The share of numbers that may be lost: agents hardly ever hold these alone."""

OUTLYING = 1e3
"""A number that exceeds the lower quantile by this factor is an outlier."""


def has_outliers(landscape: Landscape) -> bool:
    """Return whether any value or signal is so large that sums lose the others to rounding."""
    return bool(outlying(landscape.value) or outlying(landscape.signal))


@kernel(allocates=True)
def outlying(numbers: NDArray[np.float64]) -> bool:
    """Return whether the largest number is `OUTLYING` times a lower quantile of those not 0.

    The quantile is estimated from a sample.
    """
    sizes = np.abs(numbers[numbers != 0.0])
    if sizes.size == 0:
        return False
    return sizes.max() > OUTLYING * np.quantile(sizes[:: 1 + sizes.size // SAMPLE], LOWER)
