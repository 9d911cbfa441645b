"""The evaluator: the agent that tests all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from .batteries.battery import Battery
from .compilation import compiled
from .interventions.intervention import Change, Question, Relabelling
from .landscapes.landscape import Landscape
from .ledger import ALIGNMENT, CAPABILITY, HELD_OUT, PROXY, SCHEMER, SUMS, UNKNOWN
from .oversight import Channels, channels_in_force, channels_of
from .parameters import OversightBlock
from .payoff import ASSESSED, assess, score_traits
from .revision import add_question, relabel_rows, relabel_sums
from .scoring import Exam, column_mean, copy_scores, score_rows

if TYPE_CHECKING:
    from .model import PopulationModel

EXPECTED = np.empty((0, 2))
"""In place of uniforms: episodes are expected, not sampled."""

STORED = 10_000_000
"""Agents times questions up to which question sums are stored (32 bytes each at most)."""

ROOM = 16
"""Room for questions is made in multiples of this."""

SAMPLE = 400
"""Size of the sample from which a median is taken."""

OUTLYING = 1e3
"""Sums are inherited if no value or signal exceeds the median by this factor."""


def sums_shape(battery: Battery) -> tuple[int, int]:
    """Return the shape of one agent's question sums; Σw is there only if weights differ."""
    return (4 if battery.weight.size else 3, battery.questions)


def is_tame(landscape: Landscape) -> bool:
    """Return whether no value or signal is so large that sums lose the others to rounding."""
    return not (outlying(landscape.value) or outlying(landscape.signal))


