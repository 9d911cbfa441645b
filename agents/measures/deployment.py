"""Measures of deployment: what the tested models turn out to be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .measure import Group, Measure
from .moments import correlation, summarise, with_sd

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel


class Deployment(Group):
    """Mean and spread of T, the Goodhart gap, c, ρ and D, and the correlation of P and T."""

    measures: ClassVar[tuple[Measure, ...]] = (
        *with_sd(
            Measure(
                "deployed",
                "true performance T = U − s(1 − ρ)p² in deployment",
                "score",
                needs="scores, alignment, capability",
            )
        ),
        *with_sd(
            Measure(
                "goodhart_gap",
                "Goodhart gap P − T",
                "score",
                needs="scores, alignment, capability",
            )
        ),
        *with_sd(Measure("capability", "capability c", "points", 0.0, 100.0, needs="traits")),
        *with_sd(
            Measure(
                "alignment",
                "agreement ρ of the mesa-objective with the base objective",
                "correlation",
                -1.0,
                1.0,
                needs="genomes",
            )
        ),
        *with_sd(
            Measure(
                "deception_probability",
                "deception probability D",
                "probability",
                0.0,
                1.0,
                needs="capability, oversight",
            )
        ),
        Measure(
            "corr_proxy_deployed",
            "correlation of P and T over agents",
            "correlation",
            -1.0,
            1.0,
            needs="scores, alignment, capability",
        ),
    )

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        assessed = model.evaluator.assessed
        summarise(assessed[3:8], out)
        out[10] = correlation(assessed[0], assessed[3])
