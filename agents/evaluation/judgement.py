"""Judgement: the fitness F that the evaluator assigns to what an agent shows.

F = q(P − h·penalty) + (1 − q)(H − f·penalty): a deceiver shows P and is caught
with probability h; an honest agent shows H and is flagged with probability f.
Where the sanction is removal, the penalty is 0.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

A = TypeVar("A", float, NDArray[np.float64])


@kernel(allocates=True)
def honest_score(proxy: A, true_value: A, transparency: A) -> A:
    """Return H = (1 − o)P + o·U, what an agent shows when it does not deceive.

    Written P + o(U − P), so that it is exactly P without oversight.
    """
    return proxy + transparency * (true_value - proxy)


@kernel(allocates=True)
def deception_gain(proxy: A, honest: A, deceiving: A, caught: A, flagged: A, penalty: A) -> A:
    """Return q·[(P − H) + (f − h)·penalty], F less the F of q = 0.

    Parameters
    ----------
    proxy, honest : float or ndarray
        P and H.
    deceiving, caught, flagged : float or ndarray
        q, h and f, 0..1.
    penalty : float or ndarray
        At least 0.
    """
    return deceiving * ((proxy - honest) + (flagged - caught) * penalty)


@kernel(allocates=True)
def expected_fitness(proxy: A, honest: A, deceiving: A, caught: A, flagged: A, penalty: A) -> A:
    """Return F = q(P − h·penalty) + (1 − q)(H − f·penalty).

    Written H − f·penalty + q·[(P − H) + (f − h)·penalty], so that F is exactly
    P where oversight is 0, and exactly the F of q = 0 where q is 0. The
    parameters are those of `deception_gain`.
    """
    gain = deception_gain(proxy, honest, deceiving, caught, flagged, penalty)
    return honest - flagged * penalty + gain
