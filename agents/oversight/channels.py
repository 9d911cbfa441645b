"""Channels: the ways in which oversight acts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel


class Channels(NamedTuple):
    """The strength of each channel of oversight, 0..1.

    Attributes
    ----------
    level : float
        o, the value of channels that are not set.
    deterrence : float
        The o in the deception probability D.
    transparency : float
        The o in H, the score that an honest agent shows.
    audit : float
        The o in the chances of being caught and of being flagged by mistake.
    deployment : float
        Oversight in deployment, o_dep.
    """

    level: float
    deterrence: float
    transparency: float
    audit: float
    deployment: float


@kernel(inline=True)
def as_channels(numbers: NDArray[np.float64]) -> Channels:
    """Convert five numbers to channels."""
    return Channels(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
