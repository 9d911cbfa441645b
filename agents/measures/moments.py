"""Means, standard deviations and correlations over agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.population.abundance import Abundance

from .measure import Measure

SCRATCH = 4
"""Rows of N numbers that the kernels of measures overwrite."""


def with_sd(
    name: str,
    meaning: str,
    unit: str,
    low: float = -np.inf,
    high: float = np.inf,
    needs: str = "scores",
) -> tuple[Measure, Measure]:
    """Return the measures of a mean and of the standard deviation."""
    spread = f"standard deviation of {name} over agents (ddof 0)"
    return (
        Measure(name, meaning, unit, low, high, needs),
        Measure(f"{name}_sd", spread, unit, 0.0, needs=needs),
    )


# Every function below takes one number per entry of an abundance. Each agent counts once.


@kernel(inline=True)
def total(numbers: NDArray[np.float64], abundance: Abundance) -> float:
    """Return the sum over agents, in four partial sums, so that no addition waits for the last."""
    agents, distinct = abundance.agents, abundance.distinct[0]
    a = b = c = d = 0.0
    whole = distinct - distinct % 4
    for i in range(0, whole, 4):
        a += agents[i] * numbers[i]
        b += agents[i + 1] * numbers[i + 1]
        c += agents[i + 2] * numbers[i + 2]
        d += agents[i + 3] * numbers[i + 3]
    for i in range(whole, distinct):
        a += agents[i] * numbers[i]
    return (a + b) + (c + d)


@kernel
def mean(numbers: NDArray[np.float64], abundance: Abundance) -> float:
    """Return the mean over agents, or exactly the common value where all are equal."""
    same = True
    for i in range(abundance.distinct[0]):
        same &= numbers[i] == numbers[0]
    return numbers[0] if same else total(numbers, abundance) / abundance.member.size


@kernel
def mean_and_sd(
    numbers: NDArray[np.float64], abundance: Abundance, scratch: NDArray[np.float64]
) -> tuple[float, float]:
    """Return mean and standard deviation (ddof 0), 0 where all are equal; needs 1 scratch row."""
    middle = mean(numbers, abundance)
    squares = scratch[0]
    for i in range(abundance.distinct[0]):
        squares[i] = (numbers[i] - middle) ** 2
    return middle, np.sqrt(total(squares, abundance) / abundance.member.size)


@kernel(inline=True)
def varies(numbers: NDArray[np.float64], abundance: Abundance) -> bool:
    """Return whether numbers differ by more than rounding."""
    low = high = numbers[0]
    for i in range(abundance.distinct[0]):
        low = numbers[i] if numbers[i] < low else low
        high = numbers[i] if numbers[i] > high else high
    return high - low > 1e-12 * max(abs(low), abs(high))


@kernel
def correlation(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    abundance: Abundance,
    scratch: NDArray[np.float64],
) -> float:
    """Return Pearson's correlation, NaN where either is constant; needs 3 scratch rows."""
    if not varies(x, abundance) or not varies(y, abundance):
        return np.nan
    size = abundance.member.size
    mean_x, mean_y = total(x, abundance) / size, total(y, abundance) / size
    xx, yy, xy = scratch[0], scratch[1], scratch[2]
    for i in range(abundance.distinct[0]):
        dx, dy = x[i] - mean_x, y[i] - mean_y
        xx[i], yy[i], xy[i] = dx * dx, dy * dy, dx * dy
    sum_xx, sum_yy = total(xx, abundance), total(yy, abundance)
    if sum_xx == 0.0 or sum_yy == 0.0:
        return np.nan
    return max(-1.0, min(1.0, total(xy, abundance) / np.sqrt(sum_xx * sum_yy)))
