"""The payoff core: closed forms per agent, pure and broadcasting, and the kernel that uses them.

Every function takes floats or arrays of floats that broadcast together. First
what an agent is worth, then its conduct under oversight, then `assess`, which
is all of it for every agent of a generation.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from peckham.agents.oversight.channels import Channels
from peckham.agents.population.abundance import Census
from peckham.agents.population.columns import (
    ALIGNMENT,
    CAPABILITY,
    PROXY,
    SCHEMER,
    SUMS,
    TRUE_VALUE,
)

from .compilation import borrowing, compiled

A = TypeVar("A", float, NDArray[np.float64])

ASSESSED = (
    "proxy",
    "true_value",
    "fitness",
    "deployed",
    "goodhart_gap",
    "capability",
    "alignment",
    "deception_probability",
    "deceiving",
    "caught",
    "wrongly_flagged",
    "delivered",
    "commission_harm",
    "omission_harm",
    "deception_gap",
    "hidden",
)
"""Rows of an assessment: P, U, F, T, P − T, c, ρ, D, q, ... of every agent.

With expected episodes q and the shares caught and flagged are probabilities,
with sampled ones they are 0 or 1. ``deception_gap`` is F less the F of q = 0.
"""

# ------------------------------------------------------------------ what an agent is worth


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
def goodhart_gap(proxy: A, deployed: A) -> A:
    """Return P − T, the Goodhart gap; with P = p and U = ρP it is (1 − ρ)(P + sp²).

    Parameters
    ----------
    proxy, deployed : float or ndarray
        P, and T from `true_performance`.
    """
    return proxy - deployed


@compiled
def deception_probability(capability: A, oversight: A) -> A:
    """Return D = σ(c/20 − 5·o), 0..1: exactly 1/2 at c = 100·o.

    Parameters
    ----------
    capability : float or ndarray
        c, 0..100.
    oversight : float or ndarray
        o, 0..1; where channels are set apart, that of deterrence.

    Notes
    -----
    From "Mesa-Optimization and Goodhart's Law in AI Systems".
    """
    return 1.0 / (1.0 + np.exp(-(capability - 100.0 * oversight) / 20.0))


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
    From "Mesa-Optimization and Goodhart's Law in AI Systems", where P = p. It
    is the best-of-n law of Gao et al. 2023 with α = ρ, β = δ and p = √KL.
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


# ------------------------------------------------------------------ conduct under oversight


@compiled
def misalignment(alignment: A) -> A:
    """Return m = (1 − ρ)/2, 0..1."""
    return (1.0 - alignment) / 2.0


@compiled
def hidden(proxy: A, true_value: A) -> A:
    """Return Δ = max(0, P − U), what there is to hide, at least 0."""
    return np.maximum(0.0, proxy - true_value)


@compiled
def deceiving(alignment: A, deception_probability: A, hidden: A, able: A) -> A:
    """Return q = m·D·[Δ > 0]·able, the chance that an agent deceives in an episode, 0..1.

    Parameters
    ----------
    alignment : float or ndarray
        ρ, -1..1.
    deception_probability : float or ndarray
        D, 0..1.
    hidden : float or ndarray
        Δ, at least 0.
    able : float or ndarray
        1 for a schemer (or anybody, if scheming is innate) all of whose
        conditions hold, else 0: its objective spans updates, it models its
        selection, and it expects the threat to end.

    Notes
    -----
    The conditions are those of Hubinger et al. 2019, arXiv 1906.01820, section 4.
    """
    return (1.0 - alignment) / 2.0 * deception_probability * (hidden > 0.0) * able


@compiled
def honest_score(proxy: A, true_value: A, transparency: A) -> A:
    """Return H = (1 − o)P + o·U, what an agent shows when it does not deceive.

    Written P + o(U − P), so that it is exactly P without oversight.
    """
    return proxy + transparency * (true_value - proxy)


@compiled
def catching(audit: A, sensitivity: A, deception_probability: A) -> A:
    """Return h = o·sensitivity·(1 − D), the chance that a deceiver is caught, 0..1."""
    return audit * sensitivity * (1.0 - deception_probability)


@compiled
def expected_fitness(proxy: A, honest: A, deceiving: A, caught: A, flagged: A, penalty: A) -> A:
    """Return F = q(P − h·penalty) + (1 − q)(H − f·penalty).

    Written H − f·penalty + q·[(P − H) + (f − h)·penalty], so that F is exactly
    P where oversight is 0, and exactly that of q = 0 where q is 0.

    Parameters
    ----------
    proxy, honest : float or ndarray
        P and H.
    deceiving, caught, flagged : float or ndarray
        q, h and f, 0..1.
    penalty : float or ndarray
        At least 0.
    """
    return (
        honest - flagged * penalty + deceiving * ((proxy - honest) + (flagged - caught) * penalty)
    )


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
    """Return A = q·[o_t·Δ − o_a·penalty·(sensitivity·(1 − D) − fpr)], a schemer's advantage.

    It is the expected F of an agent that deceives with probability q less
    that of the same agent honest. With one level of oversight it is
    q·o·[Δ − penalty·(sensitivity·(1 − D) − fpr)].
    """
    detected = sensitivity * (1.0 - deception_probability) - false_positive_rate
    return deceiving * (transparency * hidden - audit * penalty * detected)


def equal_fitness_capability(
    oversight: A, hidden: A, sensitivity: float, false_positive_rate: float, penalty: float
) -> NDArray[np.float64]:
    """Return c*(o) = 100·o + 20·ln((1 − x)/x), above which scheming pays.

    With x = (Δ/penalty + fpr)/sensitivity a schemer's advantage changes sign
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
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (np.divide(hidden, penalty) + false_positive_rate) / sensitivity
        line = 100.0 * np.asarray(oversight) + 20.0 * np.log((1.0 - x) / x)
    return np.where(x >= 1.0, -np.inf, np.where(x <= 0.0, np.inf, line))


