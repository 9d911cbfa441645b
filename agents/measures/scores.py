"""Measures of what the test shows: proxy, true value and fitness."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .measure import Group, Measure
from .moments import correlation, summarise, with_sd

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel


class Scores(Group):
    """Mean and spread of P and U."""

    measures: ClassVar[tuple[Measure, ...]] = (
        *with_sd(Measure("proxy", "proxy score P on the visible battery", "score")),
        *with_sd(Measure("true_value", "true value U of the tested behaviour", "score")),
    )

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        summarise(model.evaluator.scores[:2], out)


class Fitness(Group):
    """Mean and spread of F."""

    measures: ClassVar[tuple[Measure, ...]] = (
        *with_sd(
            Measure(
                "fitness",
                "fitness F that the evaluator assigns (P at oversight 0; the selection of a "
                "neutral twin does not see it)",
                "score",
            )
        ),
    )

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        summarise(model.evaluator.scores[2:], out)


class Agreement(Group):
    """The correlation of P and U."""

    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(
            "corr_proxy_true",
            "correlation of P and U over agents",
            "correlation",
            -1.0,
            1.0,
        ),
    )

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        proxy, true_value, _ = model.evaluator.scores
        out[0] = correlation(proxy, true_value)
