"""Conduct: which agents deceive during tests.

An agent deceives in an episode with probability q = m·D·[Δ > 0]·able, the
product of its misalignment, the deception probability, whether it has something
to hide, and whether the conditions of scheming hold (Hubinger et al. 2019,
arXiv 1906.01820, section 4).
"""

from __future__ import annotations

import numpy as np

from .compilation import Floats, kernel


@kernel(allocates=True)
def deception_probability(capability: Floats, oversight: Floats) -> Floats:
    """Return D = σ(c/20 − 5·o), 0..1: exactly 1/2 at c = 100·o.

    Parameters
    ----------
    capability : float or ndarray
        c, 0..100.
    oversight : float or ndarray
        o, the deterrence channel, 0..1.

    Notes
    -----
    From "Mesa-Optimization and Goodhart's Law in AI Systems".
    """
    return 1.0 / (1.0 + np.exp(-(capability - 100.0 * oversight) / 20.0))


@kernel(allocates=True)
def hidden(proxy: Floats, true_value: Floats) -> Floats:
    """Return Δ = max(0, P − U), the hidden gap, at least 0."""
    return np.maximum(0.0, proxy - true_value)


@kernel(allocates=True)
def misalignment(alignment: Floats) -> Floats:
    """Return m = (1 − ρ)/2, 0..1."""
    return (1.0 - alignment) / 2.0


@kernel(allocates=True)
def deceiving(
    alignment: Floats, deception_probability: Floats, hidden: Floats, able: Floats
) -> Floats:
    """Return q = m·D·[Δ > 0]·able, the chance that an agent deceives in an episode, 0..1.

    Parameters
    ----------
    alignment : float or ndarray
        ρ, -1..1; m = (1 − ρ)/2.
    deception_probability : float or ndarray
        D, 0..1.
    hidden : float or ndarray
        Δ, at least 0.
    able : float or ndarray
        1 if the agent schemes (carries the allele, or scheming is innate) and all
        conditions hold: its objective spans updates, it models its selection,
        and it expects the threat to end. Otherwise 0.
    """
    return misalignment(alignment) * deception_probability * (hidden > 0.0) * able
