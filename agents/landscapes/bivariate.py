"""The bivariate landscape."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from peckham.agents.parameters.quantities import Correlation, Count, Deviation, Mean
from peckham.agents.parameters.registry import register

from .landscape import Landscape, LandscapePart, bivariate_normal, without_clusters


@register
class Bivariate(LandscapePart):
    """Value and signal from one bivariate normal.

    Parameters
    ----------
    beliefs : int
        B, at least 1.
    mu_v, mu_a : float
        Means of value and signal.
    sigma_v, sigma_a : float
        Standard deviations, at least 0.
    rho : float
        Correlation of value and signal, -1..1; both ends are exact.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["bivariate"] = "bivariate"
    beliefs: Count = 3000
    mu_v: Mean = 0.0
    mu_a: Mean = 0.0
    sigma_v: Deviation = 1.0
    sigma_a: Deviation = 1.0
    rho: Correlation = 0.5

    def draw(self, rng: np.random.Generator) -> Landscape:
        """Draw the beliefs."""
        value, signal = bivariate_normal(
            self.beliefs, self.mu_v, self.mu_a, self.sigma_v, self.sigma_a, self.rho, rng
        )
        return without_clusters(value, signal, nominal_correlation=self.rho)
