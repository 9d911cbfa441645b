"""Markov chains for the number of ancestors of a population."""

from __future__ import annotations

import numpy as np

from .markov import Matrix


def ancestors_chain(size: int, boxes: int | None = None) -> Matrix:
    """Return the probability that k agents have j parents, shape (N + 1, N + 1), indexed [k, j].

    It is the probability that k balls thrown into N boxes hit j boxes,
    S(k, j)·N!/(N − j)!/N^k, with S the Stirling number of the second kind.

    Parameters
    ----------
    size : int
        N, at least 1.
    boxes : int, optional
        Number of agents that can be parents, N by default.

    References
    ----------
    Watterson 1975, Theoretical Population Biology 7:256; Kingman 1982.
    """
    n = size if boxes is None else boxes
    hit = np.arange(size + 1)
    chain = np.zeros((size + 1, size + 1))
    chain[0, 0] = 1.0
    for k in range(1, size + 1):
        chain[k] = chain[k - 1] * np.minimum(hit / n, 1.0)
        chain[k, 1:] += chain[k - 1, :-1] * np.maximum(0.0, 1 - hit[:-1] / n)
    return chain


def coalescence_time(size: int) -> float:
    """Return the mean number of Wright-Fisher generations back to the common ancestor of N agents.

    It is also the mean time until one of N founding lineages fixes.
    """
    chain = ancestors_chain(size)
    times = np.zeros(size + 1)
    for k in range(2, size + 1):
        times[k] = (1 + chain[k, :k] @ times[:k]) / chain[k, :k].sum()
    return float(times[size])
