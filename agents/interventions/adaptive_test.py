"""The adaptive test."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from peckham.agents.parameters.quantities import Count
from peckham.agents.parameters.registry import register

from .intervention import Change, Circumstances, InterventionPart, Question


@register
class AdaptiveTest(InterventionPart):
    """Add a question that activates every deceptive belief present in the population.

    As published the question is scored on the signal, so it rewards the
    beliefs it targets; with ``scored_on: value`` it does what its name says.
    Where no deceptive belief is present, no question is added.

    Parameters
    ----------
    interval : int
        Due every so many generations, generation 0 included.
    scored_on : {"signal", "value"}
        What the added questions are scored on.
    max_questions : int, optional
        Questions are added until there are so many; twice the initial number
        by default.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"
    first: ClassVar[int | None] = 0
    of_test: ClassVar[bool] = True

    kind: Literal["adaptive_test"] = "adaptive_test"
    interval: Count | None = 15
    scored_on: Literal["signal", "value"] = "signal"
    max_questions: Count | None = None

    def most(self, initial_questions: int) -> int:
        """Return how many questions there can be, visible at the start and added."""
        return self.max_questions or 2 * initial_questions

    def change(self, circumstances: Circumstances) -> Change:
        """Return the battery with one more question."""
        battery = circumstances.battery
        most = self.most(circumstances.initial_questions)
        targeted = circumstances.landscape.deceptive & circumstances.held
        if battery.questions >= most or not np.count_nonzero(targeted):
            return Change()
        return Change(question=Question(targeted, self.scored_on))
