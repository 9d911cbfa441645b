"""Means, standard deviations and correlations over agents."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing, inlined
from peckham.agents.population.abundance import Census

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


SCRATCH = 4
"""Rows of N numbers that kernels here and in `conduct` overwrite."""

# Every function below takes the numbers of those in a census, and how many agents each stands for.


@inlined
def total(rows: NDArray[np.float64], row: int, counts: NDArray[np.float64], many: int) -> float:
    """Return the sum over agents, four sums at a time: one would wait for each addition to end."""
    r = np.uint32(row)  # unsigned: no check for negative indices
    a = b = c = d = 0.0
    whole = many - many % 4
    for i in range(0, whole, 4):
        a += counts[i] * rows[r, i]
        b += counts[i + 1] * rows[r, i + 1]
        c += counts[i + 2] * rows[r, i + 2]
        d += counts[i + 3] * rows[r, i + 3]
    for i in range(whole, many):
        a += counts[i] * rows[r, i]
    return (a + b) + (c + d)


@inlined
def row_mean(
    rows: NDArray[np.float64], row: int, counts: NDArray[np.float64], many: int, agents: int
) -> float:
    """Return the mean of a row over agents; exactly what they have where all have the same."""
    r = np.uint32(row)
    same = True
    for i in range(many):
        same &= rows[r, i] == rows[r, 0]
    return rows[r, 0] if same else total(rows, row, counts, many) / agents


@inlined
def moments(
    rows: NDArray[np.float64],
    row: int,
    counts: NDArray[np.float64],
    many: int,
    agents: int,
    scratch: NDArray[np.float64],
) -> tuple[float, float]:
    """Return mean and standard deviation (ddof 0) of a row; exactly 0 where all are equal."""
    r = np.uint32(row)
    mean = row_mean(rows, row, counts, many, agents)
    for i in range(many):
        scratch[0, i] = (rows[r, i] - mean) ** 2
    return mean, np.sqrt(total(scratch, 0, counts, many) / agents)


@borrowing
def summarise(
    rows: NDArray[np.float64],
    census: Census,
    scratch: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write mean and standard deviation of P and U, the first two rows, to `out`, in pairs."""
    counts, many, agents = census.counts, census.many[0], census.member.size
    for r in range(2):
        out[2 * r], out[2 * r + 1] = moments(rows, r, counts, many, agents, scratch)


@borrowing
def summarise_assessment(
    assessed: NDArray[np.float64],
    census: Census,
    scratch: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the measures of fitness and deployment to `out`.

    Parameters
    ----------
    assessed : ndarray of float64, shape (rows, N)
        P, U, F, then what deployment is summarised by: T, P − T, c, ρ, D.
    census : Census
        Who was assessed.
    scratch : ndarray of float64, shape (SCRATCH, N)
        Overwritten.
    out : ndarray of float64, shape (14,)
        Filled: F in a pair, the correlation of P and U, five pairs, that of P and T.
    """
    counts, many, agents = census.counts, census.many[0], census.member.size
    out[0], out[1] = moments(assessed, 2, counts, many, agents, scratch)
    out[2] = correlation(assessed, 0, assessed, 1, counts, many, agents, scratch)
    for k in range(5):
        out[3 + 2 * k], out[4 + 2 * k] = moments(assessed, 3 + k, counts, many, agents, scratch)
    out[13] = correlation(assessed, 0, assessed, 3, counts, many, agents, scratch)


@borrowing
def row_means(
    rows: NDArray[np.float64], first: int, census: Census, out: NDArray[np.float64]
) -> None:
    """Write the means of the rows from `first` on to `out`, as many as it has places for."""
    counts, many, agents = census.counts, census.many[0], census.member.size
    for k in range(out.size):
        out[k] = row_mean(rows, first + k, counts, many, agents)


@inlined
def varies(rows: NDArray[np.float64], row: int, many: int) -> bool:
    """Return whether numbers differ by more than rounding."""
    r = np.uint32(row)
    low = high = rows[r, 0]
    for i in range(many):
        low = rows[r, i] if rows[r, i] < low else low
        high = rows[r, i] if rows[r, i] > high else high
    return high - low > 1e-12 * max(abs(low), abs(high))


@borrowing
def correlation(
    one: NDArray[np.float64],
    x: int,
    other: NDArray[np.float64],
    y: int,
    counts: NDArray[np.float64],
    many: int,
    agents: int,
    scratch: NDArray[np.float64],
) -> float:
    """Return Pearson's correlation of row x of one array and row y of another.

    NaN where either does not vary. The scratch space has three rows.
    """
    if not varies(one, x, many) or not varies(other, y, many):
        return np.nan
    mean_x = total(one, x, counts, many) / agents
    mean_y = total(other, y, counts, many) / agents
    for i in range(many):
        dx, dy = one[x, i] - mean_x, other[y, i] - mean_y
        scratch[0, i], scratch[1, i], scratch[2, i] = dx * dx, dy * dy, dx * dy
    xx = total(scratch, 0, counts, many)
    yy = total(scratch, 1, counts, many)
    xy = total(scratch, 2, counts, many)
    if xx == 0.0 or yy == 0.0:
        return np.nan
    return max(-1.0, min(1.0, xy / np.sqrt(xx * yy)))
