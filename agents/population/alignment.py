"""Alignment: how far a mesa-objective agrees with the base objective."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

A = TypeVar("A", float, NDArray[np.float64])


@kernel(allocates=True)
def mesa_alignment(product_sum: A, value_square_sum: A, signal_square_sum: A) -> A:
    """Return ρ = Σav / √(Σa²·Σv²), the agreement of mesa-objective and base objective.

    Parameters
    ----------
    product_sum, value_square_sum, signal_square_sum : float or ndarray
        Σav, Σv² and Σa² over an agent's beliefs.

    Returns
    -------
    float or ndarray
        In -1..1; 0 where Σa² or Σv² is 0.
    """
    # in units of the larger sum nothing overflows, and equal sums give exactly 1
    unit = np.maximum(value_square_sum, signal_square_sum)
    unit = unit + (unit == 0.0)
    scale = np.sqrt((value_square_sum / unit) * (signal_square_sum / unit))
    return np.minimum(1.0, np.maximum(-1.0, product_sum / unit / (scale + (scale == 0.0))))
