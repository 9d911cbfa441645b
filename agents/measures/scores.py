"""Measures of what the test shows: proxy and true value."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .measure import Group, Measure
from .moments import summarise, with_sd

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
        evaluator = model.evaluator
        summarise(evaluator.scratch, evaluator.seen, model.record.scratch, out)
