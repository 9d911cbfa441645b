"""Stretches: many generations in one compiled call, where they are of the common kind.

A generation of the common kind is what `PopulationModel.step` makes of it: the
same kernels in the same order on the same random numbers, so the rows are the
same to the last bit. What is saved is the way from one kernel to the next,
which takes up to as long as the kernels themselves. Anything out of the common, from
a trigger to a rule of one's own, is left to `step`.
"""

from __future__ import annotations

import time
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from peckham.agents.parameters.spec import ModelSpec, OversightBlock, ReproductionBlock
from peckham.agents.reproduction.mutation import EVEN, most_numbers, proposed

from .agenda import begin, is_done, sign_off
from .evolution import evolve
from .randomness import BLOCK, Source, Uniforms, source_of
from .schedule import Schedule
from .scratch import Scratch, scratch_for
from .terms import RULES, Terms, terms_of

if TYPE_CHECKING:
    from .model import PopulationModel

UNCOMMON = tuple({*ReproductionBlock.model_fields} - {"mutation_rate", "proposal"})
"""Ways in which children differ from their parents that are not compiled here."""

FIRST = 128
"""Generations in the first call; twice as many in each after it, while it is quick."""

LONGEST = 1.0
"""Seconds that one call may take, for until it returns not even Ctrl-C is heard."""

NONE = Uniforms(np.random.default_rng(0))
NO_SOURCE = source_of(NONE.rng)
"""In place of the numbers of mutation: nobody draws from them."""


# ------------------------------------------------------------ which, and how far


class Tools(NamedTuple):
    """What the stretches of a run have in common.

    Attributes
    ----------
    terms : Terms
    scratch : Scratch
    rng : numpy.random.Generator
        The stream of selection, kept here for its source is but an address.
    uniforms : Uniforms
        Those of mutation, `NONE` without any.
    selection, mutation : Source
        Where compiled code draws from them.
    """

    terms: Terms
    scratch: Scratch
    rng: np.random.Generator
    uniforms: Uniforms
    selection: Source
    mutation: Source


class Known(NamedTuple):
    """What holds in a run until the model's parameters change.

    Attributes
    ----------
    spec : ModelSpec
    oversight : OversightBlock
        The parameters, the evaluator's apart.
    tools : Tools or None
        None if generations are not of the common kind even where nothing is due.
    """

    spec: ModelSpec
    oversight: OversightBlock
    tools: Tools | None


def known_of(model: PopulationModel) -> Known:
    """Return what holds now; it is worked out when the parameters have changed."""
    spec, oversight, known = model.spec, model.evaluator.oversight, model.known
    if known is None or known.spec is not spec or known.oversight is not oversight:
        known = Known(spec, oversight, tools_for(model) if is_common(model) else None)
        model.known = known
    return known


def tools_for(model: PopulationModel) -> Tools:
    """Return what all stretches use until the parameters change."""
    terms, people = terms_of(model), model.population
    rng, uniforms = model.stream("selection"), model.mutation if terms.mutation_rate > 0 else NONE
    return Tools(
        terms=terms,
        scratch=scratch_for(terms.rule, people.size, people.genes, model.seen.size - 1),
        rng=rng,
        uniforms=uniforms,
        selection=source_of(rng),
        mutation=NO_SOURCE if uniforms is NONE else source_of(uniforms.rng),
    )


def is_common(model: PopulationModel) -> bool:
    """Return whether a model's generations are of the common kind, where nothing is due."""
    spec = model.spec
    build = spec.reproduction
    return (
        not any(getattr(build, change) for change in UNCOMMON)
        and spec.conduct.allele_assortment == 0
        and (build.mutation_rate == 0 or model.population.genes > 0)
        and type(spec.selection).select in RULES
        and spec.conduct.episodes == "expected"
        and not model.evaluator.oversight.scaling.of_capability
    )


def stop_of(model: PopulationModel, schedule: Schedule) -> int | None:
    """Return where a stretch ends that begins here, None if none of some length can.

    What is due now is applied before it, unless that may make generations
    uncommon.
    """
    now = model.generation
    place = bisect_right(schedule.stops, now)
    if now in schedule.apart or place == len(schedule.stops):
        return None
    stop = schedule.stops[place]
    return stop if stop > now + 1 and known_of(model).tools is not None else None


# ------------------------------------------------------------ a stretch


def stretch(model: PopulationModel, schedule: Schedule, stop: int, may_end_early: bool) -> bool:
    """Run generations up to a stop, or as many as one call takes.

    Whatever interrupts it, the model stands where the last generation ended.

    Parameters
    ----------
    model : PopulationModel
        Its generations are of the common kind.
    schedule : Schedule
        What is due in a generation that is among its stops was applied.
    stop : int
        The generation to stop before.
    may_end_early : bool
        Whether to stop once nothing can change any more.

    Returns
    -------
    bool
        Whether it stopped because nothing can change any more.
    """
    evaluator, population = model.evaluator, model.population
    book, tools = model.record.book(), known_of(model).tools
    assert tools is not None
    terms, uniforms = tools.terms, tools.uniforms
    log_weights, cumulated = EVEN, EVEN
    if terms.mutation_rate > 0:
        # steps in between may have left less
        uniforms.reserve(max(BLOCK, most_numbers(population.genes)))
        log_weights, cumulated = proposed(
            model.spec.reproduction.proposal.log_weights(model.landscape)
        )
    first = model.generation
    until = min(stop, first + model.at_once)
    items = [item for item in schedule.due(first, until) if not is_done(model, item)]
    agenda, visible, held_out, pool = begin(model, items)
    progress = np.array([0, model.next_id, False])
    started = time.perf_counter()
    try:
        evolve(
            population,
            model.adults,
            *evaluator.censuses,
            pool,
            visible,
            held_out,
            agenda,
            terms,
            book,
            evaluator.scratch,
            evaluator.desk,
            tools.scratch,
            log_weights,
            cumulated,
            model.seen,
            tools.selection,
            tools.mutation,
            uniforms.drawn,
            uniforms.span,
            first,
            until,
            may_end_early,
            progress,
        )
    finally:
        generations, model.next_id, is_over = progress.tolist()
        model.generation += generations
        model.steps += generations
        if generations % 2:
            model.population, model.adults = model.adults, model.population
        if items:
            sign_off(model, items, agenda, visible, pool)
        evaluator.catch_up(generations, terms.stakes.channels if terms.assesses else None)
    pace = (time.perf_counter() - started) / max(1, generations)
    model.at_once = max(1, min(2 * model.at_once, int(LONGEST / pace)))
    return bool(is_over)
