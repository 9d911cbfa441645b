"""Sanctions for agents that are caught deceiving or flagged by mistake.

A penalty is subtracted from fitness, see `peckham.agents.evaluation.judgement`.
A removed agent has no children. With expected episodes the weight with which it is
selected is multiplied by the chance that it is spared, 1 − q·h − (1 − q)·f.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel


@kernel
def find_spared(
    caught: NDArray[np.float64],
    flagged: NDArray[np.float64],
    member: NDArray[np.int32],
    spared: NDArray[np.float64],
) -> None:
    """Write the chance that each agent is neither caught nor flagged; if all are 0, write 1.

    `caught` and `flagged` have one number per entry of an abundance, which are 0 or 1 if
    episodes are sampled; `member` has each agent's entry.
    """
    anyone = False
    for i in range(spared.size):
        spared[i] = max(0.0, 1.0 - caught[member[i]] - flagged[member[i]])
        anyone |= spared[i] > 0.0
    if not anyone:
        spared[:] = 1.0
