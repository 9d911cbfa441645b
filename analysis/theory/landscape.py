"""Share of deceptive beliefs in a landscape, in closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def share_deceptive_bivariate(correlation: float) -> float:
    """Return the share with v < 0 < a in a centred bivariate normal, 1/4 − arcsin(ρ)/2π.

    References
    ----------
    Sheppard 1899, Phil. Trans. R. Soc. A 192:101.
    """
    return float(0.25 - np.arcsin(correlation) / (2 * np.pi))


def share_deceptive_clusters(
    shares: ArrayLike, mu_v: ArrayLike, sigma_v: ArrayLike, mu_a: ArrayLike, sigma_a: ArrayLike
) -> float:
    """Return the deceptive share of uncorrelated clusters, Σ share·Φ(−μ_v/σ_v)·Φ(μ_a/σ_a).

    Parameters
    ----------
    shares, mu_v, sigma_v, mu_a, sigma_a : array_like, shape (clusters,)
        Parameters of each cluster. Shares are normalised to sum to one.
        Standard deviations must be above 0.
    """
    share, v, a = np.asarray(shares, float), np.divide(mu_v, sigma_v), np.divide(mu_a, sigma_a)
    return float(share / share.sum() @ (stats.norm.cdf(-v) * stats.norm.cdf(a)))