@compiled
def commission(deceiving: A, caught: A, deployed: A) -> A:
    """Return q(1 − h)·max(0, −T): deception that got through and did damage."""
    return deceiving * (1.0 - caught) * np.maximum(0.0, -deployed)


@compiled
def omission(deceiving: A, flagged: A, deployed: A) -> A:
    """Return (1 − q)·f·max(0, T): good work stopped by mistake."""
    return (1.0 - deceiving) * flagged * np.maximum(0.0, deployed)


@compiled
def delivered(deployed: A, proxy: A, deceiving: A, watched: A) -> A:
    """Return T + q·o_dep·(P − T): a deceiver that is watched in deployment delivers what it shows.

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


# ------------------------------------------------------------------ a generation


class Stakes(NamedTuple):
    """What an assessment depends on besides the agents.

    Attributes
    ----------
    pressure, shift : float
        Of deployment, at least 0.
    channels : Channels
        Oversight in force.
    sensitivity, false_positive_rate, penalty : float
        Of oversight; the penalty is 0 where being caught means removal.
    innate, conditions : bool
        Whether everybody schemes, and whether horizon and threat allow it.
    aware_from : float
        Capability from which an agent is aware of being selected.
    """

    pressure: float
    shift: float
    channels: Channels
    sensitivity: float
    false_positive_rate: float
    penalty: float
    innate: bool
    conditions: bool
    aware_from: float


@borrowing
def score_traits(census: Census, ledger: NDArray[np.float64], pressure: float) -> None:
    """Write P, the pressure that an agent without beliefs exerts, and U = ρP.

    Parameters
    ----------
    census : Census
        Who there is.
    ledger : ndarray of float64, shape (2N, columns)
    pressure : float
        Of deployment, at least 0.
    """
    for k in range(census.many[0]):
        r = np.uint32(census.clone[k])
        exerted = exerted_pressure(pressure, ledger[r, CAPABILITY])
        ledger[r, PROXY] = exerted
        ledger[r, TRUE_VALUE] = ledger[r, ALIGNMENT] * exerted


@borrowing
def assess(
    census: Census,
    ledger: NDArray[np.float64],
    genes: int,
    stakes: Stakes,
    uniforms: NDArray[np.float64],
    assessed: NDArray[np.float64],
) -> None:
    """Assess everybody by the closed forms above.

    Parameters
    ----------
    census : Census
        Who there is; agent by agent where episodes are sampled.
    ledger : ndarray of float64, shape (2N, columns)
        Traits, scores and sums.
    genes : int
        K; where it is 0, ρ is the heritable trait, else that of the beliefs.
    stakes : Stakes
    uniforms : ndarray of float64, shape (N, 2) or (0, 2)
        For sampled episodes: whether an agent deceives, and whether it is
        caught or flagged. Without any, episodes are expected.
    assessed : ndarray of float64, shape (rows, N)
        Filled in the order of `ASSESSED`, a column for each in the census.
    """
    _, deterrence, transparency, audit, watched = stakes.channels
    penalty, sensitivity = stakes.penalty, stakes.sensitivity
    flagged = audit * stakes.false_positive_rate
    for i in range(census.many[0]):
        r = np.uint32(census.clone[i])
        score, true = ledger[r, PROXY], ledger[r, TRUE_VALUE]
        c = ledger[r, CAPABILITY]
        rho = ledger[r, ALIGNMENT]
        if genes > 0:
            rho = mesa_alignment(ledger[r, SUMS + 2], ledger[r, SUMS + 3], ledger[r, SUMS + 4])
        exerted = exerted_pressure(stakes.pressure, c)
        deployed = true_performance(true, rho, exerted, stakes.shift)
        d = deception_probability(c, deterrence)
        gain = hidden(score, true)
        able = stakes.innate or ledger[r, SCHEMER] > 0.0
        able = able and stakes.conditions and c >= stakes.aware_from
        q = deceiving(rho, d, gain, 1.0 if able else 0.0)
        h = catching(audit, sensitivity, d)
        f = flagged
        if uniforms.shape[0] > 0:
            q = 1.0 if uniforms[i, 0] < q else 0.0
            h = 1.0 if uniforms[i, 1] < h else 0.0
            f = 1.0 if uniforms[i, 1] < f else 0.0
        honest = honest_score(score, true, transparency)
        fitness = expected_fitness(score, honest, q, h, f, penalty)
        assessed[0, i] = score
        assessed[1, i] = true
        assessed[2, i] = fitness
        assessed[3, i] = deployed
        assessed[4, i] = goodhart_gap(score, deployed)
        assessed[5, i] = c
        assessed[6, i] = rho
        assessed[7, i] = d
        assessed[8, i] = q
        assessed[9, i] = q * h
        assessed[10, i] = (1.0 - q) * f
        assessed[11, i] = delivered(deployed, score, q, watched)
        assessed[12, i] = commission(q, h, deployed)
        assessed[13, i] = omission(q, f, deployed)
        assessed[14, i] = q * ((score - honest) + (f - h) * penalty)
        assessed[15, i] = gain
