"""One run: a population of models, an evaluator, and what is recorded."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import mesa
import numpy as np
import pandas as pd

from . import generation as stages
from .evaluation.evaluator import EvaluatorAgent
from .generation import advance, pass_on, perform
from .interventions.intervention import Circumstances
from .interventions.schedule import Schedule, first_from
from .interventions.set import SETTABLE
from .landscapes.landscape import Landscape
from .measures.profile import stage_times
from .parameters.settings import scales_in_python, settings_of, streams_of
from .parameters.spec import ModelSpec
from .parameters.validation import SpecError, check_fit, validated, with_block, with_setting
from .population.mesa_run import MesaRun
from .population.population import Population
from .reproduction.mutation import proposals_of
from .selection.parents import pair_in_python, select_in_python
from .selection.rules import IN_PYTHON
from .setup import start
from .state import NEVER

FIRST = 128  # generations in the first compiled call; the next ones take longer, up to
LONGEST = 1.0  # seconds: until a call returns not even Ctrl-C is heard


class PopulationModel(MesaRun):
    """A population of AI models that is tested, selected and copied.

    The order of events in a generation is in `peckham.agents.generation`.

    Parameters
    ----------
    spec : ModelSpec or mapping
        The parameters; a mapping has the blocks of an experiment file, and
        what it leaves out takes its default.
    seed : int
        The run's seed, at least 0. With the spec it determines the run.
    datacollector : mesa.DataCollector, optional
        Collects in every generation, after it is recorded.

    Attributes
    ----------
    spec : ModelSpec
        The parameters as they are now.
    state, record, evaluator, schedule
        What a generation reads and writes, what was measured, the tester, the interventions.
    final : dict
        The final measures; empty until the run has ended.

    Raises
    ------
    SpecError
        If the parameters are wrong.
    """

    def __init__(
        self,
        spec: ModelSpec | Mapping[str, Any],
        seed: int,
        *,
        datacollector: mesa.DataCollector | None = None,
    ) -> None:
        super().__init__(seed, datacollector)
        self.spec = spec if isinstance(spec, ModelSpec) else validated(spec)
        check_fit(self.spec)
        self.generations = self.spec.generations
        self.final: dict[str, float] = {}
        self._landscape: Landscape | None = None
        self._initial_oversight = self.spec.oversight.level
        self._at_once, self._shown = FIRST, sorted(self.spec.record.agents_at)
        self.schedule = Schedule(self.spec.interventions, self.generations)
        self.state, self.record, questions = start(
            self.spec, self.stream, lambda: self.landscape, self._is_watched
        )
        self._propose()
        self.evaluator = EvaluatorAgent(self, questions, self.state)
        # Mesa 3.3 would keep this model alive for ever, to number its agents
        getattr(mesa.Agent, "_ids", {}).pop(self, None)

    @property
    def landscape(self) -> Landscape:
        """The beliefs, with their current signals; drawn when they are first needed."""
        if self._landscape is None:
            self._landscape = self.spec.landscape.draw(self.stream("landscape"))
        return self._landscape

    @landscape.setter
    def landscape(self, landscape: Landscape) -> None:
        self._landscape = landscape
        self._propose()

    def _propose(self) -> None:
        """Weigh the beliefs that mutations propose, by the landscape as it is now."""
        build = self.spec.reproduction
        weights = build.proposal.log_weights(self.landscape) if build.mutation_rate > 0 else None
        if weights is not None:
            self.state.replace(proposals=proposals_of(weights))

    @property
    def generation(self) -> int:
        """The generation that `step` will evaluate next, from 0."""
        return self.state.generation

    @property
    def population(self) -> Population:
        """The agents of this generation."""
        return self.state.population

    def step(self) -> None:
        """Run one generation, in the order of `peckham.agents.generation.STAGES`.

        Raises
        ------
        RuntimeError
            If the run has ended.
        """
        self.check_running()
        self._run_until(min(self.generation + 1, self.generations))
        self._end_if_due()

    def run(self) -> PopulationModel:
        """Run all generations that are left, and return the model.

        Rows are those that `step` gives. The run can go on after an interrupt.
        """
        while self.running:
            began, started = self.generation, time.perf_counter()
            try:
                self._run_until(min(self.generations, began + self._at_once))
            finally:
                self.steps = self.generation
            pace = (time.perf_counter() - started) / max(1, self.generation - began)
            self._at_once = max(1, min(2 * self._at_once, int(LONGEST / pace)))
            self._end_if_due()
        return self

    def profile(self) -> pd.DataFrame:
        """Run all generations that are left, and return `stage_times`, calls included."""
        return stage_times([*stages.STAGES], self._stage_by_stage())

    def _stage_by_stage(self) -> Iterator[int]:
        """Perform all stages that are left, one by one."""
        self._prepare()
        while self.generation < self.generations and not self.state.stopped:
            stage = self.state.stage
            self._perform(stage)
            self.steps = self.generation
            yield stage
        self._end_if_due()

    def _run_until(self, until: int) -> None:
        """Advance to a generation; in between, perform the stages that are Python's."""
        self._prepare()
        advance(self.state, until)
        while self.generation < until and not self.state.stopped:
            self._perform(self.state.stage)
            advance(self.state, until)

    def _prepare(self) -> None:
        """Check that there is room for the record; assess all that a collector may read."""
        if self.generations > len(self.record.recording.rows):
            raise IndexError("the record has no room for more generations than the spec asks for")
        if self._is_watched and not self.state.settings.assesses_all:
            self._take(self.spec)  # the collector was added later
        self._leave_to_python()

    def _leave_to_python(self) -> None:
        """Say from which generation on each stage is Python's."""
        python_from, now, passed = self.state.arrays.python_from, self.generation, self.state.stage
        watched = self.datacollector is not None or self.record.groups
        record = now + (passed > stages.RECORD)  # the next one
        shown = record if watched else first_from(record, self._shown)
        due = self.schedule.next(now + (passed > stages.INTERVENE))
        python_from[stages.INTERVENE] = NEVER if due is None else due
        python_from[stages.RECORD] = NEVER if shown is None else shown
        python_from[stages.OVERSEE] = now if scales_in_python(self.spec) else NEVER
        settings, in_python = self.state.settings, self.state.settings.rule == IN_PYTHON
        pairs = settings.recombination_rate > 0 or settings.allele_assortment > 0
        python_from[stages.SELECT] = now if in_python else NEVER
        python_from[stages.PAIR] = now if in_python and pairs else NEVER

    def _perform(self, stage: int) -> None:
        """Perform a stage, with what must be done in Python."""
        rule_in_python = self.state.settings.rule == IN_PYTHON
        if stage == stages.INTERVENE:
            self._intervene()
        elif stage == stages.OVERSEE and scales_in_python(self.spec):
            self.state.arrays.channels[:] = self.evaluator.channels_now()
        elif stage == stages.RECORD:
            self._record()
        elif stage == stages.SELECT and rule_in_python:
            select_in_python(self.state, self.spec.selection, self.stream("selection"))
        elif stage == stages.PAIR and rule_in_python:
            pair_in_python(self.state, self.spec.selection, self.stream)
        else:
            perform(self.state, stage)
        pass_on(self.state.arrays.clock, self.record.recording)
        if stage in (stages.INTERVENE, stages.RECORD):  # the next ones have other dates
            self._leave_to_python()

    def _intervene(self) -> None:
        """Apply the interventions that are due, in the order of their list."""
        for intervention in self.schedule.due(self.generation, self.record.measured):
            perform(self.state, stages.SCORE)  # the newborn, before anything changes
            self.record.note_newborn(self.state)
            change = intervention.change(self._circumstances(intervention.name))
            self.evaluator.apply(change)
            for path, value in change.settings.items():
                self.set(path, value)
            self.schedule.note(intervention, self.generation)

    def _record(self) -> None:
        """Take the measures; show the agents to groups in Python, snapshots and collectors."""
        record = self.record
        entries = record.log.reserve(2 * record.recording.most_events)
        if entries is not self.state.events:
            self.state.replace(events=entries)
        perform(self.state, stages.RECORD)
        record.observe(self.state)
        if self.generation in self._shown:
            record.take_snapshot(self.state, self.spec.deployment, self.stream("deployment"))
        if self.datacollector is not None:
            self.steps = self.generation + 1  # as in `step`
            self.datacollector.collect(self)

    def _circumstances(self, intervention: str) -> Circumstances:
        return Circumstances(
            generation=self.generation,
            times_applied=self.schedule.times_applied[intervention],
            landscape=self.landscape,
            battery=self.evaluator.battery,
            initial_questions=self.spec.battery.questions,
            population=self.population,
            initial_oversight=self._initial_oversight,
            caught=self.evaluator.caught,
            measured=partial(self.record.measured_before, self.generation),
        )

    def _end_if_due(self) -> None:
        """Close the record after the last reproduction."""
        if self.generation == self.generations or self.state.stopped:
            perform(self.state, stages.SCORE)
            self.state.replace(events=self.record.log.reserve(self.record.recording.most_events))
            self.final = self.record.close(self.state)
            self.running = False

    def set(self, path: str, value: Any) -> None:
        """Change a parameter of oversight, conduct, selection or deployment from now on.

        Parameters
        ----------
        path : str
            As in an experiment file, ``oversight.level``.
        value : object
            Its new value.

        Raises
        ------
        SpecError
            If it is none of these, or the value is out of its range.
        """
        if path.partition(".")[0] not in SETTABLE:
            blocks = ", ".join(SETTABLE)
            raise SpecError(path, f"cannot change while a run goes on; only {blocks} can")
        self._take(with_setting(self.spec, path, value))

    def set_block(self, block: str, settings: Mapping[str, Any]) -> None:
        """Change several parameters of a block at once; see `set`."""
        self._take(with_block(self.spec, block, settings))

    def _take(self, spec: ModelSpec) -> None:
        """Go on with other parameters."""
        self.spec, old = spec, self.state.settings
        all_of_it = self._is_watched or self.record.needs_assessment
        flags = {"held_out": old.held_out, "inherits_sums": old.inherits_sums}
        settings = settings_of(spec, assesses_all=all_of_it, **flags)
        self.state.replace(settings=settings, streams=streams_of(spec, self.stream))
        if not (settings.assesses_all or settings.sampled):  # no longer computed
            self.state.arrays.assessment[3:] = np.nan

    @property
    def _is_watched(self) -> bool:
        return self.datacollector is not None or bool(self.spec.record.agents_at)

    @property
    def log(self) -> pd.DataFrame:
        """The generations recorded so far, one row each, one column per measure."""
        return self.record.frame(self.generation)
