"""The desk: scratch space for scoring, and which rows of question sums are in use."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census
from peckham.agents.population.genotypes import Clones


class Desk(NamedTuple):
    """Scratch space for scoring.

    Attributes
    ----------
    users : ndarray of int32, shape (N,)
        How many have each row of question sums, or start from it.
    free : ndarray of int64, shape (N,)
        Rows of which that is nobody.
    places : ndarray of int64, shape (K + 1,)
        Where a clone differs from its origin.
    inverse : ndarray of float64, shape (K + 1,)
        1/n, 0 where n is 0.
    """

    users: NDArray[np.int32]
    free: NDArray[np.int64]
    places: NDArray[np.int64]
    inverse: NDArray[np.float64]


def clear_desk(size: int, genes: int) -> Desk:
    """Return scratch space for the scoring of `size` agents."""
    inverse = np.zeros(genes + 1)
    inverse[1:] = 1.0 / np.arange(1, genes + 1)
    return Desk(
        users=np.empty(size, np.int32),
        free=np.empty(size, np.int64),
        places=np.empty(genes + 1, np.int64),
        inverse=inverse,
    )


@borrowing
def count_users(clones: Clones, census: Census, rows: int, desk: Desk) -> None:
    """Count, for each row of question sums, who has it or starts from it, and list the others."""
    stale, origin, row, clone = clones.stale, clones.origin, clones.row, census.clone
    users = desk.users
    users[:rows] = 0
    for k in range(census.many[0]):
        r = np.uint32(clone[k])  # unsigned: no check for negative indices
        if row[r] >= 0 and (origin[r] >= 0 or not stale[r]):
            users[row[r]] += 1
    many = 0
    for place in range(rows):
        if users[place] == 0:
            desk.free[many] = place
            many += 1
