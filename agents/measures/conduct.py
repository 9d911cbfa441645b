"""Measures of conduct: who schemes, who is caught, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .events import Crossings
from .measure import Group, Measure
from .moments import correlation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel


def awaited(name: str, meaning: str, unit: str, low: float = -np.inf) -> Measure:
    """Return a measure of a mechanism that is not there yet."""
    high = 1.0 if unit == "share" else np.inf
    return Measure(name, meaning, unit, low, high, needs="oversight", awaited=True)


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
        awaited("deceiving", "share of agents that deceive, mean q", "share", 0.0),
        awaited("caught", "share of agents caught deceiving", "share", 0.0),
        awaited("wrongly_flagged", "share of agents flagged by mistake", "share", 0.0),
        awaited("delivered", "value delivered in deployment", "score"),
        awaited("commission_harm", "harm of deception that got through", "score", 0.0),
        awaited("omission_harm", "harm of good work stopped by mistake", "score", 0.0),
        awaited("deception_gap", "mean of F − F with q = 0", "score"),
    )

    def __init__(self, model: PopulationModel) -> None:
        self._crossings = Crossings("allele", 2, model.population.size, model.prevalence)
        self._schemers = -1

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        schemer = model.population.column("schemer").copy()
        self._count(model, schemer)
        out[0] = self._schemers / schemer.size
        if 0 < self._schemers < schemer.size:
            out[1] = correlation(schemer, model.evaluator.assessed[0])

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Look for an allele that the last reproduction fixed."""
        self._count(model, model.population.column("schemer"))
        return {}

    def _count(self, model: PopulationModel, schemer: NDArray[np.float64]) -> None:
        schemers = int(schemer.sum())
        if schemers != self._schemers:
            counts = np.array([schemer.size - schemers, schemers], np.int32)
            model.record.events.extend(self._crossings.note(counts, model.generation))
        self._schemers = schemers
