"""Measures of what the evaluator assigns, and of what the models turn out to be worth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.evaluation.assessment import named
from peckham.agents.population.abundance import Abundance

from .measure import CompiledGroup, Measure, row_class
from .moments import correlation, mean_and_sd, with_sd

DEPLOYED = "scores, alignment, capability"


class Assessment(CompiledGroup):
    """Mean and spread of F, T, the Goodhart gap, c, ρ and D; correlations of P with U and T."""

    measures = (
        *with_sd(
            "fitness",
            "fitness F that the evaluator assigns (P at oversight 0; the selection of a "
            "neutral twin does not see it)",
            "score",
        ),
        Measure("corr_proxy_true", "correlation of P and U over agents", "correlation", -1.0, 1.0),
        *with_sd(
            "deployed",
            "true performance T = U − s(1 − ρ)p² in deployment",
            "score",
            needs=DEPLOYED,
            better="higher",
        ),
        *with_sd("goodhart_gap", "Goodhart gap P − T", "score", needs=DEPLOYED, better="lower"),
        *with_sd("capability", "capability c", "points", 0.0, 100.0, "traits"),
        *with_sd(
            "alignment",
            "agreement ρ of the mesa-objective with the base objective",
            "correlation",
            -1.0,
            1.0,
            "genomes",
            "higher",
        ),
        *with_sd(
            "deception_probability",
            "deception probability D",
            "probability",
            0.0,
            1.0,
            "capability, oversight",
            "lower",
        ),
        Measure(
            "corr_proxy_deployed",
            "correlation of P and T over agents",
            "correlation",
            -1.0,
            1.0,
            DEPLOYED,
        ),
    )


Row = row_class([measure.name for measure in Assessment.measures], __name__)


@kernel
def measure_assessment(
    assessment: NDArray[np.float64],
    scales: tuple[float, float],
    abundance: Abundance,
    scratch: NDArray[np.float64],
) -> tuple[float, ...]:
    """Return the measures of fitness and deployment; see `score_scales` for the scales."""
    found = named(assessment)
    fitness, fitness_sd = mean_and_sd(found.fitness, abundance, scratch)
    deployed, deployed_sd = mean_and_sd(found.deployed, abundance, scratch)
    gap, gap_sd = mean_and_sd(found.goodhart_gap, abundance, scratch)
    capability, capability_sd = mean_and_sd(found.capability, abundance, scratch)
    alignment, alignment_sd = mean_and_sd(found.alignment, abundance, scratch)
    deception, deception_sd = mean_and_sd(found.deception_probability, abundance, scratch)
    proxy, true = scales
    with_true = correlation(found.proxy, found.true_value, proxy, true, abundance, scratch)
    with_deployed = correlation(found.proxy, found.deployed, proxy, true, abundance, scratch)
    return Row(
        fitness=fitness, fitness_sd=fitness_sd, corr_proxy_true=with_true,
        deployed=deployed, deployed_sd=deployed_sd, goodhart_gap=gap, goodhart_gap_sd=gap_sd,
        capability=capability, capability_sd=capability_sd,
        alignment=alignment, alignment_sd=alignment_sd,
        deception_probability=deception, deception_probability_sd=deception_sd,
        corr_proxy_deployed=with_deployed,
    )  # fmt: skip
