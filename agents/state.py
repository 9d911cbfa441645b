"""The state of a run: everything that a generation reads and writes.

It is one `State`, made once per run and handed to compiled code as one
reference. To hand over its arrays one by one would cost more than most stages.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.experimental import structref
from numpy.typing import NDArray

from .compilation import kernel
from .evaluation.question_sums import Exam
from .evaluation.scoring import ScoringWorkspace
from .landscapes.landscape import Pool
from .measures.events import Entries
from .measures.recording import Recording
from .parameters.settings import Settings
from .parameters.summaries import summarised
from .population.abundance import Abundance, trait_mean
from .population.population import Population
from .population.traits import CAPABILITY
from .randomness import Streams
from .reproduction.mutation import GeneWorkspace, Proposals
from .selection.parents import Parents

STAGES = 13
"""The number of stages of a generation, see `peckham.agents.generation.STAGES`."""

NEVER = np.iinfo(np.int64).max
"""In place of a generation: never."""

CLOCK = np.dtype(
    [
        ("generation", np.int64),
        ("stage", np.int64),
        ("next_id", np.int64),
        ("counted", np.bool_),
        ("branched", np.bool_),
        ("stopped", np.bool_),
        ("caught", np.float64),
    ],
    align=True,
)
"""Numbers that change as the run goes on.

``generation`` and ``stage`` say where the run stands: what comes next.
``stopped`` says that ``stop_when`` ended it. ``next_id`` is the next agent's identity.
``counted`` says whether the abundance is up to date, ``branched`` whether there may be
genotypes that it did not count. ``caught`` is the share of agents caught in the last
assessment, NaN before.
"""


@summarised
class Arrays(NamedTuple):
    """The arrays of a run, which are made once.

    Attributes
    ----------
    clock : ndarray of `CLOCK`, shape (1,)
    python_from : ndarray of int64, shape (stages,)
        The generation from which each stage is left to Python, see
        `peckham.agents.generation.advance`.
    channels : ndarray of float64, shape (5,)
        Oversight in force, see `Channels`; NaN before the first assessment.
    even, odd : Population
        The agents of even and of odd generations. The arrays of the generation
        before are those of the next one's children.
    abundance : Abundance
        Of the genotypes of the agents.
    individuals : Abundance
        One entry per agent, where episodes are sampled.
    held_out : Exam
        The held-out battery; it counts only if the settings say so.
    assessment : ndarray of float64, shape (rows, N)
        What the last assessment found, in the order of `ASSESSED`.
    assessed : ndarray of int32, shape (N,)
        The entry of each agent in it.
    episodes : ndarray of float64, shape (N, 2)
        Uniforms for sampled episodes.
    pool, scoring, parents, genes, recording
        The landscape, scratch space, the parents, and the record.
    """

    clock: NDArray[np.void]
    python_from: NDArray[np.int64]
    channels: NDArray[np.float64]
    even: Population
    odd: Population
    abundance: Abundance
    individuals: Abundance
    pool: Pool
    held_out: Exam
    scoring: ScoringWorkspace
    assessment: NDArray[np.float64]
    assessed: NDArray[np.int32]
    episodes: NDArray[np.float64]
    parents: Parents
    genes: GeneWorkspace
    recording: Recording


@structref.register
class StateType(types.StructRef):
    """Numba's type of a `State`."""


class State(structref.StructRefProxy):
    """Everything that a generation reads and writes.

    Attributes
    ----------
    arrays : Arrays
        What is made once.
    settings, visible, proposals, events, streams
        What `replace` replaces; ``visible`` is the visible battery.
    """

    arrays: Arrays
    settings: Settings
    visible: Exam
    proposals: Proposals
    events: Entries
    streams: Streams

    @property
    def generation(self) -> int:
        """The generation that the run is in, from 0."""
        return int(self.arrays.clock["generation"][0])

    @property
    def stopped(self) -> bool:
        """Whether the record crossed the line of ``stop_when``, which ends the run."""
        return bool(self.arrays.clock["stopped"][0])

    @property
    def stage(self) -> int:
        """The number of the stage that comes next."""
        return int(self.arrays.clock["stage"][0])

    @property
    def population(self) -> Population:
        """The agents of this generation."""
        return self.arrays.odd if self.generation % 2 else self.arrays.even

    @property
    def found(self) -> NDArray[np.float64]:
        """The last assessment of every agent, shape (rows, N); see `Assessment`."""
        return self.arrays.assessment[:, self.arrays.assessed]

    def mean_capability(self) -> float:
        """Return the mean capability of the agents, 0..100."""
        return trait_mean(self.population.genotypes.traits, self.arrays.abundance, CAPABILITY)

    def note_change(self) -> None:
        """Note that agents were changed from outside, so that genotypes are counted anew."""
        self.arrays.clock["counted"], self.arrays.clock["branched"] = False, True

    def replace(self, **fields: Any) -> None:
        """Replace `settings`, `visible`, `proposals`, `events` or `streams`."""
        streams = fields.pop("streams", self.streams)
        for number, (old, new) in enumerate(zip(self.streams, streams, strict=True)):
            if old is not new:
                set_stream(self, number, new)
        self.streams = streams
        if fields:
            self.__dict__.update(fields)
            set_fields(self, self.settings, self.visible, self.proposals, self.events)

    def __repr__(self) -> str:
        agents = self.population.size
        return f"State(generation={self.generation}, stage={self.stage}, {agents} agents)"

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle what the state is made of."""
        made_of = (self.arrays, self.settings, self.visible, self.proposals, self.events)
        return new_state, (*made_of, self.streams)


FIELDS = ("arrays", "settings", "visible", "proposals", "events", *Streams._fields)

structref.define_constructor(State, StateType, FIELDS)
structref.define_attributes(StateType)
structref.define_boxing(StateType, State)


@kernel(allocates=True)
def make(
    arrays: Arrays,
    settings: Settings,
    visible: Exam,
    proposals: Proposals,
    events: Entries,
    rng: np.random.Generator,
) -> State:
    """Make a state all of whose streams are the same.

    Each generator is handed over alone, which takes some 25 µs; to hand over a
    tuple that holds any takes a hundred times longer.
    """
    return State(arrays, settings, visible, proposals, events, rng, rng, rng, rng, rng, rng)


def new_state(
    arrays: Arrays,
    settings: Settings,
    visible: Exam,
    proposals: Proposals,
    events: Entries,
    streams: Streams,
) -> State:
    """Return a state that is made of these."""
    rng = streams.selection
    state = make(arrays, settings, visible, proposals, events, rng)
    state.arrays, state.settings, state.visible = arrays, settings, visible
    state.proposals, state.events = proposals, events
    state.streams = Streams(*[rng] * len(streams))
    state.replace(streams=streams)
    return state


@kernel(allocates=True)
def set_fields(
    state: State, settings: Settings, visible: Exam, proposals: Proposals, events: Entries
) -> None:
    """Replace what may change between stages."""
    state.settings, state.visible = settings, visible
    state.proposals, state.events = proposals, events


@kernel(allocates=True)
def set_stream(state: State, number: int, rng: np.random.Generator) -> None:
    """Replace a stream, by its number among `Streams`."""
    if number == 0:
        state.selection = rng
    elif number == 1:
        state.recombination = rng
    elif number == 2:
        state.mutation = rng
    elif number == 3:
        state.capability = rng
    elif number == 4:
        state.strategy = rng
    else:
        state.conduct = rng
