"""Solutions of Markov chains: distributions over time, absorption and stationary states.

States are the copies i = 0..N of allele A. The solvers never subtract: they
eliminate states one by one (Grassmann, Taksar & Heyman 1985), so a probability
of 1e-200 is as accurate as one of 1/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]


def generation_chain(chain: Matrix, events: int) -> Matrix:
    """Return the chain of several consecutive events, `chain` to the power of `events`."""
    return np.linalg.matrix_power(chain, events)


def fixation_probability(chain: Matrix) -> Vector:
    """Return the probability that A fixes, for each number of copies, shape (N + 1,).

    Parameters
    ----------
    chain : ndarray, shape (N + 1, N + 1)
        States 0 and N must be absorbing.

    Raises
    ------
    ValueError
        If they are not absorbing.

    References
    ----------
    Kemeny & Snell 1960, Finite Markov Chains, ch. 3.
    """
    return absorption_values(chain, np.zeros(len(chain)), (0.0, 1.0))


def absorption_time(chain: Matrix) -> Vector:
    """Return the mean number of steps until A is fixed or lost, for each number of copies."""
    return absorption_values(chain, np.ones(len(chain)), (0.0, 0.0))


def fixation_time(chain: Matrix) -> Vector:
    """Return the mean number of steps until A fixes, given that it fixes.

    It is NaN for 0 copies, and if the fixation probability is below 1e-308.
    The chain is conditioned on fixation, P_ij·h_j/h_i (Doob's transform), where
    h is the fixation probability.

    References
    ----------
    Ewens 2004; Kimura & Ohta 1969, Genetics 61:763.
    """
    h = fixation_probability(chain)
    possible = np.flatnonzero(h > np.finfo(float).tiny)
    conditioned = np.zeros((possible.size + 1,) * 2)
    conditioned[0, 0] = 1.0
    ratio = h[None, possible] / h[possible, None]
    conditioned[1:, 1:] = chain[np.ix_(possible, possible)] * ratio
    times = np.full(len(chain), np.nan)
    cost = np.ones(len(conditioned))
    times[possible] = absorption_values(conditioned, cost, (0.0, 0.0))[1:]
    return times


def absorption_values(chain: Matrix, cost: Vector, ends: tuple[float, float]) -> Vector:
    """Return the solution of x_i = cost_i + Σ_j P_ij·x_j with x given at the absorbing states.

    Costs and the values at the ends must be at least 0. Every state must lead
    to an absorbing one.
    """
    last = len(chain) - 1
    if not (chain[0, 0] == 1 and chain[last, last] == 1):
        raise ValueError("chain: states 0 and N must be absorbing; use a chain without flips")
    p, c = chain.copy(), cost.astype(float).copy()
    leaves = np.empty(last + 1)
    for k in range(last - 1, 0, -1):
        leaves[k] = p[k, :k].sum() + p[k, last]
        # divided by `leaves` first, which prevents overflow
        p[1:k, :k] += np.outer(p[1:k, k], p[k, :k] / leaves[k])
        p[1:k, last] += p[1:k, k] * (p[k, last] / leaves[k])
        c[1:k] += p[1:k, k] * (c[k] / leaves[k])
    x = np.empty(last + 1)
    x[0], x[last] = ends
    for k in range(1, last):
        x[k] = (c[k] + p[k, :k] @ x[:k] + p[k, last] * x[last]) / leaves[k]
    return x


def absorbed_by(chain: Matrix, start: int, steps: int) -> Matrix:
    """Return the probabilities that A is lost and is fixed by each step, shape (steps + 1, 2).

    Parameters
    ----------
    chain : ndarray, shape (N + 1, N + 1)
        States 0 and N must be absorbing.
    start : int
        Number of copies at step 0.
    steps : int
        Number of steps, at least 0.
    """
    rows = distributions(chain, start, steps)
    return rows[:, [0, -1]]


def distributions(chain: Matrix, start: int, steps: int) -> Matrix:
    """Return the distribution of the number of copies at each step, shape (steps + 1, N + 1)."""
    rows = np.zeros((steps + 1, len(chain)))
    rows[0, start] = 1.0
    for step in range(steps):
        rows[step + 1] = rows[step] @ chain
    return rows


def stationary(chain: Matrix) -> Vector:
    """Return the stationary distribution of a chain.

    States that the chain leaves for good have probability 0. Such are states
    from which selection is so strong that the way back has a probability below
    1e-308.

    Raises
    ------
    ValueError
        If there are several stationary distributions, as without flips, where
        states 0 and N are both absorbing.

    References
    ----------
    Grassmann, Taksar & Heyman 1985, Operations Research 33:1107.
    """
    _, part = connected_components(chain > 0, connection="strong")
    sources, targets = np.nonzero(chain)
    left = np.unique(part[sources[part[sources] != part[targets]]])
    closed = np.setdiff1d(part, left)
    if closed.size > 1:
        raise ValueError(
            f"chain: must have one stationary distribution, got {closed.size}; "
            "use a chain in which both alleles flip"
        )
    states = np.flatnonzero(part == closed[0])
    p = chain[np.ix_(states, states)]
    x = np.zeros(len(states))
    x[0] = 1.0
    leaves = np.ones(len(states))
    for k in range(len(states) - 1, 0, -1):
        leaves[k] = p[k, :k].sum()
        if leaves[k] > 0:
            p[:k, :k] += np.outer(p[:k, k], p[k, :k] / leaves[k])
    for k in range(1, len(states)):
        inflow = x[:k] @ p[:k, k]
        if inflow > leaves[k]:  # the largest is 1, which prevents overflow
            x[:k] *= leaves[k] / inflow
            x[k] = 1.0
        elif inflow > 0:
            x[k] = inflow / leaves[k]
    found = np.zeros(len(chain))
    found[states] = x / x.sum()
    return found
