"""The payoff core: closed forms per agent, pure and broadcasting over arrays.

Every function is a ufunc: it takes numbers or arrays, and ``out=``.
"""

from __future__ import annotations

import math

from .compilation import elementwise


@elementwise
def mesa_alignment(
    product_sum: float, value_square_sum: float, signal_square_sum: float
) -> float:
    """Return ρ = Σav / √(Σa²·Σv²), the agreement of mesa-objective and base objective.

    Parameters
    ----------
    product_sum, value_square_sum, signal_square_sum : array_like
        Σav, Σv² and Σa² over an agent's beliefs.

    Returns
    -------
    float64
        In -1..1; 0 where Σa² or Σv² is 0.
    """
    scale = math.sqrt(value_square_sum) * math.sqrt(signal_square_sum)
    if scale == 0.0:
        return 0.0
    return max(-1.0, min(1.0, product_sum / scale))


@elementwise
def exerted_pressure(pressure: float, capability: float) -> float:
    """Return p = pressure·c/100, the optimisation pressure an agent exerts in deployment.

    Parameters
    ----------
    pressure : array_like
        At least 0.
    capability : array_like
        c, 0..100.
    """
    return pressure * capability / 100.0


@elementwise
def true_performance(true_value: float, alignment: float, pressure: float, shift: float) -> float:
    """Return T = U − s(1 − ρ)p², the true performance in deployment.

    Parameters
    ----------
    true_value : array_like
        U; in the closed form ρ·P stands for it.
    alignment : array_like
        ρ, -1..1.
    pressure : array_like
        p, at least 0.
    shift : array_like
        s, at least 0.

    Notes
    -----
    From "Mesa-Optimization and Goodhart's Law in AI Systems": T = ρP − δp²
    with δ = s(1 − ρ).
    """
    return true_value - shift * (1.0 - alignment) * pressure * pressure
