"""The questions of the evaluator, and the question sums that are stored."""

from __future__ import annotations

from peckham.agents.batteries.battery import Battery
from peckham.agents.interventions.intervention import Question

from .question_sums import Exam, exam_of, room_for

STORED = 10_000_000
"""Agents times questions up to which question sums are stored (at most 28 bytes each)."""

ROOM = 16
"""Room for more questions is made for this number at once."""


class Questions:
    """The visible and the held-out battery, and the question sums that are stored.

    Parameters
    ----------
    visible : Battery
        The questions that selection sees.
    held_out : Battery or None
        Questions that it does not see.
    agents : int
        N.
    inherits_sums : bool
        Whether mutants inherit sums. Then one row of sums is stored per agent,
        if they are few; otherwise one row is scratch space.
    """

    def __init__(
        self, visible: Battery, held_out: Battery | None, agents: int, inherits_sums: bool
    ) -> None:
        self.held_out = held_out
        self._agents, self._inherits_sums = agents, inherits_sums
        self.replace(visible)

    def replace(self, visible: Battery) -> None:
        """Ask other visible questions, for which no sums are known."""
        self.visible = visible
        few = self._agents * visible.questions <= STORED
        self.sums = room_for(visible, self._agents if few and self._inherits_sums else 1)

    def add(self, question: Question) -> None:
        """Add a visible question; its sums are not computed yet."""
        if self.visible.questions == self.sums.room:
            self.sums = self.sums.widened(ROOM)
        self.visible = self.visible.with_question(question.activated, scored_on=question.scored_on)

    def exams(self) -> tuple[Exam, Exam]:
        """Return the arrays of the visible and the held-out battery, the first twice if alone."""
        visible = exam_of(self.visible, self.sums)
        if self.held_out is None:
            return visible, visible
        return visible, exam_of(self.held_out, room_for(self.held_out, 1))
