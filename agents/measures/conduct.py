"""Measures of conduct: who schemes, who is caught, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.ledger import COLUMNS
from peckham.agents.payoff import ASSESSED

from .events import Crossings
from .measure import Group, Measure
from .moments import correlation, row_means

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel


SCHEMER = COLUMNS.index("schemer")

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
        self._crossings = Crossings("allele", 2, model.population.size, model.prevalence)
        self._schemers = -1
        self._allele = np.empty(model.population.size)

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        self._count(model)
        size = self._allele.size
        out[0] = self._schemers / size
        if 0 < self._schemers < size:
            out[1] = correlation(self._allele, model.evaluator.assessed[0])
        first = ASSESSED.index(AVERAGED[0])
        row_means(model.evaluator.assessed[first : first + len(AVERAGED)], out[2:10])
        out[10] = model.evaluator.channels.level

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Look for an allele that the last reproduction fixed."""
        self._count(model)
        return {}

    def _count(self, model: PopulationModel) -> None:
        schemers = copy_allele(model.population.ledger, SCHEMER, self._allele)
        if schemers != self._schemers:
            counts = np.array([self._allele.size - schemers, schemers], np.int32)
            model.record.events.extend(self._crossings.note(counts, model.generation))
        self._schemers = schemers


@compiled
def copy_allele(ledger: NDArray[np.float64], column: int, allele: NDArray[np.float64]) -> int:
    """Copy a column of zeros and ones, and return how many are ones."""
    ones = 0
    for i in range(allele.size):
        allele[i] = ledger[i, column]
        ones += ledger[i, column] > 0.0
    return ones
