"""Stretches: many generations in one compiled call, where they are of the common kind.

A generation of the common kind is what `PopulationModel.step` makes of it: the
same kernels in the same order on the same random numbers, so the rows are the
same to the last bit. What is saved is the way from one kernel to the next,
which takes up to as long as the kernels themselves. Anything out of the common, from
a trigger to a rule of one's own, is left to `step`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .evaluator import EvaluatorAgent
from .evolution import FERMI, MORAN, SOFTMAX, Landscape, Terms, evolve
from .measures.book import Book
from .mutation import EVEN, proposed
from .parameters import ModelSpec, ReproductionBlock
from .scalings.budget import Budget
from .scalings.constant import Constant
from .selection.fermi import Fermi
from .selection.moran import Moran
from .selection.neutral import Neutral
from .selection.softmax import Softmax

if TYPE_CHECKING:
    from .model import PopulationModel

RULES = {
    Softmax.select: SOFTMAX,
    Neutral.select: SOFTMAX,
    Fermi.select: FERMI,
    Moran.select: MORAN,
}
"""What is compiled in place of a rule's `select`."""

SCALINGS = (Constant.scaled, Budget.scaled)
"""Scalings of oversight that do not depend on who is there."""

UNCOMMON = tuple({*ReproductionBlock.model_fields} - {"mutation_rate", "proposal"})
"""Ways in which children differ from their parents that are not compiled here."""

OWN_WAYS = frozenset(
    {"intervene", "select", "reproduce", "evaluate", "score", "observe", "selected"}
)
"""What somebody may have replaced on a model, its evaluator or its record."""

AT_ONCE = 100_000_000
"""What one call takes on: agents, each with its beliefs and questions, times generations.

It takes a second or so; until it returns not even Ctrl-C is heard.
"""


# ------------------------------------------------------------ which, and how far


def is_common(model: PopulationModel) -> bool:
    """Return whether a model's generations are of the common kind, but for what is due in some."""
    spec = model.spec
    build = spec.reproduction
    return (
        not any(getattr(build, change) for change in UNCOMMON)
        and spec.conduct.allele_assortment == 0
        and (build.mutation_rate == 0 or model.population.genes > 0)
        and type(spec.selection).select in RULES
        and spec.conduct.episodes == "expected"
        and type(model.evaluator.oversight.scaling).scaled in SCALINGS
        and type(model.evaluator) is EvaluatorAgent
        and all(OWN_WAYS.isdisjoint(vars(o)) for o in (model, model.evaluator, model.record))
        and model.record.fits_book
    )


def may_begin(model: PopulationModel) -> bool:
    """Return whether a stretch of some length can begin here.

    What is due now is applied before it, unless that may make generations
    uncommon.
    """
    due = (i for i in model.spec.interventions if i.next_due(model.generation) == model.generation)
    return (
        is_common(model)
        and next_stop(model) > model.generation + 1
        and model.generation not in model.spec.record.agents_at
        and all(intervention.of_test for intervention in due)
    )


def next_stop(model: PopulationModel) -> int:
    """Return the next generation in which something may be due."""
    after = model.generation + 1
    stops = [generation for generation in model.spec.record.agents_at if generation >= after]
    stops += [g for i in model.spec.interventions if (g := i.next_due(after)) is not None]
    return min([*stops, model.generations])


# ------------------------------------------------------------ a stretch


def stretch(model: PopulationModel, may_end_early: bool) -> bool:
    """Run generations up to the next stop, or as many as one call takes.

    It takes no more than `AT_ONCE`, and no more than there is room for their events.

    Returns
    -------
    bool
        Whether it stopped because nothing can change any more.
    """
    evaluator, population = model.evaluator, model.population
    book = model.record.book()
    terms = terms_of(model, book, may_end_early)
    log_weights, cumulated = EVEN, EVEN
    landscape = Landscape(EVEN, EVEN, EVEN, np.empty(0, np.int16))
    uniforms = None
    if population.genes > 0:
        pool = model.landscape
        landscape = Landscape(pool.value, pool.signal, pool.signal0, pool.cluster)
    if terms.mutation_rate > 0:
        uniforms = model.mutation
        log_weights, cumulated = proposed(model.spec.reproduction.proposal.log_weights(pool))
    visible, held_out = evaluator.exams()
    work = population.size * (1 + population.genes + evaluator.battery.questions)
    generations, next_id, numbers, is_over = evolve(
        population,
        model.adults,
        landscape,
        visible,
        held_out,
        terms,
        book,
        evaluator.scratch,
        log_weights,
        cumulated,
        model.seen,
        model.stream("selection"),
        model.stream("selection") if uniforms is None else uniforms.rng,
        EVEN if uniforms is None else uniforms.left,
        model.generation,
        min(next_stop(model), model.generation + max(1, AT_ONCE // work)),
        model.next_id,
    )
    if uniforms is not None:
        uniforms.left = numbers
    evaluator.catch_up(terms.channels if terms.assesses else None)
    if generations % 2:
        model.population, model.adults = model.adults, model.population
    model.next_id = next_id
    model.generation += generations
    model.steps += generations
    return is_over


def terms_of(model: PopulationModel, book: Book, may_end_early: bool) -> Terms:
    """Return what stays the same from here to the next stop."""
    spec, evaluator = model.spec, model.evaluator
    oversight, conduct = evaluator.oversight, spec.conduct
    looks = evaluator.looks
    return Terms(
        rule=RULES[type(spec.selection).select],
        beta=pressure_of(spec),
        mutation_rate=float(spec.reproduction.mutation_rate),
        pressure=float(spec.deployment.pressure),
        shift=float(spec.deployment.shift),
        channels=evaluator.channels_now(),
        sensitivity=float(oversight.sensitivity),
        false_positive_rate=float(oversight.false_positive_rate),
        penalty=float(oversight.penalty),
        innate=conduct.kind == "innate",
        conditions=conduct.horizon and conduct.threat_ends,
        aware_from=float(conduct.aware_from),
        looks=looks,
        assesses=looks or max(book.places.assessment, book.places.conduct) >= 0,
        tame=evaluator.is_tame,
        held_out=evaluator.held_out is not None,
        may_end_early=may_end_early,
    )


def pressure_of(spec: ModelSpec) -> float:
    """Return the β that selection acts with: 0 for drift, and in a neutral twin."""
    rule = spec.selection
    if spec.control == "neutral" or not isinstance(rule, Softmax | Fermi | Moran):
        return 0.0
    return float(rule.beta)
