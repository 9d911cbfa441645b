"""Measures of conduct: who schemes, who is caught, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.payoff import ASSESSED
from peckham.agents.population.abundance import Census
from peckham.agents.population.columns import SCHEMER

from .events import ALLELE, Counted, Entries, note_crossings, prevalent_count, uncounted
from .measure import Group, Measure
from .moments import correlation, row_means

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel


NEEDS = "scores, alignment, traits, oversight"

AVERAGED = (
    "deceiving",
    "caught",
    "wrongly_flagged",
    "delivered",
    "commission_harm",
    "omission_harm",
    "deception_gap",
    "hidden",
)

FIRST = ASSESSED.index(AVERAGED[0])


class Conduct(Group):
    """The schemer allele, and what follows from it under oversight."""

    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("schemers", "share of agents with the schemer allele", "share", 0.0, 1.0, "traits"),
        Measure(
            "corr_schemer_proxy",
            "correlation of the schemer allele and P over agents (hitch-hiking)",
            "correlation",
            -1.0,
            1.0,
            needs="traits, scores",
        ),
        *(
            Measure(name, meaning, unit, low, 1.0 if unit == "share" else np.inf, NEEDS)
            for name, meaning, unit, low in (
                ("deceiving", "share of agents that deceive, mean q", "share", 0.0),
                ("caught", "share of agents caught deceiving, mean q·h", "share", 0.0),
                (
                    "wrongly_flagged",
                    "share of agents flagged by mistake, mean (1 − q)·f",
                    "share",
                    0.0,
                ),
                (
                    "delivered",
                    "value delivered in deployment, T + q·o(P − T)",
                    "score",
                    -np.inf,
                ),
                (
                    "commission_harm",
                    "harm of deception that got through, q(1 − h)·max(0, −T)",
                    "score",
                    0.0,
                ),
                (
                    "omission_harm",
                    "harm of good work stopped by mistake, (1 − q)·f·max(0, T)",
                    "score",
                    0.0,
                ),
                ("deception_gap", "mean of F less the F of q = 0", "score", -np.inf),
                ("hidden", "mean of Δ = max(0, P − U), what there is to hide", "score", 0.0),
            )
        ),
        Measure(
            "oversight",
            "level of oversight o in force",
            "share",
            0.0,
            1.0,
            needs="oversight",
        ),
    )

    def __init__(self, model: PopulationModel) -> None:
        self.alleles = uncounted(2, prevalent_count(model.population.size, model.prevalence))
        self.most_events = 4

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        measure_conduct(
            model.population.clones.ledger,
            model.evaluator.seen,
            model.evaluator.found,
            model.evaluator.channels.level,
            self.alleles,
            model.generation,
            model.record.scratch,
            out,
            model.record.log.reserve(self.most_events),
        )

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Look for an allele that the last reproduction fixed."""
        count_alleles(
            model.population.clones.ledger,
            model.evaluator.census,
            self.alleles,
            model.generation,
            model.record.log.reserve(self.most_events),
        )
        return {}


@borrowing
def count_alleles(
    ledger: NDArray[np.float64],
    census: Census,
    alleles: Counted,
    generation: int,
    entries: Entries,
) -> None:
    """Count the honest and the schemers, and see what has crossed since they were others."""
    size = census.member.size
    schemers = 0
    for k in range(census.many[0]):
        carries = ledger[np.uint32(census.clone[k]), SCHEMER] > 0.0
        schemers += int(census.counts[k]) if carries else 0
    if schemers != alleles.counts[1]:
        alleles.counts[0], alleles.counts[1] = size - schemers, schemers
        for allele in range(2):
            note_crossings(alleles, allele, size, ALLELE, generation, entries)


@borrowing
def measure_conduct(
    ledger: NDArray[np.float64],
    census: Census,
    assessed: NDArray[np.float64],
    level: float,
    alleles: Counted,
    generation: int,
    scratch: NDArray[np.float64],
    out: NDArray[np.float64],
    entries: Entries,
) -> None:
    """Write the measures of conduct to `out`.

    Parameters
    ----------
    ledger : ndarray of float64, shape (2N, columns)
    census : Census
        Who was assessed.
    assessed : ndarray of float64, shape (rows, N)
        In the order of `ASSESSED`.
    level : float
        Oversight in force.
    alleles : Counted
        The honest and the schemers. Updated.
    generation : int
        Now.
    scratch : ndarray of float64, shape (SCRATCH, N)
        Overwritten.
    out : ndarray of float64, shape (11,)
        Filled, the correlation only where there are both alleles.
    entries : Entries
        Written to.
    """
    count_alleles(ledger, census, alleles, generation, entries)
    size, many = census.member.size, census.many[0]
    out[0] = alleles.counts[1] / size
    if 0 < alleles.counts[1] < size:
        for k in range(many):
            scratch[3, k] = ledger[np.uint32(census.clone[k]), SCHEMER]
        out[1] = correlation(scratch, 3, assessed, 0, census.counts, many, size, scratch)
    row_means(assessed, FIRST, census, out[2:10])
    out[10] = level
