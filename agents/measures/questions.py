"""Measures of the battery itself: its size, and what selection does not see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from .measure import Group, Measure

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel


class Questions(Group):
    """The number of visible questions, and the score on held-out ones."""

    of_beliefs: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("questions", "visible questions", "count", 1.0, needs="battery"),
        Measure(
            "held_out", "mean score on held-out questions", "score", needs="held-out questions"
        ),
        Measure("visible_gap", "proxy − held_out", "score", needs="held-out questions"),
    )

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        out[0] = model.evaluator.battery.questions
        if model.evaluator.held_out is not None:
            out[1] = model.population.column("held_out").mean()
            out[2] = model.population.column("proxy").mean() - out[1]
