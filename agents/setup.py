"""How a run begins: battery, founders, record and state, each from its own stream."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .batteries.battery import no_questions
from .evaluation.assessment import ASSESSED
from .evaluation.questions import Questions
from .evaluation.scoring import blank_scoring_workspace
from .landscapes.landscape import NO_BELIEFS, Landscape
from .landscapes.outliers import has_outliers
from .measures.record import Record
from .parameters.settings import settings_of, streams_of
from .parameters.spec import Alignment, ModelSpec
from .population.abundance import blank_abundance
from .population.founders import founders
from .population.population import Population
from .reproduction.mutation import blank_gene_workspace, proposals_of
from .selection.parents import blank_parents
from .state import CLOCK, NEVER, STAGES, Arrays, State, new_state

Stream = Callable[[str], np.random.Generator]


def blank_clock(size: int) -> NDArray[np.void]:
    """Return the clock of a run of `size` agents before its first generation."""
    clock = np.zeros(1, CLOCK)
    clock["next_id"], clock["branched"], clock["caught"] = size + 1, True, np.nan
    return clock


def draw_founders(spec: ModelSpec, stream: Stream) -> Population:
    """Draw the agents of generation 0."""
    block, rho = spec.population, spec.population.alignment or Alignment()
    return founders(
        block.size,
        block.beliefs_per_agent,
        spec.landscape.size,
        len(spec.landscape.cluster_names),
        block.schemers,
        (block.capability.mean, block.capability.sd),
        (rho.mean, rho.sd),
        stream,
    )


def draw_questions(spec: ModelSpec, stream: Stream, inherits_sums: bool) -> Questions:
    """Draw the visible and the held-out battery; a trait population has none."""
    size, block = spec.landscape.size, spec.battery
    visible, held_out = no_questions(size), None
    if spec.population.beliefs_per_agent > 0:
        structure = block.structure(size, stream("battery"))
        visible = block.draw(structure, size, block.questions, stream("battery"))
        if block.held_out > 0:
            held_out = block.draw(structure, size, block.held_out, stream("held_out"))
    return Questions(visible, held_out, spec.population.size, inherits_sums)


def start(
    spec: ModelSpec, stream: Stream, landscape: Callable[[], Landscape], watched: bool
) -> tuple[State, Record, Questions]:
    """Return the state of a run before its first generation, its record and its questions.

    ``stream(name)`` returns a random stream, and ``landscape()`` the beliefs; a trait
    population does not call it. `watched` says that a data collector or a snapshot looks at
    the agents.
    """
    build, size, genes = spec.reproduction, spec.population.size, spec.population.beliefs_per_agent
    changes = genes > 0 and (build.mutation_rate > 0 or build.recombination_rate > 0)
    inherits_sums = changes and not has_outliers(landscape())
    questions = draw_questions(spec, stream, inherits_sums)
    visible, held_out = questions.exams()
    pool = landscape().pool() if genes > 0 else NO_BELIEFS
    record, adults = Record(spec, pool.cluster), draw_founders(spec, stream)
    settings = settings_of(
        spec,
        assesses_all=watched or record.needs_assessment,
        held_out=questions.held_out is not None,
        inherits_sums=inherits_sums,
    )
    arrays = Arrays(
        clock=blank_clock(size),
        python_from=np.full(STAGES, NEVER),
        channels=np.full(5, np.nan),
        even=adults,
        odd=adults.blank_children(),
        abundance=blank_abundance(size),
        individuals=blank_abundance(size),
        pool=pool,
        held_out=held_out,
        scoring=blank_scoring_workspace(size, genes),
        assessment=np.full((len(ASSESSED), size), np.nan),
        assessed=np.zeros(size, np.int32),
        episodes=np.empty((size, 2)),
        parents=blank_parents(size),
        genes=blank_gene_workspace(size, genes, spec.landscape.size),
        recording=record.recording,
    )
    events = record.log.reserve(2 * record.recording.most_events)
    proposals, streams = proposals_of(None), streams_of(spec, stream)
    state = new_state(arrays, settings, visible, proposals, events, streams)
    return state, record, questions
