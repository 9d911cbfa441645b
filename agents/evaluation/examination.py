"""The examination: what the evaluator asks, and what it keeps of each clone's answers."""

from __future__ import annotations

from peckham.agents.batteries.battery import Battery, with_room
from peckham.agents.compilation import as_kernels_take_it
from peckham.agents.interventions.intervention import Question
from peckham.agents.population.abundance import Census
from peckham.agents.population.genotypes import Clones

from .question_sums import Exam, QuestionSums, room_for
from .revision import add_question
from .scoring import Pool

STORED = 10_000_000
"""Agents times questions up to which question sums are stored (28 bytes each at most)."""

ROOM = 16
"""Room for more questions is made for so many at once."""


class Examination:
    """The batteries of an evaluator, and the question sums that it keeps.

    Parameters
    ----------
    battery : Battery
        The visible questions.
    held_out : Battery or None
        Questions that selection does not see.
    agents : int
        N.
    inherits : bool
        Whether sums are inherited. They are kept then, a row an agent, if that
        is little; else one row is scratch space.

    Attributes
    ----------
    battery : Battery
        The visible questions.
    sums : QuestionSums
        Of the visible questions.
    """

    def __init__(
        self, battery: Battery, held_out: Battery | None, agents: int, inherits: bool
    ) -> None:
        self._hidden = None if held_out is None else (held_out, room_for(held_out, 1))
        self._agents, self._inherits = agents, inherits
        self.replace(battery)

    def replace(self, battery: Battery) -> None:
        """Ask other visible questions, of which no sums are known."""
        self.battery = battery
        little = self._agents * battery.questions <= STORED
        self.sums = room_for(battery, self._agents if little and self._inherits else 1)

    @property
    def held_out(self) -> Battery | None:
        """Questions that selection does not see."""
        return None if self._hidden is None else self._hidden[0]

    @property
    def keeps(self) -> bool:
        """Whether there is a row for each clone."""
        return self.sums.number.shape[0] > 1

    def exams(self) -> tuple[Exam, Exam]:
        """Return the arrays of the visible and the held-out battery, the first twice if alone."""
        visible = exam_of(self.battery, self.sums)
        return visible, visible if self._hidden is None else exam_of(*self._hidden)

    def ask(self, question: Question, clones: Clones, census: Census, pool: Pool) -> None:
        """Add a question to the visible ones, and its part to sums and scores; nobody is stale."""
        number = self.battery.questions
        self.battery = self.battery.with_question(question.activated, scored_on=question.scored_on)
        if number == self.sums.room:
            self.sums = self.sums.widened(ROOM)
        on_value = question.scored_on == "value"
        add_question(question.activated, on_value, number, clones, census, pool, self.sums)

    def draft(self, more: int, entries: int) -> Exam:
        """Return a copy of the visible battery's arrays, with room for more.

        Parameters
        ----------
        more, entries : int
            Room for so many questions, and for so many entries of theirs in all.
        """
        battery = self.battery
        missing = battery.questions + more - self.sums.room
        if missing > 0:
            self.sums = self.sums.widened(missing)
        return Exam(
            battery.start.copy(),
            with_room(battery.question, entries),
            with_room(battery.weight, entries if battery.weight.size else 0),
            with_room(battery.on_value, more),
            *self.sums,
        )

    def adopt(self, draft: Exam, questions: int) -> None:
        """Ask what stands in a draft, to which questions were added."""
        entries = draft.start[-1]
        self.battery = Battery(
            draft.start,
            draft.question[:entries],
            draft.weight[:entries],
            draft.on_value[:questions],
        )


def exam_of(battery: Battery, sums: QuestionSums) -> Exam:
    """Return the arrays of a battery and of its question sums."""
    return Exam(
        as_kernels_take_it(battery.start),
        as_kernels_take_it(battery.question),
        as_kernels_take_it(battery.weight),
        as_kernels_take_it(battery.on_value),
        *sums,
    )
