"""Harms of deception and of oversight in deployment, and the value delivered."""

from __future__ import annotations

import numpy as np

from peckham.agents.compilation import Floats, kernel


@kernel(allocates=True)
def commission(deceiving: Floats, caught: Floats, deployed: Floats) -> Floats:
    """Return q(1 − h)·max(0, −T), the damage done by deception that was not caught."""
    return deceiving * (1.0 - caught) * np.maximum(0.0, -deployed)


@kernel(allocates=True)
def omission(deceiving: Floats, flagged: Floats, deployed: Floats) -> Floats:
    """Return (1 − q)·f·max(0, T), the value lost by flagging honest agents by mistake."""
    return (1.0 - deceiving) * flagged * np.maximum(0.0, deployed)


@kernel(allocates=True)
def delivered(deployed: Floats, proxy: Floats, deceiving: Floats, watched: Floats) -> Floats:
    """Return T + q·o_dep·(P − T), the value delivered; a watched deceiver delivers its P.

    Parameters
    ----------
    deployed, proxy : float or ndarray
        T and P.
    deceiving : float or ndarray
        q, 0..1.
    watched : float or ndarray
        o_dep, oversight in deployment, 0..1.
    """
    return deployed + deceiving * watched * (proxy - deployed)
