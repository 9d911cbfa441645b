"""The evaluator: the agent that tests all the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mesa
import numpy as np
from numpy.typing import NDArray

from .batteries.battery import Battery
from .interventions.intervention import Change, Relabelling
from .ledger import score_rows, sum_rows
from .payoff import exerted_pressure, mesa_alignment, true_performance

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
        self.battery = battery
        self.held_out = held_out
        self.assessed = np.full((len(ASSESSED), model.population.size), np.nan)

    def score(self) -> None:
        """Bring the scores of all stale agents up to date; the others keep what they inherited."""
        population, landscape = self.model.population, self.model.landscape
        stale = population.stale
        if not stale.any():
            return
        sum_rows(
            stale,
            population.beliefs,
            landscape.value,
            landscape.signal,
            landscape.signal0,
            landscape.cluster,
            population.ledger,
            population.genome,
        )
        for battery in (self.battery, self.held_out):
            if battery is not None:
                score_rows(
                    stale,
                    population.beliefs,
                    battery.start,
                    battery.question,
                    battery.weight,
                    battery.on_value,
                    landscape.value,
                    landscape.signal,
                    population.ledger,
                    battery is self.held_out,
                )
        stale[:] = False

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
        population = self.model.population
        deployment = self.model.spec.deployment
        _, _, _, deployed, gap, capability, alignment, _ = self.assessed
        capability[:] = population.column("capability")
        mesa_alignment(
            population.column("product_sum"),
            population.column("value_square_sum"),
            population.column("signal_square_sum"),
            out=alignment,
        )
        pressure = exerted_pressure(deployment.pressure, capability)
        true_performance(self.assessed[1], alignment, pressure, deployment.shift, out=deployed)
        np.subtract(self.assessed[0], deployed, out=gap)
        return self.assessed

    def apply(self, change: Change) -> None:
        """Carry out a change, and see to it that what it touches is scored again.

        Parameters
        ----------
        change : Change
            A new battery has every agent scored again. New signals change the
            scores by the same linear rule, unless a question is scored on
            value or held out.
        """
        population = self.model.population
        if change.battery is not None:
            self.battery = change.battery
            population.stale[:] = True
        if change.relabelling is not None:
            self._relabel(change.relabelling)

    def _relabel(self, rule: Relabelling) -> None:
        model, population = self.model, self.model.population
        linear = self.held_out is None and not self.battery.on_value.any()
        if linear:  # the rule holds for scores under the old signals, so these must be there
            self.score()
        model.landscape = model.landscape.relabelled(rule(model.landscape))
        if not linear:
            population.stale[:] = True
            return
        proxy = population.column("proxy")
        answered = population.column("answered") > 0
        proxy[:] = (
            rule.of_signal * proxy
            + rule.of_value * population.column("true_value")
            + rule.constant * answered
        )
        landscape = model.landscape
        sum_rows(
            np.ones(population.size, np.bool_),
            population.beliefs,
            landscape.value,
            landscape.signal,
            landscape.signal0,
            landscape.cluster,
            population.ledger,
            population.genome,
        )

    def __repr__(self) -> str:
        questions: Any = self.battery.questions
        return f"EvaluatorAgent({questions} questions)"
