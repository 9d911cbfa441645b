"""The evaluator: the agent that tests all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from .batteries.battery import Battery
from .interventions.intervention import Change, Relabelling
from .landscapes.landscape import Landscape
from .ledger import COLUMNS, HELD_OUT, PROXY, SUMS, UNKNOWN, free_rows, score_rows, sum_rows
from .payoff import deploy

if TYPE_CHECKING:
    from .model import PopulationModel

ASSESSED = (
    "proxy",
    "true_value",
    "fitness",
    "deployed",
    "goodhart_gap",
    "capability",
    "alignment",
    "deception_probability",
)
"""Rows of `EvaluatorAgent.assessed`: P, U, F, T, P − T, c, ρ, D."""


STORED = 1_000_000
"""Agents times questions up to which question sums are stored (64 bytes each)."""

OUTLYING = 1e3
"""Question sums are stored if no value or signal exceeds the median by this factor."""

NOWHERE = np.empty(0, np.int32)


def sums_shape(battery: Battery) -> tuple[int, int]:
    """Return the shape of one agent's question sums; Σw is there only if weights differ."""
    return (4 if battery.weight.size else 3, battery.questions)


def is_tame(landscape: Landscape) -> bool:
    """Return whether no value or signal is so large that sums lose the others to rounding."""
    for numbers in (landscape.value, landscape.signal):
        sizes = np.abs(numbers[numbers != 0])
        if sizes.size and sizes.max() > OUTLYING * np.median(sizes):
            return False
    return True


class EvaluatorAgent(mesa.Agent):
    """Runs a battery of proxy questions on every agent.

    An ordinary Mesa agent. It holds the battery; interventions change it, and
    so may anyone between steps, through `apply`.

    Attributes
    ----------
    battery : Battery
        The visible questions.
    held_out : Battery or None
        Questions that selection does not see.
    assessed : ndarray of float64, shape (8, N)
        What was found in this generation, in the order of `ASSESSED`.
    """

    def __init__(self, model: PopulationModel, battery: Battery, held_out: Battery | None) -> None:
        super().__init__(model)
        self.unique_id = 0  # model agents have 1, 2, ...
        self.battery = battery
        self.held_out = held_out
        self._sums = self._store(battery)
        self._held_out_sums = np.zeros((1, *sums_shape(held_out or battery)))
        self.assessed = np.full((len(ASSESSED), model.population.size), np.nan)

    def score(self) -> None:
        """Bring the scores of all stale agents up to date; the others keep what they inherited."""
        population, adults = self.model.population, self.model.adults
        landscape, stale = self.model.landscape, population.stale
        if not stale.any():
            return
        self._sum(stale)
        for store, battery, first in (
            (self._sums, self.battery, PROXY),
            (self._held_out_sums, self.held_out, HELD_OUT),
        ):
            if battery is None:
                continue
            keeps = store.shape[0] > 1
            free = NOWHERE
            if keeps:
                free = free_rows(stale, population.row, adults.row, store.shape[0])
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
                population.row if keeps else np.empty_like(population.row),
                free,
                population.ledger,
                first,
            )
        stale[:] = False

    def _sum(self, which: NDArray[np.bool_]) -> None:
        population, landscape = self.model.population, self.model.landscape
        sum_rows(
            which,
            population.parent,
            population.beliefs,
            self.model.adults.beliefs,
            landscape.value,
            landscape.signal,
            landscape.signal0,
            landscape.cluster,
            population.ledger,
            population.genome,
        )

    def evaluate(self) -> NDArray[np.float64]:
        """Score every agent and return fitness F, shape (N,). Without oversight F = P."""
        self.score()
        population = self.model.population
        self.assessed[0] = population.column("proxy")
        self.assessed[1] = population.column("true_value")
        self.assessed[2] = self.assessed[0]
        return self.assessed[2]

    def deployed(self) -> NDArray[np.float64]:
        """Work out what deployment would show of the agents just evaluated; return `assessed`."""
        deployment = self.model.spec.deployment
        deploy(
            self.model.population.ledger,
            COLUMNS.index("capability"),
            SUMS,
            deployment.pressure,
            deployment.shift,
            self.assessed,
        )
        return self.assessed

    def apply(self, change: Change) -> None:
        """Carry out a change, and see to it that what it touches is scored again.

        Parameters
        ----------
        change : Change
            A new battery has every agent scored again. New signals change the
            scores by the same linear rule, unless a question is scored on
            value.
        """
        if change.battery is not None:
            self.battery = change.battery
            self._sums = self._store(self.battery)
            self.model.population.disown(slice(None))
        if change.relabelling is not None:
            self._relabel(change.relabelling)

    def _relabel(self, rule: Relabelling) -> None:
        model, population = self.model, self.model.population
        self.score()  # the rule holds for scores under the old signals, so these must be there
        model.landscape = model.landscape.relabelled(rule(model.landscape))
        if self.battery.on_value.any():
            population.disown(slice(None))
            return
        for first in (PROXY, HELD_OUT):
            proxy, true, answered = population.ledger[:, first : first + 3].T
            proxy[:] = rule.scores(proxy, true, answered > 0)
        total = self._sums[:, 3 if self.battery.weight.size else 0]
        self._sums[:, 1] = rule.scores(self._sums[:, 1], self._sums[:, 2], total)
        population.parent[:] = UNKNOWN
        self._sum(np.ones(population.size, np.bool_))

    def _store(self, battery: Battery) -> NDArray[np.float64]:
        """Return room for question sums: two rows an agent if that is little, else scratch."""
        agents = self.model.population.size
        little = agents * battery.questions <= STORED
        rows = 2 * agents if little and is_tame(self.model.landscape) else 1
        return np.zeros((rows, *sums_shape(battery)))

    def __repr__(self) -> str:
        questions: Any = self.battery.questions
        return f"EvaluatorAgent({questions} questions)"
