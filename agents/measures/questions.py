"""Measures of the battery itself: its size, and what selection does not see of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census, column_mean
from peckham.agents.population.columns import HELD_OUT, PROXY

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
        evaluator, ledger = model.evaluator, model.population.clones.ledger
        held_out = evaluator.held_out is not None
        measure_questions(ledger, evaluator.census, evaluator.battery.questions, held_out, out)


@borrowing
def measure_questions(
    ledger: NDArray[np.float64],
    census: Census,
    questions: int,
    held_out: bool,
    out: NDArray[np.float64],
) -> None:
    """Write the number of questions to `out`, and the scores on others if there are any."""
    out[0] = questions
    if held_out:
        hidden = column_mean(ledger, census, HELD_OUT)
        out[1], out[2] = hidden, column_mean(ledger, census, PROXY) - hidden
