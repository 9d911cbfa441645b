"""One generation: the stages that a population goes through, in their order.

`STAGES` has the order in words, `run_stages` in code. Stages are compiled. A
stage in which something must be done in Python (an intervention, a user-defined
selection rule, a data collector) is left to `PopulationModel`, which performs it
and then lets `advance` go on. So `step`, which advances by one generation, and
`run`, which advances by many, go through the same stages.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import kernel
from .evaluation.assessment import assess, copy_scores, named, share_caught
from .evaluation.question_sums import Exam
from .evaluation.scoring import mark_scored, score_battery, score_traits
from .measures.events import Entries
from .measures.recorder import record_generation, record_selection
from .measures.recording import Recording, crosses
from .oversight.channels import as_channels
from .oversight.sanctions import find_spared
from .parameters.settings import Settings
from .population.abundance import count_genotypes, count_left, list_agents, trait_mean
from .population.population import Population
from .population.traits import CAPABILITY, HELD_OUT, PROXY
from .randomness import Streams
from .reproduction.inheritance import inherit
from .reproduction.mutation import Proposals, mutate_beliefs
from .reproduction.recombination import merge_parents
from .reproduction.trait_mutation import (
    drift_capability,
    flip_alleles,
    mutate_alignment,
    take_alleles,
)
from .selection.draw import fill
from .selection.parents import NO_PARENT, choose_second
from .selection.rules import draw_parents
from .state import NEVER, Arrays, State

STAGES = {
    "intervene": "interventions that are due change the battery, the signals or a parameter",
    "score": "P and U of every new genotype are computed on the battery",
    "oversee": "the channels of oversight are scaled to the population",
    "assess": "conduct, detection, judgement and deployment give q, h, f, F and T",
    "record": "measures are taken; snapshots and data collectors see the agents",
    "select": "parents are drawn by the selection rule on F",
    "pair": "merged children get a second parent, assorted alleles a parent of their own",
    "record_selection": "the selection is measured",
    "inherit": "children take their parents' genotypes",
    "recombine": "merged children share the beliefs and traits of both parents",
    "mutate": "newborn children exchange beliefs for new ones; heritable alignment changes",
    "drift": "capability changes",
    "transmit": "strategy alleles come from their own parent, and flip",
}
"""The stages of a generation, in their order, and what happens in each."""

INTERVENE, SCORE, OVERSEE, ASSESS, RECORD, SELECT, PAIR = range(7)
RECORD_SELECTION, INHERIT, RECOMBINE, MUTATE, DRIFT, TRANSMIT = range(7, 13)

ALL = -1
"""In place of a stage: all of them, in their order."""


@kernel
def pass_on(clock: NDArray[np.void], recording: Recording) -> None:
    """Go on to the next stage; after the last one the children are the adults.

    A run ends here early if its record crossed the line of ``stop_when``.
    """
    now = clock[0]
    now.stage += 1
    if now.stage > TRANSMIT:
        now.stopped = crosses(recording, now.generation)
        now.stage, now.counted = INTERVENE, False
        now.generation += 1


@kernel
def run_stages(
    arrays: Arrays,
    settings: Settings,
    visible: Exam,
    proposals: Proposals,
    events: Entries,
    streams: Streams,
    until: int,
    only: int,
) -> None:
    """Perform stages from the one that comes next, or one stage only; see `advance`."""
    clock, python_from = arrays.clock[0], arrays.python_from
    while clock.generation < until and (only != ALL or not clock.stopped):
        stage = clock.stage if only == ALL else only
        adults, children = arrays.even, arrays.odd
        if clock.generation % 2 == 1:
            adults, children = arrays.odd, arrays.even
        is_full = events.codes.shape[0] - events.filled[0] < arrays.recording.most_events
        in_python = clock.generation >= python_from[stage] or (stage == RECORD and is_full)
        if in_python and only == ALL:
            return

        if stage == SCORE:
            score(arrays, settings, visible, adults)
        elif stage == OVERSEE:
            oversee(arrays, settings, adults)
        elif stage == ASSESS:
            assess_agents(arrays, settings, adults, streams)
        elif stage == RECORD:
            record_generation(arrays, settings, visible, adults, events)
        elif stage == SELECT:
            select(arrays, settings, streams)
        elif stage == PAIR:
            pair(arrays, settings, streams)
        elif stage == RECORD_SELECTION:
            record_selection(arrays, settings, adults)
        elif stage == INHERIT:
            first = arrays.parents.first
            clock.next_id = inherit(first.parents, first.born, adults, children, clock.next_id)
        elif stage == RECOMBINE:
            recombine(arrays, settings, adults, children, streams)
        elif stage == MUTATE:
            mutate(arrays, settings, children, proposals, streams)
        elif stage == DRIFT:
            drift(arrays, settings, children, streams)
        elif stage == TRANSMIT:
            transmit(arrays, settings, adults, children, streams)

        if only != ALL:
            return
        pass_on(arrays.clock, arrays.recording)


@kernel(allocates=True)
def run_from(state: State, until: int, only: int) -> None:
    """Perform stages of a state: the one way into compiled code; see `run_stages`."""
    streams = Streams(
        state.selection,
        state.recombination,
        state.mutation,
        state.capability,
        state.strategy,
        state.conduct,
    )
    settings, visible, proposals = state.settings, state.visible, state.proposals
    run_stages(state.arrays, settings, visible, proposals, state.events, streams, until, only)


def advance(state: State, until: int) -> None:
    """Perform stages until the generation `until` begins, or until a stage is Python's.

    A stage is left to Python from the generation ``python_from[stage]`` on, and so is the
    stage ``record`` where there is no room for another generation's events.
    """
    run_from(state, until, ALL)


def perform(state: State, stage: int) -> None:
    """Perform one stage, as far as it is compiled; the clock stays."""
    run_from(state, NEVER, stage)


@kernel(inline=True)
def score(arrays: Arrays, settings: Settings, visible: Exam, adults: Population) -> None:
    """Count the genotypes, and score those that are stale; in a trait population all are."""
    clock, genotypes, abundance = arrays.clock[0], adults.genotypes, arrays.abundance
    if not clock.counted:
        if clock.branched:
            count_genotypes(adults.genotype, abundance)
        else:
            count_left(adults.genotype, abundance)
        clock.counted, clock.branched = True, False
    stale = False
    for k in range(abundance.distinct[0]):
        stale |= genotypes.stale[abundance.genotype[k]]
    if genotypes.beliefs.shape[1] == 0:
        score_traits(genotypes.traits, abundance, settings.pressure)
    elif stale:
        pool, workspace, inherits = arrays.pool, arrays.scoring, settings.inherits_sums
        score_battery(genotypes, abundance, visible, pool, workspace, PROXY, inherits)
        if settings.held_out:
            exam = arrays.held_out
            score_battery(genotypes, abundance, exam, pool, workspace, HELD_OUT, inherits)
    if stale:
        mark_scored(genotypes)


@kernel(inline=True)
def oversee(arrays: Arrays, settings: Settings, adults: Population) -> None:
    """Bring oversight into force: as it was set, or in proportion to mean capability."""
    factor = 1.0
    if settings.reference > 0.0:
        mean = trait_mean(adults.genotypes.traits, arrays.abundance, CAPABILITY)
        factor = mean / settings.reference
    for k in range(len(settings.channels)):
        arrays.channels[k] = min(1.0, factor * settings.channels[k])


@kernel(inline=True)
def assess_agents(arrays: Arrays, settings: Settings, adults: Population, streams: Streams) -> None:
    """Assess every genotype, or every agent where episodes are sampled."""
    genotypes, found, spared = adults.genotypes, arrays.assessment, arrays.parents.spared
    channels, clock, assessed = as_channels(arrays.channels), arrays.clock[0], arrays.abundance
    clock.caught = 0.0
    spared[:] = 1.0
    if settings.sampled:
        assessed = arrays.individuals
        list_agents(adults.genotype, assessed)
        fill(streams.conduct, arrays.episodes.reshape(arrays.episodes.size))
        assess(genotypes, assessed, settings, channels, arrays.episodes, found)
    elif settings.assesses_all:
        assess(genotypes, assessed, settings, channels, arrays.episodes[:0], found)
    if not (settings.sampled or settings.overseen):  # F is P, even where P − U overflows
        copy_scores(genotypes, assessed, found)
    if settings.sampled or settings.assesses_all:
        clock.caught = share_caught(found, assessed)
    if settings.removal:
        find_spared(named(found).caught, named(found).wrongly_flagged, assessed.member, spared)
    fitness, by_entry = arrays.parents.fitness, named(found).fitness
    for i in range(fitness.size):
        arrays.assessed[i] = assessed.member[i]
        fitness[i] = by_entry[assessed.member[i]]
    if settings.neutral:
        fitness[:] = 0.0
        spared[:] = 1.0


@kernel(inline=True)
def select(arrays: Arrays, settings: Settings, streams: Streams) -> None:
    """Draw parents by the selection rule."""
    parents, rule, strength = arrays.parents, settings.rule, settings.strength
    fitness, spared, workspace = parents.fitness, parents.spared, parents.workspace
    draw_parents(rule, fitness, spared, strength, streams.selection, parents.first, workspace)


@kernel(inline=True)
def pair(arrays: Arrays, settings: Settings, streams: Streams) -> None:
    """Draw second parents, and parents of strategy alleles, independently by the same rule."""
    parents, rule, strength = arrays.parents, settings.second_rule, settings.strength
    fitness, spared, workspace = parents.fitness, parents.spared, parents.workspace
    for rate, rng, chosen in (
        (settings.recombination_rate, streams.recombination, parents.second),
        (settings.allele_assortment, streams.strategy, parents.allele),
    ):
        if rate > 0.0:
            draw_parents(rule, fitness, spared, strength, rng, parents.other, workspace)
            choose_second(parents.first.born, parents.other.parents, rate, rng, chosen)
        else:
            chosen[:] = NO_PARENT


@kernel(inline=True)
def recombine(
    arrays: Arrays, settings: Settings, adults: Population, children: Population, streams: Streams
) -> None:
    """Merge the two parents of those children that have two."""
    if settings.recombination_rate > 0.0:
        second, uniforms = arrays.parents.second, arrays.parents.workspace.uniforms
        rng = streams.recombination
        merge_parents(second, uniforms, adults, children, arrays.genes, rng)
        arrays.clock[0].branched = True


@kernel(inline=True)
def mutate(
    arrays: Arrays, settings: Settings, children: Population, proposals: Proposals, streams: Streams
) -> None:
    """Replace beliefs of the newborn; change their heritable alignment."""
    born, rng, rate = arrays.parents.first.born, streams.mutation, settings.mutation_rate
    if rate > 0.0:
        mutate_beliefs(born, rate, children, proposals, arrays.genes, rng)
        arrays.clock[0].branched = True
    if settings.alignment_sd > 0.0:
        mutate_alignment(born, children, settings.alignment_sd, rng)
        arrays.clock[0].branched = True


@kernel(inline=True)
def drift(arrays: Arrays, settings: Settings, children: Population, streams: Streams) -> None:
    """Change the capability of the newborn."""
    change, sd = settings.capability_drift, settings.capability_sd
    if change != 0.0 or sd > 0.0:
        drift_capability(arrays.parents.first.born, children, change, sd, streams.capability)
        arrays.clock[0].branched = True


@kernel(inline=True)
def transmit(
    arrays: Arrays, settings: Settings, adults: Population, children: Population, streams: Streams
) -> None:
    """Pass on strategy alleles, and flip some."""
    if settings.allele_assortment > 0.0:
        take_alleles(arrays.parents.allele, adults, children)
        arrays.clock[0].branched = True
    if settings.flip_rate > 0.0:
        flip_alleles(arrays.parents.first.born, children, settings.flip_rate, streams.strategy)
        arrays.clock[0].branched = True
