"""The book: what all groups of measures write to, taken together for compiled code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.evaluation.scoring import Pool
from peckham.agents.population.abundance import Census
from peckham.agents.population.population import Population

from .beliefs import Beliefs, column_means
from .conduct import Conduct, measure_conduct
from .events import Counted, Entries, EventLog, uncounted
from .genomes import Genomes, distinct_genomes
from .lineages import Lineages, count_lineages
from .measure import Group
from .moments import summarise, summarise_assessment
from .pressure import Pressure, concentration
from .price import Means, Price, parental_means, price_terms, settle
from .questions import measure_questions
from .registry import GROUPS
from .tally import Counts, Tally, count_beliefs, uncounted_beliefs


class Places(NamedTuple):
    """The first column of each group, -1 if it is not taken."""

    scores: int
    assessment: int
    beliefs: int
    conduct: int
    questions: int
    genomes: int
    tally: int
    lineages: int
    pressure: int
    price: int


KNOWN = {group: name for group in GROUPS if (name := group.__name__.lower()) in Places._fields}
"""The groups that compiled code takes, and their names among the `Places`."""


class Book(NamedTuple):
    """The sheet of a record, and what its groups keep from generation to generation.

    Attributes
    ----------
    sheet : ndarray of float64, shape (G, columns)
    scratch : ndarray of float64, shape (SCRATCH, N)
        Overwritten by whoever needs it.
    places : Places
        Where the groups write.
    columns : ndarray of int64
        Columns of the ledger that `Beliefs` averages.
    alleles, counts, descendants, left, founders, nats, means, table
        Of `Conduct`, `Tally`, `Lineages`, `Pressure`, `Price` and `Genomes`; empty if they are
        not taken.
    entries : Entries
        The events.
    most_events : int
        That there can be in a generation.
    """

    sheet: NDArray[np.float64]
    scratch: NDArray[np.float64]
    places: Places
    columns: NDArray[np.int64]
    alleles: Counted
    counts: Counts
    descendants: Counted
    left: NDArray[np.int32]
    founders: NDArray[np.float64]
    nats: NDArray[np.float64]
    means: Means
    table: NDArray[np.uint64]
    entries: Entries
    most_events: int


NOTHING, NO_PLACES, NO_TABLE = np.empty(0), np.empty(0, np.int64), np.empty(0, np.uint64)
NO_FOUNDERS = np.empty(0, np.int32)
NO_MEANS = Means(np.empty((0, 0)), np.empty(0, np.bool_), NOTHING)
NOTHING_COUNTED, NO_BELIEFS_COUNTED = uncounted(0, 0), uncounted_beliefs(0, 0, 0)
"""In place of what groups keep that are not taken."""


def opened(
    sheet: NDArray[np.float64],
    scratch: NDArray[np.float64],
    groups: Mapping[type[Group], tuple[Group, int]],
    log: EventLog,
) -> Book:
    """Return the book of a record.

    Parameters
    ----------
    sheet : ndarray of float64, shape (G, columns)
    scratch : ndarray of float64, shape (SCRATCH, N)
    groups : mapping
        The groups that are taken, by class, and the first column of each.
    log : EventLog
        The events.
    """

    def kept(group: type[Group], name: str, otherwise: Any) -> Any:
        return getattr(groups[group][0], name) if group in groups else otherwise

    return Book(
        sheet=sheet,
        scratch=scratch,
        places=Places(**{n: groups[g][1] if g in groups else -1 for g, n in KNOWN.items()}),
        columns=kept(Beliefs, "columns", NO_PLACES),
        alleles=kept(Conduct, "alleles", NOTHING_COUNTED),
        counts=kept(Tally, "counts", NO_BELIEFS_COUNTED),
        descendants=kept(Lineages, "descendants", NOTHING_COUNTED),
        left=kept(Lineages, "left", NO_FOUNDERS),
        founders=kept(Lineages, "found", NOTHING),
        nats=kept(Pressure, "nats", NOTHING),
        means=kept(Price, "means", NO_MEANS),
        table=kept(Genomes, "table", NO_TABLE),
        entries=log.entries,
        most_events=sum(group.most_events for group, _ in groups.values()),
    )


@borrowing
def has_room(book: Book) -> bool:
    """Return whether there is room for the events of one more generation."""
    return book.entries.codes.shape[0] - book.entries.filled[0] >= book.most_events


@borrowing
def settle_newborn(book: Book, population: Population, census: Census) -> None:
    """Have all groups take note of the newborn before the battery or the signals change."""
    if book.places.price >= 0:
        settle(population.clones.ledger, census, book.means)


@borrowing
def observe(
    book: Book,
    generation: int,
    population: Population,
    census: Census,
    pool: Pool,
    assessed: NDArray[np.float64],
    questions: int,
    held_out: bool,
    level: float,
) -> None:
    """Have all groups measure a generation before its selection.

    Parameters
    ----------
    book : Book
        Written to.
    generation : int
        Now.
    population : Population
    census : Census
        Who there is, and was assessed.
    pool : Pool
        The landscape.
    assessed : ndarray of float64, shape (rows, N)
        See `peckham.agents.payoff.ASSESSED`.
    questions : int
        How many are visible.
    held_out : bool
        Whether there are others.
    level : float
        Oversight in force.
    """
    row, places = book.sheet[generation], book.places
    clones = population.clones
    ledger = clones.ledger
    if places.scores >= 0:
        summarise(assessed, census, book.scratch, row[places.scores :])
    if places.assessment >= 0:
        summarise_assessment(assessed, census, book.scratch, row[places.assessment :])
    if places.beliefs >= 0:
        column_means(clones, census, book.columns, row[places.beliefs :])
    if places.conduct >= 0:
        out = row[places.conduct :]
        measure_conduct(
            ledger, census, assessed, level, book.alleles, generation, book.scratch, out,
            book.entries,
        )  # fmt: skip
    if places.questions >= 0:
        measure_questions(ledger, census, questions, held_out, row[places.questions :])
    if places.genomes >= 0:
        row[places.genomes] = distinct_genomes(clones.genome, census, book.table)
    if places.tally >= 0:
        count_beliefs(
            clones.beliefs,
            census,
            book.counts,
            generation,
            pool.value,
            pool.signal,
            row[places.tally :],
            book.entries,
        )
    if places.lineages >= 0:
        found = book.founders
        count_lineages(
            population.lineage, book.descendants, book.left, found, generation, book.entries
        )
        row[places.lineages], row[places.lineages + 1] = found[0], found[1]
    if places.pressure >= 0:
        row[places.pressure + 1] = book.nats[0]
    if places.price >= 0 and generation > 0:
        price_terms(ledger, census, book.means, row[places.price :])


@borrowing
def note_selection(
    book: Book,
    generation: int,
    population: Population,
    census: Census,
    parents: NDArray[np.int32],
    probabilities: NDArray[np.float64],
    closed_form: bool,
    nobody: NDArray[np.int32],
) -> None:
    """Have all groups measure the selection that followed.

    Parameters
    ----------
    book : Book
        Written to.
    generation : int
        Now.
    population : Population
        Of the parents.
    census : Census
        Of the parents.
    parents : ndarray of int32, shape (N,)
    probabilities : ndarray of float64, shape (N,)
        Expected offspring divided by N, 1/N each without a closed form.
    closed_form : bool
    nobody : ndarray of int32, shape (N,)
        -1 everywhere: nobody has a second parent.
    """
    places = book.places
    if places.pressure >= 0 and closed_form:
        out = book.sheet[generation, places.pressure :]
        concentration(probabilities, book.nats, out)
    elif places.pressure >= 0:
        book.nats[0] = np.nan
    if places.price >= 0:
        parental_means(
            population, census, probabilities, parents, nobody, nobody, closed_form, book.means,
            book.scratch[0],
        )  # fmt: skip
