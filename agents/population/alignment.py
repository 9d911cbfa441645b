"""Alignment: how far a mesa-objective agrees with the base objective."""

from __future__ import annotations

import numpy as np

from peckham.agents.compilation import kernel

SMALL = 1e-290
"""A ratio below this may have lost digits to the range of floats."""


@kernel
def mesa_alignment(product_sum: float, value_square_sum: float, signal_square_sum: float) -> float:
    """Return ρ = Σav / √(Σa²·Σv²), the agreement of mesa-objective and base objective.

    Parameters
    ----------
    product_sum, value_square_sum, signal_square_sum : float
        Σav, Σv² and Σa² over an agent's beliefs.

    Returns
    -------
    float
        In -1..1; 0 where Σa² or Σv² is 0.
    """
    # in units of the larger sum nothing overflows, and equal sums give exactly 1
    larger = max(value_square_sum, signal_square_sum)
    smaller = min(value_square_sum, signal_square_sum)
    if smaller == 0.0:
        return 0.0
    scale = np.sqrt(smaller / larger)
    if smaller / larger < SMALL:
        scale = np.sqrt(smaller) / np.sqrt(larger)
    return min(1.0, max(-1.0, product_sum / larger / scale))
