"""Sanctions for agents that are caught deceiving or flagged by mistake.

A penalty is subtracted from fitness, see `peckham.agents.evaluation.judgement`.
A removed agent has no children.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel


@kernel
def find_removed(
    caught: NDArray[np.float64],
    flagged: NDArray[np.float64],
    member: NDArray[np.int32],
    removed: NDArray[np.bool_],
) -> None:
    """Mark the agents that were caught or flagged; if all were, mark none.

    Parameters
    ----------
    caught, flagged : ndarray of float64, shape (N,)
        1 if caught, or flagged; one per entry of an abundance.
    member : ndarray of int32, shape (N,)
        Index of each agent's entry.
    removed : ndarray of bool, shape (N,)
        Output.
    """
    everyone = True
    for i in range(removed.size):
        removed[i] = caught[member[i]] + flagged[member[i]] > 0.0
        everyone &= removed[i]
    if everyone:
        removed[:] = False
