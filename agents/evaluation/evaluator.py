"""The evaluator: the agent that tests all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.battery import Battery
from peckham.agents.compilation import as_kernels_take_it
from peckham.agents.interventions.intervention import Change, Question, Relabelling
from peckham.agents.landscapes.outliers import is_tame
from peckham.agents.oversight.channels import Channels, channels_in_force, channels_of
from peckham.agents.parameters.spec import ModelSpec, OversightBlock
from peckham.agents.payoff import ASSESSED, Stakes, assess
from peckham.agents.population.abundance import (
    Census,
    blank_census,
    column_mean,
    count_agents,
    count_clones,
)
from peckham.agents.population.columns import CAPABILITY, UNKNOWN

from .desk import clear_desk
from .examination import Examination
from .question_sums import relabel_rows
from .revision import relabel_clones
from .scoring import Pool, copy_scores, score_clones

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel

EXPECTED = np.empty((0, 2))
"""In place of uniforms: episodes are expected, not sampled."""

NO_BELIEFS = Pool(np.empty(0), np.empty(0), np.empty(0), np.empty(0, np.int16))
"""The landscape of a trait population."""


def genomes_change(spec: ModelSpec) -> bool:
    """Return whether children ever hold other beliefs than their parents."""
    build = spec.reproduction
    return spec.population.beliefs_per_agent > 0 and (
        build.mutation_rate > 0 or build.recombination_rate > 0
    )


class EvaluatorAgent(mesa.Agent):
    """Runs a battery of proxy questions on every agent, under oversight.

    An ordinary Mesa agent. Battery and oversight are its own; interventions
    change them, and so may anyone between steps, through `apply` and
    `oversee`.

    Attributes
    ----------
    examination : Examination
        The batteries, and the question sums that are kept.
    channels : Channels
        Oversight as it was in force at the last assessment.
    caught : float
        Share of agents caught deceiving in the last generation, NaN before.
    removed : ndarray of bool, shape (N,), or None
        Agents that can have no children, where removal is the sanction.
    looks : bool
        Whether there is any oversight.
    inherits : bool
        Whether sums over beliefs and questions are inherited: genomes change,
        and no belief is so large that the others are lost, see `is_tame`.
    seen : Census
        Whom the last assessment looked at: each clone once, or each agent
        where episodes are sampled.
    desk : Desk
        Scratch space for scoring.
    scratch : ndarray of float64, shape (rows, N)
        Where what is found is written to.
    """

    def __init__(self, model: PopulationModel, battery: Battery, held_out: Battery | None) -> None:
        super().__init__(model)
        self.unique_id = 0  # model agents have 1, 2, ...
        self.inherits = genomes_change(model.spec) and is_tame(model.landscape)
        self.examination = Examination(battery, held_out, model.population.size, self.inherits)
        self.oversight = model.spec.oversight
        self.channels = Channels(*[np.nan] * 5)
        self.caught = np.nan
        self.removed: NDArray[np.bool_] | None = None
        self.desk = clear_desk(model.population.size, model.population.genes)
        self.scratch = np.full((len(ASSESSED), model.population.size), np.nan)
        self.seen = blank_census(model.population.size)
        self._census, self._is_counted = blank_census(model.population.size), False
        self._scored_under: float | None = None
        self._is_due = False
        self._expected: NDArray[np.float64] | None = None

    @property
    def battery(self) -> Battery:
        """The visible questions."""
        return self.examination.battery

    @property
    def held_out(self) -> Battery | None:
        """Questions that selection does not see."""
        return self.examination.held_out

    @property
    def oversight(self) -> OversightBlock:
        """How closely it looks."""
        return self._oversight

    @oversight.setter
    def oversight(self, oversight: OversightBlock) -> None:
        self._oversight = oversight
        self.looks = any(channels_of(oversight))

    @property
    def scores(self) -> NDArray[np.float64]:
        """P, U and F of the agents just evaluated, shape (3, N)."""
        return self.scratch[:3, self.seen.member]

    @property
    def assessed(self) -> NDArray[np.float64]:
        """All that was found in this generation, in the order of `ASSESSED`; shape (rows, N)."""
        return self.found[:, self.seen.member]

    @property
    def found(self) -> NDArray[np.float64]:
        """What was found of those in the census `seen`, which come first; shape (rows, N)."""
        if self._is_due:
            self._assess(EXPECTED, self.seen, self.scratch)
            # F = P, as it was
            copy_scores(self.model.population.clones.ledger, self.seen, self.scratch)
            self._is_due = False
        return self.scratch

    @property
    def census(self) -> Census:
        """The clones that there are now."""
        if not self._is_counted:
            count_clones(self.model.population, self._census)
            self._is_counted = True
        return self._census

    def score(self) -> None:
        """Bring the scores of all stale clones up to date; the others keep what they inherited.

        Where there are no beliefs, all are scored anew once anything has changed.
        """
        population, pressure = self.model.population, float(self.model.spec.deployment.pressure)
        clones = population.clones
        traits_are_due = population.genes == 0 and self._scored_under != pressure
        if not traits_are_due and not np.count_nonzero(clones.stale):
            return
        score_clones(
            clones,
            self.census,
            *self.examination.exams(),
            self.pool(),
            pressure,
            self.inherits,
            self.held_out is not None,
            self.desk,
        )
        self._scored_under = pressure

    def evaluate(self) -> NDArray[np.float64]:
        """Score and assess every agent and return fitness F, shape (N,).

        Sampled episodes take two uniforms an agent from the ``conduct``
        stream. Where removal is the sanction, `removed` says who was caught
        or flagged; if all would be removed, none is. Without any oversight
        F = P, and the rest is worked out only if somebody looks at it.
        """
        self.score()
        model, conduct = self.model, self.model.spec.conduct
        self.removed = None
        sampled = conduct.episodes == "sampled"
        (count_agents if sampled else count_clones)(model.population, self.seen)
        self._is_due = not (self.looks or sampled)
        if self._is_due:
            copy_scores(model.population.clones.ledger, self.seen, self.scratch)
            self.caught = 0.0
            return self.scratch[2, self.seen.member]
        uniforms = EXPECTED
        if sampled:
            uniforms = model.stream("conduct").random((model.population.size, 2))
        self._assess(uniforms, self.seen, self.scratch)
        self.caught = self._share_caught()
        if self.oversight.sanction == "removal":
            removed = self.row("caught") + self.row("wrongly_flagged") > 0
            self.removed = removed if removed.any() and not removed.all() else None
        return self.row("fitness")

    def row(self, name: str) -> NDArray[np.float64]:
        """Return a row of `assessed`, shape (N,)."""
        return self.found[ASSESSED.index(name), self.seen.member]

    def _share_caught(self) -> float:
        """Return the share of agents that were caught deceiving in the last assessment."""
        caught = self.scratch[ASSESSED.index("caught"), : self.seen.size]
        everyone = self.seen.counts[: self.seen.size]
        return float(np.add.reduce(caught * everyone) / self.seen.member.size)

    def glance(self) -> NDArray[np.float64]:
        """Return what an assessment with expected episodes would find now; nothing is drawn."""
        self.score()
        if self._expected is None:
            found = np.empty_like(self.scratch)
            self._assess(EXPECTED, self.census, found)
            self._expected = found[:, self.census.member]
        return self._expected

    def look_again(self) -> None:
        """Have the next `glance` assess anew, and traits scored anew, for something has changed."""
        self._expected = self._scored_under = None
        if self._is_due:  # nobody looked, and now it is too late
            self.scratch[3:] = np.nan
            self._is_due = False

    def recount(self) -> None:
        """Take another census when one is asked for: it has changed who there is."""
        self._is_counted = False
        self.look_again()

    def _assess(
        self, uniforms: NDArray[np.float64], census: Census, found: NDArray[np.float64]
    ) -> None:
        population, stakes = self.model.population, self.stakes()
        self.channels = stakes.channels
        assess(census, population.clones.ledger, population.genes, stakes, uniforms, found)

    def stakes(self) -> Stakes:
        """Return what an assessment depends on besides the agents."""
        oversight, spec = self.oversight, self.model.spec
        conduct, deployment = spec.conduct, spec.deployment
        return Stakes(
            pressure=float(deployment.pressure),
            shift=float(deployment.shift),
            channels=self.channels_now(),
            sensitivity=float(oversight.sensitivity),
            false_positive_rate=float(oversight.false_positive_rate),
            penalty=float(oversight.penalty) if oversight.sanction == "penalty" else 0.0,
            innate=conduct.kind == "innate",
            conditions=conduct.horizon and conduct.threat_ends,
            aware_from=float(conduct.aware_from),
        )

    def channels_now(self) -> Channels:
        """Return oversight as it acts on who is there."""
        population, capability = self.model.population, np.nan
        if self.oversight.scaling.of_capability:
            capability = column_mean(population.clones.ledger, self.census, CAPABILITY)
        return channels_in_force(self.oversight, capability, population.size)

    def pool(self) -> Pool:
        """Return the arrays of the landscape; a trait population has none."""
        if self.model.population.genes == 0:
            return NO_BELIEFS
        landscape = self.model.landscape
        return Pool(
            as_kernels_take_it(landscape.value),
            as_kernels_take_it(landscape.signal),
            as_kernels_take_it(landscape.signal0),
            as_kernels_take_it(landscape.cluster),
        )

    @property
    def censuses(self) -> tuple[Census, Census]:
        """Room for the census of who there is, and for that of who was assessed last."""
        return self._census, self.seen

    def catch_up(self, generations: int, channels: Channels | None) -> None:
        """Take note of generations that were assessed elsewhere, into `scratch` and `censuses`.

        Parameters
        ----------
        generations : int
            How many. The censuses changed places after each.
        channels : Channels, optional
            In force at the assessment; None if only P, U and F were written.
        """
        if generations == 0:
            return
        if generations % 2:
            self._census, self.seen = self.seen, self._census
        self._is_due = channels is None
        self.look_again()
        self._is_counted = True
        self._scored_under = float(self.model.spec.deployment.pressure)
        self.removed = None
        if channels is not None:
            self.channels = channels
        self.caught = self._share_caught() if self.looks else 0.0

    def oversee(self, **settings: Any) -> None:
        """Change oversight, by hand or by an intervention.

        Parameters
        ----------
        **settings
            Fields of the block ``oversight`` and their new values.

        Raises
        ------
        SpecError
            If there is no such field, or a value is out of its range.
        """
        from peckham.agents.parameters.validation import check_fit, translated

        given = self.oversight.model_dump() | settings
        oversight = translated(OversightBlock, given)
        check_fit(self.model.spec.model_copy(update={"oversight": oversight}))
        self.oversight = oversight
        self.look_again()

    def apply(self, change: Change) -> None:
        """Carry out a change, and see to it that what it touches is scored again.

        Parameters
        ----------
        change : Change
            Another battery has every agent scored again; one more question
            adds its part to the scores. New signals change the scores by the
            same linear rule, unless a question is scored on value.
        """
        if change.battery is not None:
            self.examination.replace(change.battery)
            if not self.examination.keeps:
                self.model.population.clones.row[:] = UNKNOWN
            self.model.population.disown()
        if change.question is not None:
            self._add(change.question)
        if change.relabelling is not None:
            self._relabel(change.relabelling)
        self.look_again()

    def _add(self, question: Question) -> None:
        self.score()  # the newborn, on the questions so far
        clones = self.model.population.clones
        self.examination.ask(question, clones, self.census, self.pool())

    def _relabel(self, rule: Relabelling) -> None:
        model, clones = self.model, self.model.population.clones
        self.score()  # the rule holds for scores under the old signals, so these must be there
        model.landscape = model.landscape.relabelled(rule(model.landscape))
        if self.battery.on_value.any():
            model.population.disown()
            return
        terms = float(rule.of_signal), float(rule.of_value), float(rule.constant)
        relabel_rows(self.examination.sums, *terms)
        relabel_clones(clones, self.census, self.pool(), *terms, self.held_out is not None)

    def __repr__(self) -> str:
        questions: Any = self.battery.questions
        return f"EvaluatorAgent({questions} questions)"
