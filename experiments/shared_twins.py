"""Neutral twins that have the same agents in every generation, simulated once.

Without selection, agents do not depend on what the evaluator makes of them. Twins that
differ in oversight, conduct or selection pressure only are therefore one trajectory, and
only the measures that depend on these blocks are taken for each of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from peckham.agents import generation as stages
from peckham.agents.evaluation.assessment import ASSESSED
from peckham.agents.generation import perform
from peckham.agents.measures.record import FINAL, Record
from peckham.agents.measures.recording import GROUPS
from peckham.agents.measures.registry import group_measures
from peckham.agents.model import PopulationModel
from peckham.agents.parameters.settings import scales_in_python, settings_of, streams_of
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.population.abundance import blank_abundance
from peckham.agents.randomness import stream
from peckham.agents.selection.parentage import CompiledRule
from peckham.agents.selection.parents import blank_parents
from peckham.agents.state import new_state

OWN = ("scores", "assessment", "conduct", "outcomes")
"""The groups of measures that depend on oversight or conduct."""


def trajectory(spec: ModelSpec) -> str | None:
    """Return what decides the agents of a neutral twin, None if it must be simulated alone.

    Twins with equal texts have equal agents from the same seed. Those with
    interventions, snapshots, an early end or parts in Python are left alone.

    Parameters
    ----------
    spec : ModelSpec
        The parameters of a run.
    """
    if (
        spec.control != "neutral"
        or spec.interventions
        or spec.record.agents_at
        or spec.stop_when is not None
        or scales_in_python(spec)
        or not isinstance(spec.selection, CompiledRule)
    ):
        return None
    rule = spec.selection
    if hasattr(rule, "beta"):  # all have the same fitness, so selection pressure does nothing
        rule = rule.model_copy(update={"beta": 0.0})
    spec = spec.model_copy(update={"selection": rule})
    shared = spec.model_dump_json(exclude={"oversight", "conduct", "interventions"})
    return f"{spec.conduct.allele_assortment} {shared}"


class SharedTwins(PopulationModel):
    """The first of several twins with one trajectory, which the others look at.

    Parameters
    ----------
    specs : sequence of ModelSpec
        The parameters of the twins, with equal `trajectory`.
    seed : int
        Their seed.
    """

    def __init__(self, specs: Sequence[ModelSpec], seed: int) -> None:
        super().__init__(specs[0], seed)
        self.others = [OtherTwin(spec, self) for spec in specs[1:]]

    def _leave_to_python(self) -> None:
        super()._leave_to_python()
        self.state.arrays.python_from[stages.SELECT] = self.generation

    def _perform(self, stage: int) -> None:
        if stage == stages.SELECT:
            for other in self.others:
                other.observe()
        super()._perform(stage)


class OtherTwin:
    """A twin whose agents are those of another run.

    Parameters
    ----------
    spec : ModelSpec
        Its parameters.
    model : PopulationModel
        The run that simulates the agents.
    """

    def __init__(self, spec: ModelSpec, model: PopulationModel) -> None:
        state, size = model.state, spec.population.size
        arrays, self._shared = state.arrays, model
        self.record = Record(spec, arrays.pool.cluster)
        recording, clusters = self.record.recording, spec.landscape.cluster_names
        first = recording.columns._asdict()
        self._own = [
            column
            for name in OWN
            if first[name] >= 0
            for column in range(
                first[name], first[name] + len(group_measures(GROUPS[name], clusters))
            )
        ]
        unshared = {name: column if name in OWN else -1 for name, column in first.items()}
        own = arrays._replace(
            channels=np.full_like(arrays.channels, np.nan),
            individuals=blank_abundance(size),
            assessment=np.full((len(ASSESSED), size), np.nan),
            assessed=np.zeros(size, np.int32),
            episodes=np.empty((size, 2)),
            parents=blank_parents(size),
            recording=recording._replace(columns=recording.columns._replace(**unshared)),
        )
        flags = {"held_out": state.settings.held_out, "inherits_sums": state.settings.inherits_sums}
        settings = settings_of(spec, assesses_all=self.record.needs_assessment, **flags)
        self._events = self.record.log.reserve(2 * recording.most_events)
        self.state = new_state(
            own,
            settings,
            state.visible,
            state.proposals,
            self._events,
            streams_of(spec, partial(stream, model.seed)),
        )

    def observe(self) -> None:
        """Assess the agents of this generation under its own parameters, and measure that."""
        self._events.filled[:] = 0  # events are those of the shared run
        for stage in (stages.OVERSEE, stages.ASSESS, stages.RECORD):
            perform(self.state, stage)

    @property
    def rows(self) -> NDArray[np.float64]:
        """The selected measures, one row per generation."""
        shared = self._shared.record
        rows = shared.recording.rows.copy()
        rows[:, self._own] = self.record.recording.rows[:, self._own]
        return shared.chosen(rows)

    @property
    def final(self) -> dict[str, float]:
        """The final measures."""
        shared = self._shared.final
        last = dict(zip(self._shared.record.names, self.rows[-1].tolist(), strict=True))
        return {name: shared[name] if name in FINAL else last[name] for name in shared}
