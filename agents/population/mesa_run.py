"""What Mesa expects of a run: agents, their classes, and random streams."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np
import pandas as pd
from mesa.agent import AgentSet

from peckham.agents.parameters.validation import SpecError
from peckham.agents.randomness import stream

from .views import ModelAgent


class MesaRun(mesa.Model):
    """Base of `PopulationModel`: its agents are views of slots, built when they are asked for.

    Parameters
    ----------
    seed : int
        The run's seed, at least 0.
    datacollector : mesa.DataCollector, optional
        Collects in every generation, after it is recorded.

    Raises
    ------
    SpecError
        If the seed is not a whole number, at least 0.
    """

    generations: int
    record: Any
    state: Any

    def __init__(self, seed: int, datacollector: mesa.DataCollector | None) -> None:
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise SpecError("seed", f"must be a whole number, at least 0, got {seed!r}")
        super().__init__(rng=int(seed))  # no operator uses it
        self.seed = int(seed)
        self.datacollector = datacollector
        self._streams: dict[str, np.random.Generator] = {}
        self._views: AgentSet | None = None

    def stream(self, name: str) -> np.random.Generator:
        """Return the run's random stream of this name; it goes on where it was left."""
        if name not in self._streams:
            self._streams[name] = stream(self.seed, name)
        return self._streams[name]

    def check_running(self) -> None:
        """Refuse to go on after the end.

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

    @property
    def events(self) -> pd.DataFrame:
        """The fixations and losses so far, one row each, as in the events of a run folder.

        Only groups of measures that are recorded find any.
        """
        found: pd.DataFrame = self.record.events_frame()
        return found

    @property
    def agents(self) -> AgentSet:
        """The model agents: views of all slots.

        The evaluator is in `evaluator` and in `agents_by_type`.
        """
        if self._views is None:
            self._held = [ModelAgent(self, slot) for slot in range(self.state.population.size)]
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
