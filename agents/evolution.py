"""Evolution: generations of the common kind in one compiled call, see `PopulationModel.step`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.evaluation.desk import Desk
from peckham.agents.evaluation.question_sums import Exam
from peckham.agents.evaluation.scoring import Pool, copy_scores, score_clones
from peckham.agents.measures.book import Book, has_room, note_selection, observe, settle_newborn
from peckham.agents.population.abundance import Census, count_clones, count_clones_left
from peckham.agents.population.genotypes import find_vacant
from peckham.agents.population.population import Population
from peckham.agents.reproduction.inheritance import descend
from peckham.agents.reproduction.mutation import NOT_BEGUN, replace_beliefs
from peckham.agents.selection.fermi import fermi_events
from peckham.agents.selection.moran import births_and_deaths
from peckham.agents.selection.parentage import draw_evenly, inverse_cdf
from peckham.agents.selection.softmax import weigh

from .absorption import is_absorbed
from .agenda import Agenda, carry_out
from .compilation import borrowing
from .payoff import assess
from .randomness import Source, draw_ahead, fill
from .scratch import Scratch
from .terms import FERMI, SOFTMAX, Terms


@borrowing
def select(
    assessed: NDArray[np.float64],
    census: Census,
    rule: int,
    beta: float,
    source: Source,
    scratch: Scratch,
) -> None:
    """Draw parents by one of the rules; the weights are 1/N each where it has no closed form."""
    member, parents, born, weights = census.member, scratch.parents, scratch.born, scratch.weights
    size = member.size
    fill(source, scratch.uniforms)
    if rule == SOFTMAX and beta == 0.0:
        draw_evenly(weights, scratch.uniforms, parents, born)
        return
    if rule == SOFTMAX:
        weigh(assessed[2, : census.many[0]], beta, scratch.by_clone)
        for i in range(size):
            weights[i] = scratch.by_clone[member[i]]
        inverse_cdf(weights, scratch.uniforms, parents, born, scratch.cumulated, scratch.guide)
        return
    fitness, barred = scratch.fitness, scratch.barred
    for i in range(size):
        fitness[i] = assessed[2, member[i]]
        parents[i], born[i] = i, False
    if rule == FERMI:
        fermi_events(fitness, barred, beta, scratch.by_slot, parents, born)
    else:
        births_and_deaths(
            fitness, barred, beta, scratch.by_slot, parents, born, weights, scratch.tree
        )
    weights[:] = 1.0 / size


@borrowing
def mutate(
    rate: float,
    adults: Population,
    children: Population,
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    source: Source,
    drawn: NDArray[np.float64],
    span: NDArray[np.int64],
    scratch: Scratch,
) -> None:
    """Mutate the newborn, see `replace_beliefs`; the numbers are those of `Uniforms`."""
    born, progress = scratch.born, scratch.progress
    anybody = False
    for each in born:
        anybody |= each
    if not anybody:
        return
    find_vacant(adults)
    progress[0], progress[1] = NOT_BEGUN, 0
    done = False
    while not done:
        if span[0] == span[1] or progress[0] != NOT_BEGUN:
            draw_ahead(source, drawn, span)
        done = replace_beliefs(
            born, rate, children, log_weights, cumulated, seen,
            drawn[span[0] : span[1]], progress, scratch.hand,
        )  # fmt: skip
        span[0] += progress[1]


@borrowing
def evolve(
    adults: Population,
    children: Population,
    census: Census,
    last: Census,
    pool: Pool,
    visible: Exam,
    hidden: Exam,
    agenda: Agenda,
    terms: Terms,
    book: Book,
    assessed: NDArray[np.float64],
    desk: Desk,
    scratch: Scratch,
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    selection: Source,
    mutation: Source,
    drawn: NDArray[np.float64],
    span: NDArray[np.int64],
    generation: int,
    until: int,
    may_end_early: bool,
    progress: NDArray[np.int64],
) -> None:
    """Run generations of the common kind; see `PopulationModel.step` for their order.

    The newborn of the last are scored too, for whatever comes next begins with that.

    Parameters
    ----------
    adults, children : Population
        The current generation, and the one before, whose place the next takes.
        They change places each generation.
    census, last : Census
        Written to: the current generation's, and that of the one before. They
        change places each generation.
    pool : Pool
        The landscape. Its signals are written to where the agenda says so.
    visible, hidden : Exam
        The hidden one counts only where ``terms.held_out``; the visible one
        is written to, with room for the questions of the agenda.
    agenda : Agenda
        What is due meanwhile. Updated.
    terms : Terms
    book : Book
        Written to.
    assessed : ndarray of float64, shape (rows, N)
        Written to: the last generation's assessment, from its fourth row on only
        where ``terms.assesses``.
    desk, scratch
        Overwritten.
    log_weights, cumulated, seen
        As for `replace_beliefs`.
    selection, mutation : Source
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
    clones = adults.clones
    genes = clones.beliefs.shape[1]
    next_id = progress[1]
    stakes = terms.stakes
    mutates = terms.mutation_rate > 0.0 and genes < seen.size - 1
    takes_census = terms.takes_census or mutates or may_end_early or agenda.actions.size > 0
    is_over, is_scored = False, False
    count_clones(adults, census)
    while True:
        is_absorbed_now = may_end_early and is_absorbed(clones, census)
        questions = agenda.progress[1]
        exam = Exam(
            visible.start, visible.question, visible.weight, visible.on_value[:questions],
            visible.number, visible.pairs, visible.total,
        )  # fmt: skip
        if not is_scored:
            score_clones(
                clones, census, exam, hidden, pool, stakes.pressure, terms.inherits,
                terms.held_out, desk,
            )  # fmt: skip
        if is_over or generation == until or not has_room(book):
            break
        if agenda.dates[agenda.progress[0]] == generation:
            settle_newborn(book, adults, census)
            if not carry_out(agenda, adults, census, visible, pool, terms.held_out):
                break
            is_scored = False  # whose scores did not follow is scored again
            continue
        is_over = is_absorbed_now

        if terms.assesses:
            assess(census, clones.ledger, genes, stakes, scratch.expected, assessed)
        if takes_census and not terms.looks:
            copy_scores(clones.ledger, census, assessed)

        observe(
            book, generation, adults, census, pool, assessed,
            questions, terms.held_out, stakes.channels.level,
        )  # fmt: skip

        select(assessed, census, terms.rule, terms.beta, selection, scratch)
        note_selection(
            book, generation, adults, census, scratch.parents, scratch.weights,
            terms.rule == SOFTMAX, scratch.nobody,
        )  # fmt: skip

        next_id = descend(scratch.parents, scratch.born, adults, children, next_id)
        if mutates:
            mutate(
                terms.mutation_rate, adults, children, log_weights, cumulated, seen,
                mutation, drawn, span, scratch,
            )  # fmt: skip
        adults, children = children, adults
        census, last = last, census
        if mutates:
            count_clones(adults, census)
        elif takes_census:  # no clone is new
            count_clones_left(adults, last, census)
        is_scored = not mutates
        generation += 1
        progress[0] += 1
    progress[1], progress[2] = next_id, is_over
    if not takes_census and progress[0] > 0:  # who is there now, and who was assessed last
        count_clones(children, last)
        copy_scores(clones.ledger, last, assessed)
        count_clones(adults, census)
