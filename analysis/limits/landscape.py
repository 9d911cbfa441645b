"""Limits of the initial beliefs: the deceptive share of a landscape with a closed form."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from peckham.agents.landscapes.bivariate import Bivariate
from peckham.agents.landscapes.clustered import Clustered
from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis import theory

from .limit import Limit, at, mean_limit


def landscape_limits(spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the limit of the founders' deceptive share, if it has a closed form."""
    land = spec.landscape
    share = at(rows, 0, "deceptive_share_signal0")
    if share.empty:
        return
    if isinstance(land, Bivariate):
        scales = land.sigma_v > 0 and land.sigma_a > 0
        if land.mu_v != 0 or land.mu_a != 0 or not scales:
            return
        expected = theory.share_deceptive_bivariate(land.rho)
    elif isinstance(land, Clustered):
        correlations = [
            c.rho if c.rho is not None else land.global_correlation for c in land.clusters
        ]
        if any(correlations) or any(min(c.sigma_v, c.sigma_a) == 0 for c in land.clusters):
            return
        expected = theory.share_deceptive_clusters(
            [size / land.size for size in land.counts()],
            [c.mu_v for c in land.clusters],
            [c.sigma_v for c in land.clusters],
            [c.mu_a for c in land.clusters],
            [c.sigma_a for c in land.clusters],
        )
    else:
        return
    yield mean_limit("deceptive share of the founders' beliefs", share, expected)
