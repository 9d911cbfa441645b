"""The hand: scratch space for the mutation of a child."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Hand(NamedTuple):
    """Scratch space for the mutation of a child.

    Attributes
    ----------
    newborn : ndarray of int64, shape (N,)
        The slots of those who were born.
    marked, gone : ndarray, shape (K,)
        The genes to replace, and the beliefs that they were.
    deck : ndarray of int64, shape (B,) or (0,)
        The beliefs on offer, if these may be few.
    """

    newborn: NDArray[np.int64]
    marked: NDArray[np.int64]
    gone: NDArray[np.int32]
    deck: NDArray[np.int64]


def empty_hand(size: int, genes: int, pool: int) -> Hand:
    """Return scratch space for mutation: of N agents with K beliefs out of B."""
    return Hand(
        newborn=np.empty(size, np.int64),
        marked=np.empty(genes, np.int64),
        gone=np.empty(genes, np.int32),
        deck=np.empty(pool if pool < 4 * genes else 0, np.int64),
    )
