"""Ranks: what rules look at that care only for who is fitter than whom."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ROUNDING = 1e-12
"""Fitness that differs by less, relative to the largest |F| of the population, is equal."""


def ranks(fitness: NDArray[np.float64]) -> NDArray[np.intp]:
    """Return every agent's rank, shape (N,): 0 for the least fit, ties equal, none left out.

    Clones whose beliefs were summed in different orders differ by rounding,
    and a rule that saw more in it than a tie would select for rounding.

    Parameters
    ----------
    fitness : ndarray of float64, shape (N,)
        F of every agent, finite.
    """
    largest = np.abs(fitness).max()
    if largest == 0:
        return np.zeros(fitness.size, np.intp)
    scaled = fitness / largest
    order = np.argsort(scaled, kind="stable")
    fitter = np.diff(scaled[order], prepend=scaled[order[0]]) > ROUNDING
    standing = np.empty(fitness.size, np.intp)
    standing[order] = np.cumsum(fitter)
    return standing
