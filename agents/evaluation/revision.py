"""Revision: what a new question or new signals change in scores, without scoring anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census
from peckham.agents.population.columns import ANSWERED, COUNTS, HELD_OUT, PROXY, SUMS, TRUE_VALUE
from peckham.agents.population.genotypes import Clones

from .question_sums import SHOWN, WORTH, Exam, QuestionSums
from .scoring import Pool


@borrowing
def add_question(
    activated: NDArray[np.bool_],
    scored_on_value: bool,
    number: int,
    clones: Clones,
    census: Census,
    pool: Pool,
    question_sums: QuestionSums | Exam,
) -> None:
    """Add a question of weight 1 to the sums and scores of clones, of which none is stale.

    Parameters
    ----------
    activated : ndarray of bool, shape (B,)
    scored_on_value : bool
        Whether its part of P is scored on v.
    number : int
        Its number, from 0.
    clones, census, pool
        As for `score_rows`.
    question_sums : QuestionSums or Exam
        Written to, where clones have rows there.
    """
    beliefs, ledger, row = clones.beliefs, clones.ledger, clones.row
    value, signal = pool.value, pool.signal
    pairs, total = question_sums.pairs, question_sums.total
    for k in range(census.many[0]):
        i = np.uint32(census.clone[k])
        count = shown = worth = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            active = 1.0 if activated[b] else 0.0  # no way out: who is active is hard to foresee
            count += active
            shown += active * signal[b]
            worth += active * value[b]
        if row[i] >= 0:
            r = np.uint32(row[i])
            question_sums.number[r, number] = count
            pairs[r, 2 * number + SHOWN], pairs[r, 2 * number + WORTH] = shown, worth
            if total.shape[1] > 0:
                total[r, number] = count
        if count > 0.0:
            share = 1.0 / count
            worth *= share
            shown = worth if scored_on_value else shown * share
            active = ledger[i, ANSWERED]
            ledger[i, PROXY] = (ledger[i, PROXY] * active + shown) / (active + 1.0)
            ledger[i, TRUE_VALUE] = (ledger[i, TRUE_VALUE] * active + worth) / (active + 1.0)
            ledger[i, ANSWERED] = active + 1.0


@borrowing
def relabel_clones(
    clones: Clones,
    census: Census,
    pool: Pool,
    of_signal: float,
    of_value: float,
    constant: float,
    held_out: bool,
) -> None:
    """Change what depends on the signals to what it is where every a ← x·a + y·v + z.

    That is P, by the same rule, for it is a mean of signals; and Σa, Σav, Σa²
    and the number deceptive, which are summed anew.

    Parameters
    ----------
    clones : Clones
        Written to.
    census : Census
        Who there is; none is stale.
    pool : Pool
        The landscape, with its new signals.
    of_signal, of_value, constant : float
        x, y and z.
    held_out : bool
        Whether there are held-out questions.
    """
    beliefs, ledger, value, signal = clones.beliefs, clones.ledger, pool.value, pool.signal
    for k in range(census.many[0]):
        i = np.uint32(census.clone[k])
        for battery in range(2 if held_out else 1):
            proxy = PROXY if battery == 0 else HELD_OUT
            weight = constant if ledger[i, proxy + 2] > 0.0 else 0.0
            ledger[i, proxy] = (
                of_signal * ledger[i, proxy] + of_value * ledger[i, proxy + 1] + weight
            )
        a_sum = av = aa = deceptive = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            v, a = value[b], signal[b]
            a_sum, av, aa = a_sum + a, av + a * v, aa + a * a
            deceptive += (v < 0.0) & (a > 0.0)
        ledger[i, SUMS + 1], ledger[i, SUMS + 2], ledger[i, SUMS + 4] = a_sum, av, aa
        ledger[i, COUNTS] = deceptive
