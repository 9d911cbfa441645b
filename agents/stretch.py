"""Stretches: many generations in one compiled call, where they are of the common kind.

A generation of the common kind is what `PopulationModel.step` makes of it: the
same kernels in the same order on the same random numbers, so the rows are the
same to the last bit. What is saved is the way from one kernel to the next,
which takes as long as the kernels themselves. Anything out of the common, from
a trigger to a rule of one's own, is left to `step`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .absorption import are_equal
from .compilation import compiled
from .evaluator import EvaluatorAgent
from .inheritance import copy_rows
from .ledger import ALIGNMENT, CAPABILITY, HELD_OUT, PROXY, SCHEMER, SUMS
from .measures.book import Book, has_room, note_selection, observe
from .mutation import EVEN, NOT_BEGUN, likely_numbers, proposed, replace_beliefs
from .oversight import Channels
from .parameters import ModelSpec, ReproductionBlock
from .payoff import assess, score_traits
from .population import Population
from .randomness import BLOCK
from .scalings.budget import Budget
from .scalings.constant import Constant
from .scoring import Exam, copy_scores, score_rows
from .selection.fermi import Fermi, fermi_events
from .selection.moran import Moran, moran_events
from .selection.neutral import Neutral
from .selection.parentage import inverse_cdf
from .selection.softmax import Softmax, weigh

if TYPE_CHECKING:
    from .model import PopulationModel

SOFTMAX, FERMI, MORAN = range(3)

RULES = {
    Softmax.select: SOFTMAX,
    Neutral.select: SOFTMAX,
    Fermi.select: FERMI,
    Moran.select: MORAN,
}
"""What is compiled in place of a rule's `select`. Drift is softmax selection with β = 0."""

SCALINGS = (Constant.scaled, Budget.scaled)
"""Scalings of oversight that do not depend on who is there."""

UNCOMMON = tuple({*ReproductionBlock.model_fields} - {"mutation_rate", "proposal"})
"""Ways in which children differ from their parents that are not compiled here."""

OWN_WAYS = frozenset(
    {"intervene", "select", "reproduce", "evaluate", "score", "observe", "selected"}
)
"""What somebody may have replaced on a model, its evaluator or its record."""


class Landscape(NamedTuple):
    """The arrays of a landscape."""

    value: NDArray[np.float64]
    signal: NDArray[np.float64]
    signal0: NDArray[np.float64]
    cluster: NDArray[np.int16]


class Terms(NamedTuple):
    """What stays the same through a stretch."""

    rule: int
    beta: float
    mutation_rate: float
    pressure: float
    shift: float
    channels: Channels
    sensitivity: float
    false_positive_rate: float
    penalty: float
    innate: bool
    conditions: bool
    aware_from: float
    looks: bool
    assesses: bool
    tame: bool
    held_out: bool
    may_end_early: bool


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


@compiled
def is_absorbed(population: Population) -> bool:
    """Return whether nobody is stale, and all agents are the same."""
    for stale in population.stale:
        if stale:
            return False
    return are_equal(population.ledger, population.genome)


@compiled
def score(
    adults: Population,
    children: Population,
    landscape: Landscape,
    visible: Exam,
    hidden: Exam,
    terms: Terms,
) -> None:
    """Bring the scores up to date; see `EvaluatorAgent.score`."""
    if adults.beliefs.shape[1] == 0:
        score_traits(adults.ledger, terms.pressure, CAPABILITY, ALIGNMENT, PROXY)
        return
    for battery in range(2 if terms.held_out else 1):
        exam = visible if battery == 0 else hidden
        score_rows(
            adults.stale, adults.parent, adults.beliefs, children.beliefs,
            exam.start, exam.question, exam.weight, exam.on_value,
            landscape.value, landscape.signal, exam.sums, adults.row, adults.ledger,
            PROXY if battery == 0 else HELD_OUT,
            landscape.signal0, landscape.cluster, adults.genome, terms.tame, battery == 0,
        )  # fmt: skip
    adults.stale[:] = False


@compiled
def select(
    fitness: NDArray[np.float64],
    rule: int,
    beta: float,
    barred: NDArray[np.bool_],
    rng: np.random.Generator,
    weights: NDArray[np.float64],
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
) -> None:
    """Draw parents by one of the `RULES`; the weights are 1/N each where it has no closed form."""
    size = fitness.size
    if rule == SOFTMAX:
        weigh(fitness, beta, weights)
        inverse_cdf(weights, rng.random(size), parents, born)
        return
    for i in range(size):
        parents[i], born[i], weights[i] = i, False, 1.0 / size
    if rule == FERMI:
        fermi_events(fitness, barred, beta, rng.random((size, 3)), parents, born)
    else:
        moran_events(fitness, barred, beta, rng.random((size, 2)), parents, born)


