"""Measures of conduct: who schemes, who is caught, and what it costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.evaluation.assessment import named
from peckham.agents.population.abundance import Abundance
from peckham.agents.population.traits import SCHEMER

from .events import ALLELE, Counted, Entries, note_crossings
from .measure import CompiledGroup, Measure, row_class
from .moments import correlation, mean

NEEDS = "scores, alignment, traits, oversight"
SCHEMERS = "share of agents with the schemer allele"
DELIVERED = "value delivered in deployment"
FLAGGED = "share of agents flagged by mistake"
COMMISSION = "harm of deception that got through"
OMISSION = "harm of good work stopped by mistake"


class Conduct(CompiledGroup):
    """The schemer allele, and its consequences under oversight."""

    measures = (
        Measure("schemers", SCHEMERS, "share", 0.0, 1.0, "traits", "lower"),
        Measure(
            "corr_schemer_proxy",
            "correlation of the schemer allele and P over agents (hitch-hiking)",
            "correlation",
            -1.0,
            1.0,
            "traits, scores",
        ),
        *(
            Measure(name, meaning, unit, low, 1.0 if unit == "share" else np.inf, NEEDS, better)
            for name, unit, low, better, meaning in (
                ("deceiving", "share", 0.0, "lower", "share of agents that deceive, mean q"),
                ("caught", "share", 0.0, "none", "share of agents caught deceiving, mean q·h"),
                ("wrongly_flagged", "share", 0.0, "lower", f"{FLAGGED}, mean (1 − q)·f"),
                ("delivered", "score", -np.inf, "higher", f"{DELIVERED}, T + q·o(P − T)"),
                ("commission_harm", "score", 0.0, "lower", f"{COMMISSION}, q(1 − h)·max(0, −T)"),
                ("omission_harm", "score", 0.0, "lower", f"{OMISSION}, (1 − q)·f·max(0, T)"),
                ("deception_gap", "score", -np.inf, "lower", "mean of F less the F of q = 0"),
                ("hidden", "score", 0.0, "lower", "mean of Δ = max(0, P − U), what can be hidden"),
            )
        ),
        Measure("oversight_level", "level of oversight o in force", "share", 0.0, 1.0, "oversight"),
    )


Row = row_class([measure.name for measure in Conduct.measures], __name__)


@kernel
def count_alleles(
    traits: NDArray[np.float64],
    abundance: Abundance,
    alleles: Counted,
    generation: int,
    entries: Entries,
) -> None:
    """Count honest agents and schemers, and write events if the numbers have changed."""
    size = abundance.member.size
    schemers = 0
    for k in range(abundance.distinct[0]):
        carries = traits[np.uint32(abundance.genotype[k]), SCHEMER] > 0.0
        schemers += int(abundance.agents[k]) if carries else 0
    if schemers != alleles.counts[1]:
        alleles.counts[0], alleles.counts[1] = size - schemers, schemers
        for allele in range(2):
            note_crossings(alleles, allele, size, ALLELE, generation, entries)


@kernel
def schemer_correlation(
    traits: NDArray[np.float64],
    abundance: Abundance,
    proxy: NDArray[np.float64],
    scale: float,
    scratch: NDArray[np.float64],
) -> float:
    """Return the correlation of the schemer allele and P, computed from numbers of a scale."""
    allele = scratch[3]
    for k in range(abundance.distinct[0]):
        allele[k] = traits[np.uint32(abundance.genotype[k]), SCHEMER]
    return correlation(allele, proxy, 1.0, scale, abundance, scratch)


@kernel
def measure_conduct(
    traits: NDArray[np.float64],
    abundance: Abundance,
    assessment: NDArray[np.float64],
    scale: float,
    level: float,
    alleles: Counted,
    scratch: NDArray[np.float64],
) -> tuple[float, ...]:
    """Return the measures of conduct; `count_alleles` must have been called.

    `scale` is the first of `score_scales`.
    """
    schemers, size, found = alleles.counts[1], abundance.member.size, named(assessment)
    correlated = np.nan
    if 0 < schemers < size:
        correlated = schemer_correlation(traits, abundance, found.proxy, scale, scratch)
    return Row(
        schemers=schemers / size,
        corr_schemer_proxy=correlated,
        deceiving=mean(found.deceiving, abundance),
        caught=mean(found.caught, abundance),
        wrongly_flagged=mean(found.wrongly_flagged, abundance),
        delivered=mean(found.delivered, abundance),
        commission_harm=mean(found.commission_harm, abundance),
        omission_harm=mean(found.omission_harm, abundance),
        deception_gap=mean(found.deception_gap, abundance),
        hidden=mean(found.hidden, abundance),
        oversight_level=level,
    )
