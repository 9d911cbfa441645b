"""Tests and intervals of mean differences, and the adjustment for many tests."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

CONFIDENCE = 0.95
"""Level of every interval."""

MOST_SIGNS = 10_000
"""Number of sign patterns up to which all of them are tried."""

RESAMPLES = 9_999
"""Number of resamples of a bootstrap, and the least number of random sign patterns."""

BLOCK = 10_000
"""Number of sign patterns held in memory at once."""

Interval = tuple[float, float]
NO_INTERVAL: Interval = (float("nan"), float("nan"))


def sign_flip_p(differences: ArrayLike, patterns: int = RESAMPLES) -> NDArray[np.float64]:
    """Return the two-sided p-values of a permutation test that mean differences are zero.

    If a pair's two members are exchangeable, the sign of its difference is random.
    All 2ⁿ patterns of signs are tried if they are at most 10,000. Otherwise p is
    (1 + number of patterns with a mean at least as far from 0)/(1 + patterns), over
    random patterns (Phipson & Smyth 2010, doi:10.2202/1544-6115.1585).

    Parameters
    ----------
    differences : array_like, shape (tests, n)
        Paired differences of each test.
    patterns : int
        Number of random patterns. They are the same at every call.
    """
    table = np.atleast_2d(np.asarray(differences, float))
    scale = np.abs(table).sum(axis=1)
    observed = np.abs(table.sum(axis=1)) - 1e-12 * scale  # equal sums may round differently
    n = table.shape[1]
    is_exact = 2**n <= MOST_SIGNS
    total = 2**n if is_exact else patterns
    rng = np.random.default_rng(0)
    reached = np.zeros(len(table))
    for first in range(0, total, BLOCK):
        count = min(BLOCK, total - first)
        if is_exact:
            bits = (np.arange(first, first + count)[:, None] >> np.arange(n)) & 1
        else:
            bits = rng.integers(0, 2, (count, n), dtype=np.int8)
        sums = (2.0 * bits - 1.0) @ table.T
        reached += (np.abs(sums) >= observed).sum(axis=0)
    return reached / total if is_exact else (1.0 + reached) / (1.0 + total)


def smallest_p(n: int) -> float:
    """Return the smallest p that `sign_flip_p` can give for n pairs."""
    return min(1.0, 2.0 ** (1 - n))


def mean_interval(values: ArrayLike) -> Interval:
    """Return the BCa bootstrap interval of a mean (Efron 1987, doi:10.2307/2289144).

    It is null for fewer than two values.
    """
    return bootstrapped((np.asarray(values, float),))


def difference_interval(first: ArrayLike, second: ArrayLike) -> Interval:
    """Return the unpaired BCa bootstrap interval of the mean of `first` minus that of `second`."""
    return bootstrapped((np.asarray(first, float), np.asarray(second, float)))


def bootstrapped(samples: tuple[NDArray[np.float64], ...]) -> Interval:
    """Return the bootstrap interval of a mean, or of the difference of two means."""
    if min(map(len, samples)) < 2:
        return NO_INTERVAL
    if all(np.ptp(sample) == 0 for sample in samples):
        exact = mean_or_difference(*samples)
        return float(exact), float(exact)
    for method in ("BCa", "percentile"):  # BCa is undefined for some skewed samples
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = stats.bootstrap(
                samples,
                mean_or_difference,
                n_resamples=RESAMPLES,
                confidence_level=CONFIDENCE,
                method=method,
                vectorized=True,
                rng=np.random.default_rng(0),
            ).confidence_interval
        if np.isfinite([found.low, found.high]).all():
            break
    return float(found.low), float(found.high)


def mean_or_difference(*samples: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    """Return the mean of one sample, or the difference of the means of two."""
    means = [np.mean(sample, axis=axis) for sample in samples]
    return means[0] if len(means) == 1 else means[0] - means[1]


def welch_p(first: ArrayLike, second: ArrayLike) -> float:
    """Return the two-sided p of Welch's t-test, null if a sample has fewer than two values."""
    x, y = np.asarray(first, float), np.asarray(second, float)
    if min(x.size, y.size) < 2:
        return float("nan")
    if np.ptp(x) == 0 and np.ptp(y) == 0:
        return 1.0 if x[0] == y[0] else 0.0
    return float(stats.ttest_ind(x, y, equal_var=False).pvalue)


def holm(p: ArrayLike) -> NDArray[np.float64]:
    """Return p-values adjusted by Holm's step-down method (1979). NaN is kept and not counted.

    Parameters
    ----------
    p : array_like, shape (n,)
        P-values, 0..1.
    """
    values = np.asarray(p, float)
    adjusted = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known])]
    steps = values[order] * np.arange(order.size, 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(steps))
    return adjusted
