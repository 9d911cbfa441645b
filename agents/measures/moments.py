"""Means, standard deviations and correlations over agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled, inlined

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


@inlined
def row_total(rows: NDArray[np.float64], row: int) -> float:
    """Return the sum of a row, four sums at a time: one would wait for each addition to end."""
    r = np.uint32(row)  # unsigned: no check for negative indices
    a = b = c = d = 0.0
    size = rows.shape[1]
    whole = size - size % 4
    for i in range(0, whole, 4):
        a += rows[r, i]
        b += rows[r, i + 1]
        c += rows[r, i + 2]
        d += rows[r, i + 3]
    for i in range(whole, size):
        a += rows[r, i]
    return (a + b) + (c + d)


@inlined
def moments(
    rows: NDArray[np.float64], row: int, scratch: NDArray[np.float64]
) -> tuple[float, float]:
    """Return mean and standard deviation (ddof 0) of a row; exactly 0 where all are equal."""
    r = np.uint32(row)
    size = rows.shape[1]
    same = True
    for i in range(size):
        same &= rows[r, i] == rows[r, 0]
    mean = rows[r, 0] if same else row_total(rows, row) / size
    for i in range(size):
        scratch[0, i] = (rows[r, i] - mean) ** 2
    return mean, np.sqrt(row_total(scratch, 0) / size)


@compiled
def summarise(rows: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write mean and standard deviation of each row to `out`, in pairs."""
    scratch = np.empty((1, rows.shape[1]))
    for r in range(rows.shape[0]):
        out[2 * r], out[2 * r + 1] = moments(rows, r, scratch)


@compiled
def summarise_assessment(assessed: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the measures of fitness and deployment to `out`.

    Parameters
    ----------
    assessed : ndarray of float64, shape (rows, N)
        P, U, F, then what deployment is summarised by: T, P − T, c, ρ, D.
    out : ndarray of float64, shape (14,)
        Filled: F in a pair, the correlation of P and U, five pairs, that of P and T.
    """
    scratch = np.empty((1, assessed.shape[1]))
    out[0], out[1] = moments(assessed, 2, scratch)
    out[2] = correlation(assessed[0], assessed[1])
    for k in range(5):
        out[3 + 2 * k], out[4 + 2 * k] = moments(assessed, 3 + k, scratch)
    out[13] = correlation(assessed[0], assessed[3])


@compiled
def row_means(rows: NDArray[np.float64], out: NDArray[np.float64]) -> None:
    """Write the mean of each row to `out`."""
    for r in range(rows.shape[0]):
        out[r] = row_total(rows, r) / rows.shape[1]


@compiled
def varies(x: NDArray[np.float64]) -> bool:
    """Return whether numbers differ by more than rounding."""
    low = high = x[0]
    for i in range(x.size):
        low = x[i] if x[i] < low else low
        high = x[i] if x[i] > high else high
    return high - low > 1e-12 * max(abs(low), abs(high))


@inlined
def total(x: NDArray[np.float64]) -> float:
    """Return the sum of numbers, four sums at a time; see `row_total`."""
    a = b = c = d = 0.0
    whole = x.size - x.size % 4
    for i in range(0, whole, 4):
        a += x[i]
        b += x[i + 1]
        c += x[i + 2]
        d += x[i + 3]
    for i in range(whole, x.size):
        a += x[i]
    return (a + b) + (c + d)


@compiled
def correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return Pearson's correlation, NaN where x or y does not vary."""
    size = x.size
    if not varies(x) or not varies(y):
        return np.nan
    mean_x, mean_y = total(x) / size, total(y) / size
    squares_x, squares_y, products = np.empty(size), np.empty(size), np.empty(size)
    for i in range(size):
        dx, dy = x[i] - mean_x, y[i] - mean_y
        squares_x[i], squares_y[i], products[i] = dx * dx, dy * dy, dx * dy
    xx, yy, xy = total(squares_x), total(squares_y), total(products)
    if xx == 0.0 or yy == 0.0:
        return np.nan
    return max(-1.0, min(1.0, xy / np.sqrt(xx * yy)))