@compiled
def outlying(numbers: NDArray[np.float64]) -> bool:
    """Return whether the largest number is `OUTLYING` times the median of those that are not 0.

    The median is that of a sample, one number in so many.
    """
    sizes = np.abs(numbers[numbers != 0.0])
    if sizes.size == 0:
        return False
    return sizes.max() > OUTLYING * np.median(sizes[:: 1 + sizes.size // SAMPLE])


class EvaluatorAgent(mesa.Agent):
    """Runs a battery of proxy questions on every agent, under oversight.

    An ordinary Mesa agent. Battery and oversight are its own; interventions
    change them, and so may anyone between steps, through `apply` and
    `oversee`.

    Attributes
    ----------
    battery : Battery
        The visible questions.
    held_out : Battery or None
        Questions that selection does not see.
    channels : Channels
        Oversight as it was in force at the last assessment.
    caught : float
        Share of agents caught deceiving in the last generation, NaN before.
    removed : ndarray of bool, shape (N,), or None
        Agents that can have no children, where removal is the sanction.
    looks : bool
        Whether there is any oversight.
    is_tame : bool
        Whether question sums can be inherited, see `is_tame`.
    scratch : ndarray of float64, shape (rows, N)
        Where `assessed` is written to.
    """

    def __init__(self, model: PopulationModel, battery: Battery, held_out: Battery | None) -> None:
        super().__init__(model)
        self.unique_id = 0  # model agents have 1, 2, ...
        self.battery = battery
        self.held_out = held_out
        self.is_tame = model.population.genes > 0 and is_tame(model.landscape)
        self._sums = self._store(battery)
        self._held_out_sums = np.zeros((1, *sums_shape(held_out or battery)))
        self.oversight = model.spec.oversight
        self.channels = Channels(*[np.nan] * 5)
        self.caught = np.nan
        self.removed: NDArray[np.bool_] | None = None
        self.scratch = np.full((len(ASSESSED), model.population.size), np.nan)
        self._is_due = False
        self._expected: NDArray[np.float64] | None = None

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
        return self.scratch[:3]

    @property
    def assessed(self) -> NDArray[np.float64]:
        """All that was found in this generation, in the order of `ASSESSED`; shape (rows, N)."""
        if self._is_due:
            self._assess(EXPECTED, self.scratch)
            copy_scores(self.model.population.ledger, PROXY, self.scratch)  # F = P, as it was
            self._is_due = False
        return self.scratch

    def score(self) -> None:
        """Bring the scores of all stale agents up to date; the others keep what they inherited."""
        population, adults = self.model.population, self.model.adults
        stale = population.stale
        if population.genes == 0:
            self._score_traits()
            return
        if not np.count_nonzero(stale):
            return
        landscape = self.model.landscape
        for store, battery, first in (
            (self._sums, self.battery, PROXY),
            (self._held_out_sums, self.held_out, HELD_OUT),
        ):
            if battery is None:
                continue
            score_rows(
                stale,
                population.parent,
                population.beliefs,
                adults.beliefs,
                battery.start,
                battery.question,
                battery.weight,
                battery.on_value,
                landscape.value,
                landscape.signal,
                store,
                population.row,
                population.ledger,
                first,
                landscape.signal0,
                landscape.cluster,
                population.genome,
                self.is_tame,
                first == PROXY,
            )
        stale[:] = False

    def _score_traits(self) -> None:
        """Score a trait population: P is the pressure that an agent exerts, U = ρP."""
        pressure = self.model.spec.deployment.pressure
        score_traits(self.model.population.ledger, pressure, CAPABILITY, ALIGNMENT, PROXY)

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
        self._is_due = not self.looks and conduct.episodes == "expected"
        if self._is_due:
            copy_scores(model.population.ledger, PROXY, self.scratch)
            self.caught = 0.0
            return self.scratch[2]
        uniforms = EXPECTED
        if conduct.episodes == "sampled":
            uniforms = model.stream("conduct").random((model.population.size, 2))
        self._assess(uniforms, self.scratch)
        self.caught = float(np.add.reduce(self.row("caught")) / model.population.size)
        if self.oversight.sanction == "removal":
            removed = self.row("caught") + self.row("wrongly_flagged") > 0
            self.removed = removed if removed.any() and not removed.all() else None
        return self.row("fitness")

    def row(self, name: str) -> NDArray[np.float64]:
        """Return a row of `assessed`, shape (N,)."""
        return self.assessed[ASSESSED.index(name)]

    def glance(self) -> NDArray[np.float64]:
        """Return what an assessment with expected episodes would find now; nothing is drawn."""
        self.score()
        if self._expected is None:
            self._expected = np.empty_like(self.assessed)
            self._assess(EXPECTED, self._expected)
        return self._expected

    def look_again(self) -> None:
        """Have the next `glance` assess anew, for something has changed."""
        self._expected = None
        if self._is_due:  # nobody looked, and now it is too late
            self.scratch[len(self.scores) :] = np.nan
            self._is_due = False

    def _assess(self, uniforms: NDArray[np.float64], found: NDArray[np.float64]) -> None:
        model, oversight = self.model, self.oversight
        population, conduct, deployment = (
            model.population,
            model.spec.conduct,
            model.spec.deployment,
        )
        self.channels = self.channels_now()
        assess(
            population.ledger,
            SCHEMER,
            CAPABILITY,
            ALIGNMENT,
            PROXY,
            SUMS,
            population.genes,
            deployment.pressure,
            deployment.shift,
            (*self.channels,),
            oversight.sensitivity,
            oversight.false_positive_rate,
            oversight.penalty if oversight.sanction == "penalty" else 0.0,
            conduct.kind == "innate",
            conduct.horizon and conduct.threat_ends,
            conduct.aware_from,
            uniforms,
            found,
        )

    def channels_now(self) -> Channels:
        """Return oversight as it acts on who is there."""
        population = self.model.population
        capability = column_mean(population.ledger, CAPABILITY)
        return channels_in_force(self.oversight, capability, population.size)

    def exams(self) -> tuple[Exam, Exam]:
        """Return the arrays of the visible and of the held-out battery, if there is one."""
        visible, held_out = (
            Exam(b.start, b.question, b.weight, b.on_value, sums)
            for b, sums in (
                (self.battery, self._sums),
                (self.held_out or self.battery, self._held_out_sums),
            )
        )
        return visible, held_out

    def catch_up(self, channels: Channels | None) -> None:
        """Take note of a generation that was assessed elsewhere, into `scratch`.

        Parameters
        ----------
        channels : Channels, optional
            In force at the assessment; None if only P, U and F were written.
        """
        self._is_due = channels is None
        self.look_again()
        self.removed = None
        if channels is not None:
            self.channels = channels
        caught = self.scratch[ASSESSED.index("caught")]
        self.caught = float(np.add.reduce(caught) / caught.size) if self.looks else 0.0

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
        from .validation import check_fit, translated

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
            self.battery = change.battery
            self._sums = self._store(self.battery)
            self.model.population.disown(slice(None))
        if change.question is not None:
            self._add(change.question)
        if change.relabelling is not None:
            self._relabel(change.relabelling)
        self.look_again()

    def _add(self, question: Question) -> None:
        model, population = self.model, self.model.population
        self.score()  # the newborn, on the questions so far
        number = self.battery.questions
        self.battery = self.battery.with_question(question.activated, scored_on=question.scored_on)
        rows, kinds, room = self._sums.shape
        if rows == 1:  # nothing to add to
            self._sums = self._store(self.battery)
            population.disown(slice(None))
            return
        if number == room:
            before, self._sums = self._sums, np.zeros((rows, kinds, room + ROOM))
            self._sums[:, :, :room] = before
        add_question(
            question.activated,
            question.scored_on == "value",
            number,
            population.beliefs,
            model.landscape.value,
            model.landscape.signal,
            population.row,
            self._sums,
            population.ledger,
            PROXY,
        )

    def _relabel(self, rule: Relabelling) -> None:
        model, population = self.model, self.model.population
        self.score()  # the rule holds for scores under the old signals, so these must be there
        model.landscape = model.landscape.relabelled(rule(model.landscape))
        if self.battery.on_value.any():
            population.disown(slice(None))
            return
        for first in (PROXY, HELD_OUT) if self.held_out is not None else (PROXY,):
            proxy, true, answered = population.ledger[:, first : first + 3].T
            proxy[:] = rule.scores(proxy, true, answered > 0)
        relabel_rows(self._sums, rule.of_signal, rule.of_value, rule.constant)
        landscape = model.landscape
        relabel_sums(population.beliefs, landscape.value, landscape.signal, population.ledger)

    def _store(self, battery: Battery) -> NDArray[np.float64]:
        """Return room for question sums: a row an agent if that is little, else scratch.

        There is room for some more questions; what there is of them counts as inactive.
        """
        agents = self.model.population.size
        little = agents * battery.questions <= STORED
        rows = agents if little and self.is_tame else 1
        if rows == 1:
            self.model.population.row[:] = self.model.adults.row[:] = UNKNOWN
        kinds, questions = sums_shape(battery)
        return np.zeros((rows, kinds, -(-questions // ROOM) * ROOM))

    def __repr__(self) -> str:
        questions: Any = self.battery.questions
        return f"EvaluatorAgent({questions} questions)"
