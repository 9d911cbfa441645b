"""The clustered landscape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, field_validator, model_validator

from peckham.agents.parameters.decimals import decimal
from peckham.agents.parameters.quantities import (
    Correlation,
    Count,
    Deviation,
    Mean,
    Name,
    NonNegative,
)
from peckham.agents.parameters.registry import Block, register

from .landscape import Landscape, LandscapePart, bivariate_normal


class Cluster(Block):
    """One normal of the mixture: a name, a share and its five moments."""

    name: Name
    mu_v: Mean = 0.0
    mu_a: Mean = 0.0
    sigma_v: Deviation = 0.5
    sigma_a: Deviation = 0.3
    rho: Correlation | None = None
    share: NonNegative


def published_clusters() -> list[Cluster]:
    """Return the three clusters of Eicher 2026: benign, neutral, deceptive."""
    return [
        Cluster(name="Benign", mu_v=0.7, mu_a=0.7, rho=0.0, share=0.3),
        Cluster(name="Neutral", mu_v=0.1, mu_a=0.2, rho=0.0, share=0.4),
        Cluster(name="Deceptive", mu_v=-0.7, mu_a=0.7, rho=0.0, share=0.3),
    ]


def cluster_counts(shares: Sequence[float], beliefs: int) -> list[int]:
    """Return how many beliefs each cluster gets.

    Shares are normalised to sum to one, counts are rounded, and the remainder
    goes to (or comes from) the largest cluster.

    Raises
    ------
    ValueError
        If the shares sum to zero, or the beliefs are too few to be dealt out.
    """
    exact = [decimal(share) for share in shares]
    total = sum(exact)
    if total <= 0:
        raise ValueError("shares must not sum to zero; give at least one cluster a share above 0")
    counts = [round(share / total * beliefs) for share in exact]
    largest = max(range(len(shares)), key=lambda i: shares[i])
    counts[largest] += beliefs - sum(counts)
    if counts[largest] < 0:
        raise ValueError(
            f"{beliefs} beliefs are too few for {len(shares)} clusters of these shares; "
            "raise landscape.beliefs"
        )
    return counts


@register
class Clustered(LandscapePart):
    """A mixture of named clusters, each a bivariate normal.

    Beliefs stand in the order of the clusters.

    Parameters
    ----------
    beliefs : int
        B, at least 1.
    global_correlation : float
        Correlation of value and signal in every cluster without a ``rho`` of
        its own, -1..1.
    clusters : list
        Each with ``name``, ``mu_v``, ``mu_a``, ``sigma_v``, ``sigma_a``,
        ``rho`` and ``share``; shares are normalised to sum to one.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["clustered"] = "clustered"
    beliefs: Count = 3000
    global_correlation: Correlation = 0.0
    clusters: list[Cluster] = Field(default_factory=published_clusters, min_length=1)

    @field_validator("clusters")
    @classmethod
    def _names_are_unique(cls, clusters: list[Cluster]) -> list[Cluster]:
        names = [cluster.name for cluster in clusters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"names must be unique, {twice[0]!r} stands twice; rename one")
        cluster_counts([cluster.share for cluster in clusters], 10**9)
        return clusters

    @model_validator(mode="after")
    def _beliefs_suffice(self) -> Clustered:
        self.counts()
        return self

    @property
    def cluster_names(self) -> tuple[str, ...]:
        """Names of the clusters, in order."""
        return tuple(cluster.name for cluster in self.clusters)

    def counts(self) -> list[int]:
        """Return the number of beliefs of each cluster."""
        return cluster_counts([cluster.share for cluster in self.clusters], self.beliefs)

    def draw(self, rng: np.random.Generator) -> Landscape:
        """Draw the beliefs, cluster by cluster."""
        counts = self.counts()
        values, signals = [], []
        for cluster, count in zip(self.clusters, counts, strict=True):
            rho = self.global_correlation if cluster.rho is None else cluster.rho
            value, signal = bivariate_normal(
                count, cluster.mu_v, cluster.mu_a, cluster.sigma_v, cluster.sigma_a, rho, rng
            )
            values.append(value)
            signals.append(signal)
        return Landscape(
            value=np.concatenate(values),
            signal=np.concatenate(signals),
            cluster=np.repeat(np.arange(len(counts), dtype=np.int16), counts),
            clusters=self.cluster_names,
        )
