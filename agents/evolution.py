"""Evolution: generations of the common kind in one compiled call, see `PopulationModel.step`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .absorption import is_absorbed
from .census import Census, count_clones
from .clones import find_vacant
from .compilation import compiled
from .inheritance import descend
from .measures.book import Book, has_room, note_selection, observe
from .mutation import NOT_BEGUN, replace_beliefs
from .payoff import Stakes, assess
from .population import Population
from .question_sums import Exam
from .randomness import draw_ahead
from .scoring import Pool, copy_scores, score_clones
from .selection.fermi import fermi_events
from .selection.moran import moran_events
from .selection.parentage import inverse_cdf
from .selection.softmax import weigh

SOFTMAX, FERMI, MORAN = range(3)
"""Selection rules that are compiled here. Drift is softmax selection with β = 0."""


class Terms(NamedTuple):
    """What stays the same through a stretch."""

    rule: int
    beta: float
    mutation_rate: float
    stakes: Stakes
    looks: bool
    assesses: bool
    inherits: bool
    held_out: bool


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
    adults: Population,
    children: Population,
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    rng: np.random.Generator,
    drawn: NDArray[np.float64],
    span: NDArray[np.int64],
) -> None:
    """Mutate the newborn, see `replace_beliefs`; the numbers are those of `Uniforms`."""
    anybody = False
    for each in born:
        anybody |= each
    if not anybody:
        return
    find_vacant(adults)
    progress = np.array([NOT_BEGUN, 0])
    done = False
    while not done:
        if span[0] == span[1] or progress[0] != NOT_BEGUN:
            draw_ahead(rng, drawn, span)
        done = replace_beliefs(
            born, rate, children, log_weights, cumulated, seen,
            drawn[span[0] : span[1]], progress,
        )  # fmt: skip
        span[0] += progress[1]


@compiled
def evolve(
    adults: Population,
    children: Population,
    census: Census,
    pool: Pool,
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
    drawn: NDArray[np.float64],
    span: NDArray[np.int64],
    generation: int,
    until: int,
    may_end_early: bool,
    progress: NDArray[np.int64],
) -> None:
    """Run generations of the common kind; see `PopulationModel.step` for their order.

    Parameters
    ----------
    adults, children : Population
        The current generation, and the one before, whose place the next takes.
        They change places each generation.
    census : Census
        Written to: the last generation's.
    pool : Pool
        The landscape.
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
    drawn, span : ndarray
        The uniform numbers of mutation, see `Uniforms`. Updated.
    generation, until : int
        The first generation, and the one to stop before.
    may_end_early : bool
        Whether to stop once nothing can change any more.
    progress : ndarray of int64, shape (3,)
        How many generations were run, the next identity to give, and whether
        nothing can change any more. Updated; it is no result, for a result is
        lost when Ctrl-C is heard on the way back.
    """
    clones, member = adults.clones, census.member
    size, genes = adults.clone.size, clones.beliefs.shape[1]
    next_id = progress[1]
    parents, born = np.empty(size, np.int32), np.empty(size, np.bool_)
    fitness, weights = np.empty(size), np.empty(size)
    nobody, barred = np.full(size, -1, np.int32), np.zeros(size, np.bool_)
    stakes = terms.stakes
    is_over = False
    while generation < until and not is_over and has_room(book):
        count_clones(adults, census)
        is_over = may_end_early and is_absorbed(clones, census)

        score_clones(
            clones, census, visible, hidden, pool, stakes.pressure, terms.inherits, terms.held_out
        )
        if terms.assesses:
            assess(census, clones.ledger, genes, stakes, np.empty((0, 2)), assessed)
        if not terms.looks:
            copy_scores(clones.ledger, census, assessed)

        observe(
            book, generation, adults, census, pool, assessed,
            visible.on_value.size, terms.held_out, stakes.channels.level,
        )  # fmt: skip

        for i in range(size):
            fitness[i] = assessed[2, member[i]]
        select(fitness, terms.rule, terms.beta, barred, selection_rng, weights, parents, born)
        closed_form = terms.rule == SOFTMAX
        note_selection(book, generation, adults, census, parents, weights, closed_form, nobody)

        next_id = descend(parents, born, adults, children, next_id)
        if terms.mutation_rate > 0.0 and genes < seen.size - 1:
            mutate(
                born, terms.mutation_rate, adults, children, log_weights, cumulated, seen,
                mutation_rng, drawn, span,
            )  # fmt: skip
        adults, children = children, adults
        generation += 1
        progress[0] += 1
    progress[1], progress[2] = next_id, is_over
