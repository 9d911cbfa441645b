"""Means, standard deviations and correlations over agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.measures.scales import per_unit, spread
from peckham.agents.population.abundance import Abundance
from peckham.agents.population.traits import SIGNAL_SQUARE_SUM, VALUE_SQUARE_SUM

from .measure import Measure

SCRATCH = 4
"""Rows of N numbers that the kernels of measures overwrite."""

SMALL, LARGE = 1e-250, 1e250
"""Between these a sum of squares has lost nothing to the range of floats."""


def with_sd(
    name: str,
    meaning: str,
    unit: str,
    low: float = -np.inf,
    high: float = np.inf,
    needs: str = "scores",
    better: str = "none",
) -> tuple[Measure, Measure]:
    """Return the measures of a mean and of the standard deviation."""
    spread = f"standard deviation of {name} over agents (ddof 0)"
    return (
        Measure(name, meaning, unit, low, high, needs, better),
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
    variance = total(squares, abundance) / abundance.member.size
    if SMALL < variance < LARGE:
        return middle, np.sqrt(variance)
    largest = 0.0
    for i in range(abundance.distinct[0]):
        largest = max(largest, abs(numbers[i] - middle))
    if largest == 0.0:
        return middle, 0.0
    power = per_unit(largest)
    for i in range(abundance.distinct[0]):
        squares[i] = ((numbers[i] - middle) * power) ** 2
    return middle, np.sqrt(total(squares, abundance) / abundance.member.size) / power


@kernel(inline=True)
def width_of(numbers: NDArray[np.float64], abundance: Abundance, scale: float) -> float:
    """Return the largest less the smallest number, 0 where it is only rounding; see `spread`."""
    low = high = numbers[0]
    for i in range(abundance.distinct[0]):
        low = numbers[i] if numbers[i] < low else low
        high = numbers[i] if numbers[i] > high else high
    return spread(low, high, scale)


@kernel
def score_scales(
    traits: NDArray[np.float64], abundance: Abundance, mixed: bool
) -> tuple[float, float]:
    """Return the size of what P and U are sums of: the largest √Σa² and √Σv² of any agent.

    `mixed` says that a question is scored on v, so that P is a sum of both.
    """
    aa = vv = 0.0
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])
        aa, vv = max(aa, traits[i, SIGNAL_SQUARE_SUM]), max(vv, traits[i, VALUE_SQUARE_SUM])
    of_signal, of_value = np.sqrt(aa), np.sqrt(vv)
    return max(of_signal, of_value) if mixed else of_signal, of_value


@kernel
def correlation(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    scale_x: float,
    scale_y: float,
    abundance: Abundance,
    scratch: NDArray[np.float64],
) -> float:
    """Return Pearson's correlation, NaN where either is constant but for rounding.

    The scales are the sizes of what x and y were computed from, see `spread`. Three rows of
    `scratch` are overwritten.
    """
    width_x, width_y = width_of(x, abundance, scale_x), width_of(y, abundance, scale_y)
    if not (0.0 < width_x < np.inf and 0.0 < width_y < np.inf):
        return np.nan
    power_x, power_y = per_unit(width_x), per_unit(width_y)
    size = abundance.member.size
    mean_x, mean_y = total(x, abundance) / size, total(y, abundance) / size
    xx, yy, xy = scratch[0], scratch[1], scratch[2]
    for i in range(abundance.distinct[0]):
        dx, dy = (x[i] - mean_x) * power_x, (y[i] - mean_y) * power_y
        xx[i], yy[i], xy[i] = dx * dx, dy * dy, dx * dy
    sum_xx, sum_yy = total(xx, abundance), total(yy, abundance)
    return max(-1.0, min(1.0, total(xy, abundance) / np.sqrt(sum_xx * sum_yy)))
