"""Markov chains for the number of copies i = 0..N of allele A, one of two alleles.

A chain is its matrix of transition probabilities, from row i to column j,
shape (N + 1, N + 1). Selection enters by the logarithm of a ratio of fitness,
so it may be arbitrarily strong. Probabilities below 1e-308 are 0.
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from .markov import Matrix, Vector
from .parameters import check_parameters


def wright_fisher_chain(
    size: int,
    weight: float = 1.0,
    flip: float = 0.0,
    back: float | None = None,
    *,
    log_weight: float | None = None,
) -> Matrix:
    """Return the Wright-Fisher chain of one generation.

    Each of the N children is an A with probability ψ = wi/(wi + N − i), before
    flips.

    Parameters
    ----------
    size : int
        N, at least 1.
    weight : float
        w, the weight of A relative to the other allele, e^{βd} under softmax.
        Above 0.
    flip, back : float
        Probability that a child of an A is not an A, and the reverse. They are
        equal by default.
    log_weight : float, optional
        ln w = βd, in place of `weight`. It may be infinite.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Fisher 1930; Wright 1931, Genetics 16:97; Ewens 2004.
    """
    back = flip if back is None else back
    check_parameters(size, weight=weight, flip=flip, back=back, log_weight=log_weight)
    copies = np.arange(size + 1.0)
    a, other = chances(copies, size, np.log(weight) if log_weight is None else log_weight)
    a, other = a * (1 - flip) + other * back, other * (1 - back) + a * flip
    # the smaller of the two is exact, and gives the number of children that have it
    rare = np.minimum(a, other)[:, None]
    counts = np.where((a <= other)[:, None], copies, size - copies)
    return np.asarray(stats.binom.pmf(counts, size, rare))


def moran_chain(
    size: int, ratio: float = 1.0, flip: float = 0.0, *, log_ratio: float | None = None
) -> Matrix:
    """Return the Moran chain of one event.

    The parent is drawn in proportion to fitness. The newborn flips with
    probability `flip`, then replaces an agent drawn uniformly, which may be
    its parent.

    Parameters
    ----------
    size : int
        N, at least 1.
    ratio : float
        r = e^{βd}, the fitness of A relative to the other allele. Above 0.
    flip : float
        Probability that the newborn's allele differs from its parent's.
    log_ratio : float, optional
        ln r = βd, in place of `ratio`. It may be infinite.

    Raises
    ------
    ValueError
        If an argument is out of range.

    References
    ----------
    Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60.
    """
    check_parameters(size, ratio=ratio, flip=flip, log_ratio=log_ratio)
    copies = np.arange(size + 1.0)
    a, other = chances(copies, size, np.log(ratio) if log_ratio is None else log_ratio)
    a, other = a * (1 - flip) + other * flip, other * (1 - flip) + a * flip
    return birth_death(a * (size - copies) / size, other * copies / size)


def chances(copies: Vector, size: int, log_weight: float) -> tuple[Vector, Vector]:
    """Return the chances that a parent drawn by weight is an A, and that it is not.

    Both are exact, however small: neither is one minus the other.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = log_weight + np.log(copies) - np.log(size - copies)
    odds[[0, -1]] = -np.inf, np.inf
    return special.expit(odds), special.expit(-odds)


def fermi_chain(size: int, beta: float, difference: float, flip: float = 0.0) -> Matrix:
    """Return the chain of one pairwise comparison.

    An ordered pair of agents i ≠ j is drawn uniformly. Agent i copies agent j
    with probability σ(β(F_j − F_i)). A copy flips with probability `flip`.

    Parameters
    ----------
    size : int
        N, at least 1. A single agent never changes.
    beta, difference : float
        β, and d, the advantage of A in fitness.
    flip : float
        Probability that a copy's allele differs from the copied one.

    References
    ----------
    Traulsen, Nowak & Pacheco 2006, Phys. Rev. E 74:011909.
    """
    advantage = float(beta) * float(difference)
    check_parameters(size, beta=beta, flip=flip, advantage=advantage)
    if size == 1:
        return np.eye(2)
    i = np.arange(size + 1)
    pairs = size * (size - 1)
    mixed = i * (size - i) / pairs
    gain, loss = special.expit(advantage), special.expit(-advantage)
    others = (size - i) * (size - i - 1) / pairs
    alike = i * (i - 1) / pairs
    up = mixed * gain * (1 - flip) + others * 0.5 * flip
    down = mixed * loss * (1 - flip) + alike * 0.5 * flip
    return birth_death(up, down)


def birth_death(up: Vector, down: Vector) -> Matrix:
    """Return the chain that moves up or down by one with these probabilities, shape (N + 1,)."""
    return np.diag(1 - up - down) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)
