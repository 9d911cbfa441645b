"""Means, standard deviations and correlations over agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled

from .measure import Measure


def with_sd(measure: Measure) -> tuple[Measure, Measure]:
    """Return a mean and its ``_sd`` twin."""
    twin = Measure(
        f"{measure.name}_sd",
        f"standard deviation of {measure.name} over agents (ddof 0)",
        measure.unit,
        0.0,
        needs=measure.needs,
    )
    return measure, twin


@compiled
def summarise(rows: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write mean and standard deviation (ddof 0) of each row to `out`, in pairs.

    A row of equal numbers has a standard deviation of exactly 0.
    """
    size = rows.shape[1]
    for r in range(rows.shape[0]):
        total = 0.0
        same = True
        for i in range(size):
            total += rows[r, i]
            same &= rows[r, i] == rows[r, 0]
        mean = rows[r, 0] if same else total / size
        squares = 0.0
        for i in range(size):
            squares += (rows[r, i] - mean) ** 2
        out[2 * r] = mean
        out[2 * r + 1] = np.sqrt(squares / size)


@compiled
def row_means(rows: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the mean of each row to `out`."""
    for r in range(rows.shape[0]):
        total = 0.0
        for i in range(rows.shape[1]):
            total += rows[r, i]
        out[r] = total / rows.shape[1]


@compiled
def varies(x: NDArray[np.float64]) -> bool:
    """Return whether numbers differ by more than rounding."""
    low = high = x[0]
    for i in range(x.size):
        low = min(low, x[i])
        high = max(high, x[i])
    return high - low > 1e-12 * max(abs(low), abs(high))


@compiled
def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Pearson's correlation, NaN where x or y does not vary."""
    size = x.size
    mean_x = mean_y = 0.0
    for i in range(size):
        mean_x += x[i]
        mean_y += y[i]
    if not varies(x) or not varies(y):
        return np.nan
    mean_x /= size
    mean_y /= size
    xx = yy = xy = 0.0
    for i in range(size):
        xx += (x[i] - mean_x) ** 2
        yy += (y[i] - mean_y) ** 2
        xy += (x[i] - mean_x) * (y[i] - mean_y)
    if xx == 0.0 or yy == 0.0:
        return np.nan
    return max(-1.0, min(1.0, xy / np.sqrt(xx * yy)))
