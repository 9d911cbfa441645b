"""Loss of diversity by drift, and its decay under mutation, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .markov import Vector


def neutral_heterozygosity(start: ArrayLike, generations: ArrayLike, coalescence: float) -> Vector:
    """Return the expected heterozygosity after g neutral generations, H_0·(1 − c)^g.

    Parameters
    ----------
    start, generations : array_like
        H_0, and g, at least 0. They are broadcast against each other.
    coalescence : float
        c, the probability that two different agents have the same parent: 1/N
        in the Wright-Fisher model.

    References
    ----------
    Wright 1931, Genetics 16:97; Ewens 2004.
    """
    return np.asarray(start, float) * (1 - coalescence) ** np.asarray(generations)


def expected_inverse_founders(size: int, generations: int, coalescence: float) -> float:
    """Return E[Σ share²] over the founders' shares of descendants, 1 − (1 − 1/N)(1 − c)^g.

    Two agents drawn with replacement are the same agent with probability 1/N.
    Two different agents descend from different founders with probability
    (1 − c)^g.

    References
    ----------
    Kingman 1982, Stochastic Processes and their Applications 13:235.
    """
    return 1 - (1 - 1 / size) * (1 - coalescence) ** generations


def mutation_decay(rate: float, beliefs: int, beliefs_per_agent: int) -> float:
    """Return 1 − μB/(B − K), the factor by which mutation shrinks n_b/(NK) − 1/B per generation.

    A child keeps each belief of its parent with probability 1 − μ, and gains a
    belief that its parent lacks with probability Kμ/(B − K). The factor is
    exact for any μ if B ≥ 2K, because there are then always enough beliefs to
    choose from. For smaller B it holds to first order in μ. At K = B nothing
    mutates.
    """
    if beliefs == beliefs_per_agent:
        return 1.0
    return 1 - rate * beliefs / (beliefs - beliefs_per_agent)
