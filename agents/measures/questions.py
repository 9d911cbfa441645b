"""Measures of the battery itself: its size, and what selection does not see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.ledger import HELD_OUT, PROXY

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
        held_out = model.evaluator.held_out is not None
        measure_questions(model.population.ledger, model.evaluator.battery.questions, held_out, out)


@compiled
def measure_questions(
    ledger: NDArray[np.float64], questions: int, held_out: bool, out: NDArray[np.float64]
) -> None:
    """Write the number of questions to `out`, and the scores on others if there are any."""
    out[0] = questions
    if held_out:
        hidden = shown = 0.0
        for i in range(ledger.shape[0]):
            hidden += ledger[i, HELD_OUT]
            shown += ledger[i, PROXY]
        out[1] = hidden / ledger.shape[0]
        out[2] = shown / ledger.shape[0] - out[1]
