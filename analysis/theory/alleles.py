"""Markov chains for the number of copies i = 0..N of allele A, one of two alleles.

A chain is its matrix of transition probabilities, from row i to column j,
shape (N + 1, N + 1).
"""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from .markov import Matrix, Vector
from .parameters import check_parameters


def wright_fisher_chain(
    size: int, weight: float = 1.0, flip: float = 0.0, back: float | None = None
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
    flip, back : float
        Probability that a child of an A is not an A, and the reverse. They are
        equal by default.

    References
    ----------
    Fisher 1930; Wright 1931, Genetics 16:97; Ewens 2004.
    """
    check_parameters(size, weight=weight, flip=flip, back=flip if back is None else back)
    copies = np.arange(size + 1)
    chance = weight * copies / (weight * copies + (size - copies))
    chance = chance * (1 - flip) + (1 - chance) * (flip if back is None else back)
    return np.asarray(stats.binom.pmf(copies[None, :], size, chance[:, None]))


def moran_chain(size: int, ratio: float = 1.0, flip: float = 0.0) -> Matrix:
    """Return the Moran chain of one event.

    The parent is drawn in proportion to fitness. The newborn flips with
    probability `flip`, then replaces an agent drawn uniformly, which may be
    its parent.

    Parameters
    ----------
    size : int
        N, at least 1.
    ratio : float
        r = e^{βd}, the fitness of A relative to the other allele.
    flip : float
        Probability that the newborn's allele differs from its parent's.

    References
    ----------
    Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60.
    """
    check_parameters(size, ratio=ratio, flip=flip)
    copies = np.arange(size + 1)
    born = ratio * copies / (ratio * copies + (size - copies))
    born = born * (1 - flip) + (1 - born) * flip
    dies = copies / size
    return birth_death(born * (1 - dies), (1 - born) * dies)


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
    check_parameters(size, beta=beta, flip=flip)
    if size == 1:
        return np.eye(2)
    i = np.arange(size + 1)
    pairs = size * (size - 1)
    mixed = i * (size - i) / pairs
    gain, loss = special.expit(beta * difference), special.expit(-beta * difference)
    others = (size - i) * (size - i - 1) / pairs
    alike = i * (i - 1) / pairs
    up = mixed * gain * (1 - flip) + others * 0.5 * flip
    down = mixed * loss * (1 - flip) + alike * 0.5 * flip
    return birth_death(up, down)


def birth_death(up: Vector, down: Vector) -> Matrix:
    """Return the chain that moves up or down by one with these probabilities, shape (N + 1,)."""
    return np.diag(1 - up - down) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)
