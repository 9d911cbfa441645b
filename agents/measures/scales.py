"""Scales: which differences are only rounding, and units in which squares stay in range."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

NOISE = 1e-12
"""Numbers that differ by less, relative to what they were computed from, are equal."""

LEAST_EXPONENT = -1000
"""Below 2 to this power everything has the same unit."""


@kernel
def spread(low: float, high: float, scale: float) -> float:
    """Return high − low, or 0 where it is no more than rounding.

    `scale` is the size of what the numbers were computed from, where that may be larger: a
    sum of numbers of size 1 that cancel is 0 only up to rounding.
    """
    width = high - low
    return width if width > NOISE * max(abs(low), abs(high), scale) else 0.0


@kernel
def per_unit(size: float) -> float:
    """Return a power of two that brings numbers of a size above 0 near 1.

    To multiply by it is exact, so a result in these units has the same digits.
    """
    return math.ldexp(1.0, -max(math.frexp(size)[1], LEAST_EXPONENT))


def centred(numbers: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the deviations of numbers from their mean, in units, and the power of two used.

    The deviations, shape (n,), are of size 1 at most after multiplication by the power of
    two. Where the numbers do not differ by more than rounding, all deviations are 0.
    """
    width = spread(numbers.min(), numbers.max(), 0.0)
    if width == 0.0:
        return np.zeros(numbers.size), 1.0
    power = per_unit(width)
    return (numbers - numbers.mean()) * power, power
