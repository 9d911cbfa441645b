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

    `caught` and `flagged` have one number per entry of an abundance; `member` has each
    agent's entry.
    """
    everyone = True
    for i in range(removed.size):
        removed[i] = caught[member[i]] + flagged[member[i]] > 0.0
        everyone &= removed[i]
    if everyone:
        removed[:] = False
