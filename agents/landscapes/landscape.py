"""The landscape of beliefs: what each is worth, and how it scores on a test."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import contiguous, kernel
from peckham.agents.parameters.quantities import LARGEST, Count
from peckham.agents.parameters.registry import Part
from peckham.agents.parameters.summaries import summarised

WITHIN = 100
"""Draws are within so many means or standard deviations of the largest size."""


@summarised
class Pool(NamedTuple):
    """The arrays of a landscape, for kernels; see `Landscape`."""

    value: NDArray[np.float64]
    signal: NDArray[np.float64]
    signal0: NDArray[np.float64]
    cluster: NDArray[np.int16]


NO_BELIEFS = Pool(np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int16))
"""The landscape of a trait population."""


@summarised
@dataclass(frozen=True)
class Landscape:
    """The pool of B beliefs.

    Attributes
    ----------
    value : ndarray of float64, shape (B,)
        True value v_b, any real.
    signal : ndarray of float64, shape (B,)
        Alignment signal a_b now; interventions may change it.
    signal0 : ndarray of float64, shape (B,)
        The signal at generation 0.
    cluster : ndarray of int16, shape (B,)
        Index into `clusters`, -1 where there are none.
    clusters : tuple of str
        The clusters' names.
    nominal_correlation : float
        The correlation of v and a that the landscape was asked for (0 for
        every kind but ``bivariate``); the starting point of improving evaluators.
    """

    value: NDArray[np.float64]
    signal: NDArray[np.float64]
    cluster: NDArray[np.int16]
    clusters: tuple[str, ...] = ()
    nominal_correlation: float = 0.0
    signal0: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    def __post_init__(self) -> None:
        if self.signal0.size == 0:
            object.__setattr__(self, "signal0", self.signal.copy())
        for name in ("value", "signal"):
            largest = np.abs(getattr(self, name)).max(initial=0.0)
            if not largest <= WITHIN * LARGEST:
                raise ValueError(
                    f"landscape: {name} must be at most {LARGEST:g} in size, got {largest:g}; "
                    "use other units"
                )

    @property
    def size(self) -> int:
        """B, the number of beliefs."""
        return self.value.size

    @cached_property
    def deceptive(self) -> NDArray[np.bool_]:
        """Which beliefs look good and do harm now: v < 0 < a. Shape (B,)."""
        found = (self.value < 0) & (self.signal > 0)
        found.flags.writeable = False
        return found

    def pool(self) -> Pool:
        """Return the arrays; the signals are a copy that kernels may change."""
        return Pool(
            contiguous(self.value),
            self.signal.copy(),
            contiguous(self.signal0),
            contiguous(self.cluster),
        )

    def relabelled(self, signal: NDArray[np.float64]) -> Landscape:
        """Return the landscape with other signals; `signal0` stays."""
        return Landscape(
            self.value, signal, self.cluster, self.clusters, self.nominal_correlation, self.signal0
        )


def without_clusters(
    value: NDArray[np.float64], signal: NDArray[np.float64], nominal_correlation: float = 0.0
) -> Landscape:
    """Return a landscape whose beliefs belong to no cluster."""
    return Landscape(
        value=value,
        signal=signal,
        cluster=np.full(value.size, -1, np.int16),
        nominal_correlation=nominal_correlation,
    )


def bivariate_normal(
    size: int,
    mu_v: float,
    mu_a: float,
    sigma_v: float,
    sigma_a: float,
    rho: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Draw (v, a) pairs, belief by belief: two standard normals x, y for each.

    v = μ_v + σ_v·x and a = μ_a + σ_a·(ρ·x + √(1 − ρ²)·y), so that ρ = ±1 is exact.

    Returns
    -------
    tuple of ndarray
        Values and signals, each of shape (size,).
    """
    value, signal = np.empty(size), np.empty(size)
    correlate(rng.standard_normal((size, 2)), mu_v, mu_a, sigma_v, sigma_a, rho, value, signal)
    return value, signal


@kernel(allocates=True)
def correlate(
    normals: NDArray[np.float64],
    mu_v: float,
    mu_a: float,
    sigma_v: float,
    sigma_a: float,
    rho: float,
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
) -> None:
    """Write the pairs to `value` and `signal`; see `bivariate_normal`."""
    rest = np.sqrt(1 - rho * rho)
    for b in range(normals.shape[0]):
        x, y = normals[b, 0], normals[b, 1]
        value[b] = mu_v + sigma_v * x
        signal[b] = mu_a + sigma_a * (rho * x + rest * y)


class LandscapePart(Part):
    """Base of the landscapes: parameters, and how to draw the beliefs from them."""

    family: ClassVar[str] = "landscape"

    beliefs: Count | None = 3000

    @property
    def size(self) -> int:
        """B, the number of beliefs that `draw` returns."""
        assert self.beliefs is not None
        return self.beliefs

    @property
    def cluster_names(self) -> tuple[str, ...]:
        """Names of the clusters, in order; empty where there are none."""
        return ()

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> Landscape:
        """Draw the beliefs from the ``landscape`` stream."""