@compiled
def mutate(
    born: NDArray[np.bool_],
    rate: float,
    children: Population,
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    rng: np.random.Generator,
    numbers: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mutate the newborn, see `replace_beliefs`; return the numbers that are left."""
    anybody = False
    for each in born:
        anybody |= each
    if not anybody:
        return numbers
    progress = np.array([NOT_BEGUN, 0])
    needed = likely_numbers(born, children.beliefs.shape[1], rate)
    done = False
    while not done:
        if numbers.size < needed:
            more = rng.random(max(needed - numbers.size, BLOCK))
            numbers = np.concatenate((numbers, more))
        done = replace_beliefs(
            born, rate, children.beliefs, children.stale, log_weights, cumulated, seen, numbers,
            progress,
        )  # fmt: skip
        numbers = numbers[progress[1] :]
        needed *= 2
    return numbers


@compiled
def evolve(
    adults: Population,
    children: Population,
    landscape: Landscape,
    visible: Exam,
    hidden: Exam,
    terms: Terms,
    book: Book,
    assessed: NDArray[np.float64],
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    selection_rng: np.random.Generator,
    mutation_rng: np.random.Generator,
    numbers: NDArray[np.float64],
    generation: int,
    until: int,
    next_id: int,
) -> tuple[int, int, NDArray[np.float64], bool]:
    """Run generations of the common kind; see `PopulationModel.step` for their order.

    Parameters
    ----------
    adults, children : Population
        They change places each generation.
    landscape : Landscape
    visible, hidden : Exam
        The hidden one counts only where ``terms.held_out``.
    terms : Terms
    book : Book
        Written to.
    assessed : ndarray of float64, shape (rows, N)
        Written to: the last generation's assessment, from its fourth row on only
        where ``terms.assesses``.
    log_weights, cumulated, seen
        As for `replace_beliefs`.
    selection_rng, mutation_rng : numpy.random.Generator
        The streams.
    numbers : ndarray of float64
        Uniform numbers that were drawn for mutation and not used yet.
    generation, until : int
        The first generation, and the one to stop before.
    next_id : int
        The next identity to give.

    Returns
    -------
    tuple
        How many generations were run, the next identity, the numbers that are
        left, and whether nothing can change any more.
    """
    size, genes = adults.beliefs.shape
    first = generation
    parents, born = np.empty(size, np.int32), np.empty(size, np.bool_)
    weights, nobody = np.empty(size), np.full(size, -1, np.int32)
    barred = np.zeros(size, np.bool_)
    is_over = False
    while generation < until and not is_over and has_room(book):
        is_over = terms.may_end_early and is_absorbed(adults)

        score(adults, children, landscape, visible, hidden, terms)
        if terms.assesses:
            assess(
                adults.ledger, SCHEMER, CAPABILITY, ALIGNMENT, PROXY, SUMS, genes,
                terms.pressure, terms.shift, terms.channels, terms.sensitivity,
                terms.false_positive_rate, terms.penalty, terms.innate, terms.conditions,
                terms.aware_from, np.empty((0, 2)), assessed,
            )  # fmt: skip
        if not terms.looks:
            copy_scores(adults.ledger, PROXY, assessed)

        observe(
            book, generation, adults, landscape.value, landscape.signal, assessed,
            visible.on_value.size, terms.held_out, terms.channels.level,
        )  # fmt: skip

        select(assessed[2], terms.rule, terms.beta, barred, selection_rng, weights, parents, born)
        closed_form = terms.rule == SOFTMAX
        note_selection(book, generation, adults.ledger, parents, weights, closed_form, nobody)

        next_id = copy_rows(
            parents, born, next_id,
            adults.beliefs, adults.lineage, adults.unique_id, adults.genome, adults.ledger,
            adults.row,
            children.beliefs, children.lineage, children.unique_id, children.genome,
            children.ledger, children.stale, children.parent, children.row,
        )  # fmt: skip
        if terms.mutation_rate > 0.0 and genes < seen.size - 1:
            numbers = mutate(
                born, terms.mutation_rate, children, log_weights, cumulated, seen, mutation_rng,
                numbers,
            )  # fmt: skip
        adults, children = children, adults
        generation += 1
    return generation - first, next_id, numbers, is_over
