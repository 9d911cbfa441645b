"""The payoff core: closed forms per agent, pure and broadcasting.

Every function takes floats or arrays of floats that broadcast together.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled

A = TypeVar("A", float, NDArray[np.float64])


@compiled
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


@compiled
def exerted_pressure(pressure: A, capability: A) -> A:
    """Return p = pressure·c/100, the optimisation pressure an agent exerts in deployment.

    Parameters
    ----------
    pressure : float or ndarray
        At least 0.
    capability : float or ndarray
        c, 0..100.
    """
    return pressure * capability / 100.0


@compiled
def true_performance(true_value: A, alignment: A, pressure: A, shift: A) -> A:
    """Return T = U − s(1 − ρ)p², the true performance in deployment.

    Parameters
    ----------
    true_value : float or ndarray
        U; in the closed form ρ·P stands for it.
    alignment : float or ndarray
        ρ, -1..1.
    pressure : float or ndarray
        p, at least 0.
    shift : float or ndarray
        s, at least 0.

    Notes
    -----
    From "Mesa-Optimization and Goodhart's Law in AI Systems": T = ρP − δp²
    with δ = s(1 − ρ).
    """
    return true_value - shift * (1.0 - alignment) * pressure * pressure


@compiled
def deploy(
    ledger: NDArray[np.float64],
    capability: int,
    sums: int,
    pressure: float,
    shift: float,
    assessed: NDArray[np.float64],
) -> None:
    """Work out T, P − T, c and ρ of every agent by the closed forms above.

    Parameters
    ----------
    ledger : ndarray of float64, shape (N, columns)
    capability, sums : int
        The columns of c and of Σv, which Σa, Σav, Σv², Σa² follow.
    pressure, shift : float
        Of deployment, at least 0.
    assessed : ndarray of float64, shape (8, N)
        P and U in the first two rows; rows 3 to 6 are written.
    """
    for i in range(ledger.shape[0]):
        c = ledger[i, capability]
        rho = mesa_alignment(ledger[i, sums + 2], ledger[i, sums + 3], ledger[i, sums + 4])
        p = exerted_pressure(pressure, c)
        deployed = true_performance(assessed[1, i], rho, p, shift)
        assessed[3, i] = deployed
        assessed[4, i] = assessed[0, i] - deployed
        assessed[5, i] = c
        assessed[6, i] = rho
