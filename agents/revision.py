"""Revision: what a new question or new signals change in scores, without scoring anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .census import Census
from .clones import Clones
from .compilation import borrowing, compiled
from .ledger import ANSWERED, COUNTS, PROXY, SUMS, TRUE_VALUE
from .scoring import NUMBER, SHOWN, TOTAL, WORTH, Pool


@compiled
def add_question(
    activated: NDArray[np.bool_],
    scored_on_value: bool,
    number: int,
    clones: Clones,
    census: Census,
    pool: Pool,
    sums: NDArray[np.float64],
) -> None:
    """Add a question of weight 1 to the sums and scores of clones, of which none is stale.

    Parameters
    ----------
    activated : ndarray of bool, shape (B,)
    scored_on_value : bool
        Whether its part of P is scored on v.
    number : int
        Its number, from 0.
    clones, census, pool, sums
        As for `score_rows`; those of the same genome may share a row, which is summed once.
    """
    beliefs, ledger, row = clones.beliefs, clones.ledger, clones.row
    value, signal = pool.value, pool.signal
    summed = np.zeros(sums.shape[0], np.bool_)
    for k in range(census.many[0]):
        i = np.uint32(census.clone[k])
        r = np.uint32(row[i])
        if not summed[r]:
            summed[r] = True
            count = shown = worth = 0.0
            for j in range(beliefs.shape[1]):
                b = np.uint32(beliefs[i, j])
                active = (
                    1.0 if activated[b] else 0.0
                )  # no way out: who is active is hard to foresee
                count += active
                shown += active * signal[b]
                worth += active * value[b]
            sums[r, NUMBER, number], sums[r, SHOWN, number] = count, shown
            sums[r, WORTH, number] = worth
            if sums.shape[1] > TOTAL:
                sums[r, TOTAL, number] = sums[r, NUMBER, number]
        if sums[r, NUMBER, number] > 0.0:
            share = 1.0 / sums[r, NUMBER, number]
            worth = sums[r, WORTH, number] * share
            shown = worth if scored_on_value else sums[r, SHOWN, number] * share
            active = ledger[i, ANSWERED]
            ledger[i, PROXY] = (ledger[i, PROXY] * active + shown) / (active + 1.0)
            ledger[i, TRUE_VALUE] = (ledger[i, TRUE_VALUE] * active + worth) / (active + 1.0)
            ledger[i, ANSWERED] = active + 1.0


@borrowing
def relabel_rows(
    sums: NDArray[np.float64], of_signal: float, of_value: float, constant: float
) -> None:
    """Change Σwa to what it is where every a ← x·a + y·v + z, in all rows of a store."""
    total = TOTAL if sums.shape[1] > TOTAL else NUMBER
    for r in range(sums.shape[0]):
        for q in range(sums.shape[2]):
            sums[r, SHOWN, q] = (
                of_signal * sums[r, SHOWN, q]
                + of_value * sums[r, WORTH, q]
                + constant * sums[r, total, q]
            )


@borrowing
def relabel_sums(clones: Clones, census: Census, pool: Pool) -> None:
    """Sum anew what depends on the current signals: Σa, Σav, Σa² and the number deceptive."""
    beliefs, ledger, value, signal = clones.beliefs, clones.ledger, pool.value, pool.signal
    for k in range(census.many[0]):
        i = np.uint32(census.clone[k])
        a_sum = av = aa = deceptive = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            v, a = value[b], signal[b]
            a_sum, av, aa = a_sum + a, av + a * v, aa + a * a
            deceptive += (v < 0.0) & (a > 0.0)
        ledger[i, SUMS + 1], ledger[i, SUMS + 2], ledger[i, SUMS + 4] = a_sum, av, aa
        ledger[i, COUNTS] = deceptive
