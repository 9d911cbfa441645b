"""One run: a population of models, an evaluator, and the order of events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet
from numpy.typing import NDArray

from peckham.agents.batteries.battery import no_questions
from peckham.agents.evaluation.evaluator import EvaluatorAgent
from peckham.agents.interventions.intervention import Circumstances
from peckham.agents.interventions.set import SETTABLE
from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.measures.record import Record
from peckham.agents.parameters.spec import Alignment, ModelSpec
from peckham.agents.parameters.validation import SpecError, check_fit, validated, with_setting
from peckham.agents.population.population import founders
from peckham.agents.population.views import ModelAgent
from peckham.agents.reproduction.inheritance import inherit
from peckham.agents.reproduction.mutation import mutate
from peckham.agents.reproduction.recombination import recombine, with_second_parents
from peckham.agents.reproduction.traits import (
    drift_capability,
    mutate_alignment,
    pass_on_strategy,
    with_allele_parents,
)
from peckham.agents.selection.parentage import Parentage

from .absorption import can_be_absorbed, is_absorbed
from .randomness import Uniforms, stream
from .schedule import schedule_of
from .stand_ins import are_as_written, stand_in_for
from .stretch import FIRST, Known, stop_of, stretch


class PopulationModel(mesa.Model):
    """A population of AI models that is tested, selected and copied.

    The same class runs in a notebook and ten thousand times in a sweep.

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
    generation : int
        The generation that `step` will evaluate next, from 0.
    population : Population
        Its members.
    adults : Population
        The generation they were born to; the nursery of the next.
    landscape : Landscape
        The beliefs, with their current signals.
    evaluator : EvaluatorAgent
        Who tests them.
    record : Record
        What was measured.
    final : dict
        The final measures; empty until the run has ended.
    at_once : int
        How many generations `run` takes at most in one call; it finds its pace.
    known : Known or None
        What `run` keeps in mind until the parameters change.
    times_applied, last_applied : dict
        How often each intervention has been applied, and in which generation
        last, by name.

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
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise SpecError("seed", f"must be a whole number, at least 0, got {seed!r}")
        seed = int(seed)
        super().__init__(rng=seed)  # no operator uses it
        self._mesas_step = self.step  # Mesa has put its own before ours, which counts
        self.spec = spec if isinstance(spec, ModelSpec) else validated(spec)
        check_fit(self.spec)
        self.seed = seed
        self.generations = self.spec.generations
        self.prevalence = self.spec.record.prevalence
        self.generation = 0
        self.final: dict[str, float] = {}
        self.datacollector = datacollector
        self._streams: dict[str, np.random.Generator] = {}
        self.times_applied: dict[str, int] = defaultdict(int)
        self.last_applied: dict[str, int] = {}
        self._views: AgentSet | None = None
        self._set_up()

    def _set_up(self) -> None:
        """Draw landscape, battery and founders, each from its own stream."""
        population, test = self.spec.population, self.spec.battery
        self._landscape: Landscape | None = None
        size = self.spec.landscape.size
        held_out = None
        if population.beliefs_per_agent > 0:
            structure = test.structure(size, self.stream("battery"))
            battery = test.draw(structure, size, test.questions, self.stream("battery"))
        else:
            battery = no_questions(size)
        if test.held_out > 0:
            held_out = test.draw(structure, size, test.held_out, self.stream("held_out"))
        rho = population.alignment or Alignment()
        self.population = founders(
            population.size,
            population.beliefs_per_agent,
            size,
            len(self.spec.landscape.cluster_names),
            population.schemers,
            (population.capability.mean, population.capability.sd),
            (rho.mean, rho.sd),
            self.stream,
        )
        self.adults = self.population.nursery()
        self.next_id = population.size + 1
        self.seen = np.zeros(size + 1, np.int64)
        self._mutation: Uniforms | None = None
        self.at_once = FIRST
        self.known: Known | None = None
        self._initial_oversight = self.spec.oversight.level
        self.evaluator = EvaluatorAgent(self, battery, held_out)
        # Mesa 3.3 would keep this model alive for ever, to number its agents
        getattr(mesa.Agent, "_ids", {}).pop(self, None)
        self.record = Record(self)

    def stream(self, name: str) -> np.random.Generator:
        """Return the run's random stream of this name; it goes on where it was left."""
        if name not in self._streams:
            self._streams[name] = stream(self.seed, name)
        return self._streams[name]

    @property
    def mutation(self) -> Uniforms:
        """The uniform numbers that mutation draws from."""
        if self._mutation is None:
            self._mutation = Uniforms(self.stream("mutation"))
        return self._mutation

    @property
    def landscape(self) -> Landscape:
        """The beliefs; drawn when they are first asked for, which a trait population never does."""
        if self._landscape is None:
            self._landscape = self.spec.landscape.draw(self.stream("landscape"))
        return self._landscape

    @landscape.setter
    def landscape(self, landscape: Landscape) -> None:
        self._landscape = landscape

    # ------------------------------------------------------------ one generation

    def step(self) -> None:
        """Run one generation, in this order of events.

        1. Interventions that are due change the battery, the signals or any other parameter.
        2. The evaluator scores every agent: P, U, then ρ, D, conduct, fitness F, T.
        3. The generation is recorded, as it is before its selection.
        4. Parents are drawn by the selection rule on F; a merged child gets two.
        5. Children are built: inheritance, recombination, mutation of beliefs, of
           capability, of strategy.

        Raises
        ------
        RuntimeError
            If the run has ended.
        """
        if not self.running:
            raise RuntimeError(
                f"the run has ended after its {self.generations} generations; "
                "build another PopulationModel, or raise generations"
            )
        if self.generation == self.generations:  # only the end was interrupted
            self.end()
            return
        self.intervene()
        fitness = self.evaluator.evaluate()
        self.record.observe(self)
        if self.datacollector is not None:
            self.datacollector.collect(self)
        parentage = self.select(fitness)
        self.record.selected(self, parentage)
        self.reproduce(parentage)
        self.generation += 1
        if self.generation == self.generations:
            self.end()

    def intervene(self) -> None:
        """Apply the interventions that are due, in the order of their list."""
        for intervention in self.spec.interventions:
            if not intervention.is_due(self.generation, self.record.measured):
                continue
            if self.last_applied.get(intervention.name) == self.generation:
                continue  # and then the run was interrupted
            self.evaluator.score()  # the newborn, under what they were born to
            self.record.settle(self)
            change = intervention.change(self._circumstances(intervention.name))
            self.evaluator.apply(change)
            for path, value in change.settings.items():
                self.set(path, value)
            self.note_applied(intervention.name, self.generation)

    def note_applied(self, intervention: str, generation: int) -> None:
        """Take note that an intervention has been applied."""
        self.times_applied[intervention] += 1
        self.last_applied[intervention] = generation

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
        spec = self.spec.model_copy(update={"oversight": self.evaluator.oversight})
        self.spec = with_setting(spec, path, value)
        self.evaluator.oversight = self.spec.oversight
        self.evaluator.look_again()

    def select(self, fitness: NDArray[np.float64]) -> Parentage:
        """Draw parents; a neutral twin's rule sees the same fitness for everyone."""
        removed = self.evaluator.removed
        if self.spec.control == "neutral":
            fitness, removed = np.zeros_like(fitness), None
        rule, spec = self.spec.selection, self.spec
        parentage = rule.select(fitness, self.stream("selection"), removed)
        if (rate := spec.reproduction.recombination_rate) > 0:
            rng = self.stream("recombination")
            parentage = with_second_parents(parentage, rule, fitness, removed, rate, rng)
        if (rate := spec.conduct.allele_assortment) > 0:
            rng = self.stream("strategy")
            parentage = with_allele_parents(parentage, rule, fitness, removed, rate, rng)
        return parentage

    def reproduce(self, parentage: Parentage) -> None:
        """Build the children in the nursery, and let them take the adults' place."""
        adults, children = self.population, self.adults
        self.next_id = inherit(parentage, adults, children, self.next_id)
        build, seen = self.spec.reproduction, self.seen
        if parentage.second is not None:
            recombine(parentage, adults, children, seen, self.stream("recombination"))
        if (rate := build.mutation_rate) > 0:
            weights = build.proposal.log_weights(self.landscape)
            mutate(parentage, children, rate, weights, seen, self.mutation)
        if (sd := build.alignment_sd) > 0:
            mutate_alignment(parentage, children, sd, self.stream("mutation"))
        if build.capability_drift != 0 or build.capability_sd > 0:
            drift, sd = build.capability_drift, build.capability_sd
            drift_capability(parentage, children, drift, sd, self.stream("capability"))
        if parentage.allele is not None or build.strategy_flip_rate > 0:
            rate, rng = build.strategy_flip_rate, self.stream("strategy")
            pass_on_strategy(parentage, adults, children, rate, rng)
        self.population, self.adults = children, adults
        self.evaluator.recount()

    def end(self) -> None:
        """Close the record after the last reproduction."""
        self.running = False
        self.evaluator.score()
        self.final = self.record.close(self)

    def run(self) -> PopulationModel:
        """Run all generations that are left, and return the model.

        Generations of the common kind are run many at a time; see
        `peckham.agents.stretch`. Rows are those that `step` gives.

        Once all agents are clones whom nothing can change any more, the rest
        of the record is what it is then. Lineages go on to drift among clones:
        where they are recorded, or somebody collects data, all is run.
        """
        watched = self.datacollector is not None
        by_stretches = not watched and are_as_written(self) and self.step == self._mesas_step
        schedule = schedule_of(self) if by_stretches else None
        self.known = None  # it is of one run; a copy of a model must find out for itself
        may_end_early = can_be_absorbed(self.spec) and not (watched or self.record.sees_descent)
        while self.running:
            if self.generation == self.generations:
                self.end()
                break
            stop = None if schedule is None else stop_of(self, schedule)
            if schedule is not None and stop is not None:
                if schedule.is_stop(self.generation):
                    self.intervene()
                is_over = stretch(self, schedule, stop, may_end_early)
            else:
                is_over = may_end_early and is_absorbed(
                    self.population.clones, self.evaluator.census
                )
                self.step()
            if self.running and is_over:
                self.record.hold(self.generation - 1)
                self.generation = self.generations
        return self

    def _circumstances(self, intervention: str) -> Circumstances:
        return Circumstances(
            generation=self.generation,
            times_applied=self.times_applied[intervention],
            landscape=self.landscape,
            battery=self.evaluator.battery,
            initial_questions=self.spec.battery.questions,
            population=self.population,
            initial_oversight=self._initial_oversight,
            caught=self.evaluator.caught,
        )

    # ------------------------------------------------------------ what is to be seen

    @property
    def log(self) -> pd.DataFrame:
        """The generations recorded so far, a row each, a column a measure."""
        return self.record.frame(self.generation)

    @property
    def agents(self) -> AgentSet:
        """The model agents, views of all slots that are built when they are first asked for.

        The evaluator is in `evaluator` and in `agents_by_type`.
        """
        if self._views is None:
            self._held = [ModelAgent(self, slot) for slot in range(self.population.size)]
            self._views = AgentSet(self._held, random=self.random)
        return self._views

    @property
    def agents_by_type(self) -> dict[type[mesa.Agent], AgentSet]:
        """The agents of each class: `ModelAgent` and `EvaluatorAgent`, and any that were added."""
        return {ModelAgent: self.agents, **self._agents_by_type}

    @property
    def agent_types(self) -> list[type[mesa.Agent]]:
        """The classes of agents."""
        return list(self.agents_by_type)


stand_in_for(PopulationModel, "step", "intervene", "select", "reproduce", "stream")
