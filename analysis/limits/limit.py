"""One solvable limit, and the test of a mean over replicates against it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from peckham.agents.parameters.spec import ModelSpec

ENOUGH = 30
"""Expected number of unfixed replicates required to test a mean over replicates."""

RARE = 1e-6
"""A share of replicates that counts as none."""

ROUNDING = 1e-12
"""Relative difference up to which two numbers count as equal."""


@dataclass(frozen=True)
class Limit:
    """A statement of theory about a kind of run, compared with its replicates.

    Attributes
    ----------
    limit : str
        The statement.
    expected, observed : float
        The mean according to theory, and the mean over the replicates.
    error : float
        Standard error of the difference.
    p : float
        P-value of the difference, NaN if there are too few replicates.
    needed : float
        Number of replicates that a test needs. Infinite if none would do.
    """

    limit: str
    expected: float
    observed: float
    error: float
    p: float
    needed: float = 1


def generations_of(spec: ModelSpec, rows: pd.DataFrame) -> list[int]:
    """Return the generations at which means are compared with theory, of those in the rows."""
    written = rows["generation"].unique()
    return sorted({g for g in (1, 5, 20, spec.generations - 1) if g > 0 and g in written})


def at(rows: pd.DataFrame, generation: int, measure: str) -> pd.Series:
    """Return a measure in one generation, one value per run in which it is defined."""
    if measure not in rows:
        return pd.Series(dtype=float)
    there = rows[rows["generation"] == generation]
    return there.set_index("run")[measure].astype(float).dropna()


def mean_limit(
    limit: str,
    sample: ArrayLike,
    expected: float,
    unsettled: float = 1.0,
    sd: float | None = None,
    needed: float = 2,
) -> Limit:
    """Return a limit for a mean over replicates, tested by a t-test or a z-test.

    Parameters
    ----------
    limit : str
        The statement.
    sample : array_like, shape (replicates,)
        The observed values.
    expected : float
        The mean according to theory.
    unsettled : float
        Expected share of replicates that have not fixed. If there are too few
        of them, the mean depends on a handful of runs and is not tested.
    sd : float, optional
        Standard deviation of a replicate according to theory, which selects the
        z-test. By default it is estimated from the sample.
    needed : float
        Number of replicates that the test needs for other reasons.
    """
    x = np.asarray(sample, float)
    observed = float(x.mean())
    spread = sd if sd is not None or x.size < 2 else x.std(ddof=1)
    error = np.nan if spread is None else float(spread / np.sqrt(x.size))
    enough = ENOUGH / unsettled if unsettled > RARE else np.inf
    needed = max(needed, np.ceil(enough - RARE))
    found = Limit(limit, float(expected), observed, error, np.nan, float(needed))
    if x.size < needed:
        return found
    rounding = ROUNDING * max(1.0, abs(expected), float(np.abs(x).max()))
    if abs(observed - expected) <= rounding:
        return replace(found, p=1.0)
    if error <= rounding:  # the sample is constant, but not at the expected value
        return replace(found, p=0.0)
    score = abs(observed - expected) / error
    tail = stats.t.sf(score, x.size - 1) if sd is None else stats.norm.sf(score)
    return replace(found, p=2 * float(tail))
