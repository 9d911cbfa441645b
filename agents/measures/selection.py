"""Measures of the strength of selection."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

from .measure import CompiledGroup, Measure


class Selection(CompiledGroup):
    """How unequally parents are drawn, and the information that selection has used."""

    measures = (
        Measure(
            "effective_parents",
            "1/Σ p_i², p the parent probabilities of this generation's selection",
            "agents",
            1.0,
            needs="selection",
        ),
        Measure(
            "selection_nats",
            "selection so far, ln N − entropy of p summed over the earlier generations",
            "nats",
            0.0,
            needs="selection",
        ),
    )


@kernel
def measure_selection(
    probabilities: NDArray[np.float64], in_closed_form: bool, nats: NDArray[np.float64]
) -> float:
    """Return 1/Σp², and add ln N − entropy, at least 0, to `nats`; NaN without a closed form.

    `probabilities` holds the expected offspring of each slot divided by N.
    """
    if not in_closed_form:
        nats[0] = np.nan
        return np.nan
    squares = 0.0
    more = np.log(probabilities.size)
    for p in probabilities:
        squares += p * p
        if p > 0.0:
            more += p * np.log(p)
    nats[0] += max(0.0, more)
    return 1.0 / squares
