"""Measures of what the evaluator assigns, and of what the models turn out to be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .measure import Group, Measure
from .moments import summarise_assessment, with_sd

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel


class Assessment(Group):
    """Mean and spread of F, T, the Goodhart gap, c, ρ and D; correlations of P with U and T."""

    measures: ClassVar[tuple[Measure, ...]] = (
        *with_sd(
            Measure(
                "fitness",
                "fitness F that the evaluator assigns (P at oversight 0; the selection of a "
                "neutral twin does not see it)",
                "score",
            )
        ),
        Measure(
            "corr_proxy_true",
            "correlation of P and U over agents",
            "correlation",
            -1.0,
            1.0,
        ),
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
        evaluator = model.evaluator
        summarise_assessment(evaluator.found, evaluator.seen, model.record.scratch, out)
