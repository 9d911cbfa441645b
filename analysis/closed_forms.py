"""Closed forms of the model: where performance peaks, and when scheming pays."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

A = TypeVar("A", float, NDArray[np.float64])


def peak_pressure(alignment: ArrayLike, shift: ArrayLike) -> NDArray[np.float64]:
    """Return p* = ρ/2δ with δ = s(1 − ρ), the pressure at which T = ρp − δp² is highest.

    Parameters
    ----------
    alignment : array_like
        ρ, -1..1.
    shift : array_like
        s, at least 0.

    Returns
    -------
    ndarray
        0 where ρ ≤ 0; infinite where ρ > 0 and δ = 0.

    Notes
    -----
    This is the case P = p. It is the best-of-n law of Gao et al. 2023 with
    α = ρ, β = δ and p = √KL.
    """
    rho, s = np.broadcast_arrays(np.asarray(alignment, float), np.asarray(shift, float))
    delta = s * (1.0 - rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(rho <= 0.0, 0.0, np.where(delta > 0.0, rho / (2.0 * delta), np.inf))


def peak_performance(alignment: ArrayLike, shift: ArrayLike) -> NDArray[np.float64]:
    """Return T* = ρ²/4δ, the height of the peak; see `peak_pressure`.

    Returns
    -------
    ndarray
        0 where ρ ≤ 0; infinite where ρ > 0 and δ = 0.
    """
    rho, s = np.broadcast_arrays(np.asarray(alignment, float), np.asarray(shift, float))
    delta = s * (1.0 - rho)
    with np.errstate(divide="ignore", invalid="ignore"):
        height = np.where(delta > 0.0, rho * rho / (4.0 * delta), np.inf)
    return np.where(rho <= 0.0, 0.0, height)


def scheming_advantage(
    hidden: A,
    deceiving: A,
    deception_probability: A,
    transparency: A,
    audit: A,
    sensitivity: A,
    false_positive_rate: A,
    penalty: A,
) -> A:
    """Return a schemer's advantage A.

    A = q·[o_t·Δ − o_a·penalty·(sensitivity·(1 − D) − false_positive_rate)]. It is
    the expected F of an agent that deceives with probability q less the F of the
    same agent honest. With one level of oversight it is
    q·o·[Δ − penalty·(sensitivity·(1 − D) − false_positive_rate)].

    Parameters
    ----------
    hidden : float or ndarray
        Δ, at least 0.
    deceiving, deception_probability : float or ndarray
        q and D, 0..1.
    transparency, audit : float or ndarray
        o_t and o_a, 0..1.
    sensitivity, false_positive_rate : float or ndarray
        Of detection, 0..1.
    penalty : float or ndarray
        At least 0.
    """
    detected = sensitivity * (1.0 - deception_probability) - false_positive_rate
    return deceiving * (transparency * hidden - audit * penalty * detected)


def equal_fitness_capability(
    oversight: A, hidden: A, sensitivity: float, false_positive_rate: float, penalty: float
) -> NDArray[np.float64]:
    """Return c*(o) = 100·o + 20·ln((1 − x)/x), above which scheming pays.

    With x = (Δ/penalty + false_positive_rate)/sensitivity a schemer's advantage changes sign
    at D = 1 − x.

    Parameters
    ----------
    oversight : float or ndarray
        o, 0..1.
    hidden : float or ndarray
        Δ, at least 0.
    sensitivity, false_positive_rate, penalty : float
        Of oversight.

    Returns
    -------
    ndarray
        Minus infinity where x ≥ 1 (scheming pays everywhere), plus infinity
        where x = 0 (nowhere).
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        x = (np.divide(hidden, penalty) + false_positive_rate) / sensitivity
        line = 100.0 * np.asarray(oversight) + 20.0 * np.log((1.0 - x) / x)
    return np.where(x >= 1.0, -np.inf, np.where(x <= 0.0, np.inf, line))
