"""The evaluator: the agent that tests all the others."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.battery import Battery
from peckham.agents.generation import SCORE, perform
from peckham.agents.interventions.intervention import Change, Question, Relabelling
from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.oversight.channels import Channels
from peckham.agents.population.traits import NONE
from peckham.agents.state import State

from .assessment import ASSESSED, assess
from .question_sums import exam_of
from .questions import Questions
from .revision import add_question, relabel_genotypes, relabel_sums

EXPECTED = np.empty((0, 2))
"""In place of uniforms: episodes are expected, not sampled."""


class EvaluatorAgent(mesa.Agent):
    """Runs a battery of proxy questions on every agent, under oversight.

    An ordinary Mesa agent. Interventions change its battery and oversight, and
    so may users between steps, through `apply` and `oversee`.

    Parameters
    ----------
    model : PopulationModel
        The model.
    questions : Questions
        Its questions.
    state : State
        The state of the run.
    """

    def __init__(self, model: Any, questions: Questions, state: State) -> None:
        super().__init__(model)
        self.unique_id = 0  # model agents have 1, 2, ...
        self.questions = questions
        self.state = state

    @property
    def battery(self) -> Battery:
        """The visible questions."""
        return self.questions.visible

    @property
    def held_out(self) -> Battery | None:
        """Questions that selection does not see."""
        return self.questions.held_out

    @property
    def oversight(self) -> Any:
        """The block ``oversight``, as it is now."""
        return self.model.spec.oversight

    @property
    def channels(self) -> Channels:
        """Oversight in force at the last assessment, NaN before."""
        return Channels(*self.state.arrays.channels.tolist())

    def channels_now(self) -> Channels:
        """Return oversight as it acts on the agents that there are now."""
        self.score()
        state, oversight = self.state, self.oversight
        channels = oversight.scaling.scaled(
            oversight.channels(), state.mean_capability(), state.population.size
        )
        return Channels(*map(float, channels))

    @property
    def scores(self) -> NDArray[np.float64]:
        """P, U and F of the agents assessed last, shape (3, N)."""
        return self.assessed[:3]

    @property
    def assessed(self) -> NDArray[np.float64]:
        """The last assessment, in the order of `ASSESSED`; shape (rows, N).

        Without oversight only P, U and F are computed, unless a measure, a
        snapshot or a data collector needs more; the other rows are NaN then.
        """
        return self.state.found

    def row(self, name: str) -> NDArray[np.float64]:
        """Return a row of `assessed`, shape (N,)."""
        return self.assessed[ASSESSED.index(name)]

    @property
    def caught(self) -> float:
        """Share of agents caught deceiving in the last assessment, NaN before."""
        return float(self.state.arrays.clock["caught"][0])

    def score(self) -> None:
        """Compute the scores of all agents that have none yet."""
        perform(self.state, SCORE)

    def expected(self) -> NDArray[np.float64]:
        """Return what an assessment with expected episodes finds now, shape (rows, N).

        Nothing is drawn, and the run is left as it is.
        """
        self.score()
        state = self.state
        genotypes, abundance = state.population.genotypes, state.arrays.abundance
        found = np.empty((len(ASSESSED), state.population.size))
        assess(genotypes, abundance, state.settings, self.channels_now(), EXPECTED, found)
        return found[:, abundance.member]

    def oversee(self, **settings: Any) -> None:
        """Change oversight.

        Parameters
        ----------
        **settings
            Fields of the block ``oversight`` and their new values.

        Raises
        ------
        SpecError
            If there is no such field, or a value is out of its range.
        """
        self.model.set_block("oversight", settings)

    def apply(self, change: Change) -> None:
        """Carry out a change of the battery or the signals, and update the scores.

        Parameters
        ----------
        change : Change
            After a change of battery every agent is scored again; one more
            question adds its part to the scores. New signals change the scores
            by the same linear rule, unless a question is scored on value or
            the rule would lose digits; then every agent is scored again.
        """
        if change.battery is not None:
            self.questions.replace(change.battery)
            self.state.population.genotypes.sums_row[:] = NONE
            self.state.population.forget_scores()
            self._show_battery()
        if change.question is not None:
            self._add(change.question)
        if change.relabelling is not None:
            self._relabel(change.relabelling)

    def _show_battery(self) -> None:
        self.state.replace(visible=exam_of(self.questions.visible, self.questions.sums))

    def _add(self, question: Question) -> None:
        self.score()  # the newborn, on the questions so far
        number = self.battery.questions
        self.questions.add(question)
        self._show_battery()
        state = self.state
        add_question(
            question.activated,
            number,
            state.population.genotypes,
            state.arrays.abundance,
            state.arrays.pool,
            state.visible,
        )

    def _relabel(self, rule: Relabelling) -> None:
        self.score()  # the rule holds for scores under the old signals
        landscape: Landscape = self.model.landscape
        relabelled = rule(landscape)
        self.model.landscape = landscape.relabelled(relabelled)
        signal = self.state.arrays.pool.signal  # empty in a trait population
        signal[:] = relabelled[: signal.size]
        if self.battery.on_value.any() or rule.cancels(landscape, relabelled):
            self.state.population.forget_scores()
        else:
            numbers = float(rule.of_signal), float(rule.of_value), float(rule.constant)
            state = self.state
            relabel_sums(state.visible, *numbers)
            relabel_genotypes(
                state.population.genotypes,
                state.arrays.abundance,
                state.arrays.pool,
                *numbers,
                state.settings.held_out,
            )

    def __repr__(self) -> str:
        return f"EvaluatorAgent({self.battery.questions} questions)"
