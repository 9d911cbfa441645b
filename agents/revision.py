"""Revision: what a new question or new signals change in scores, without scoring anew."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled
from .ledger import COUNTS, SUMS
from .scoring import NUMBER, SHOWN, TOTAL, WORTH


@compiled
def add_question(
    activated: NDArray[np.bool_],
    scored_on_value: bool,
    number: int,
    beliefs: NDArray[np.int32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    row: NDArray[np.int32],
    sums: NDArray[np.float64],
    ledger: NDArray[np.float64],
    first: int,
) -> None:
    """Add a question of weight 1 to the sums and scores of agents that are not stale.

    Parameters
    ----------
    activated : ndarray of bool, shape (B,)
    scored_on_value : bool
        Whether its part of P is scored on v.
    number : int
        Its number, from 0.
    beliefs, value, signal, row, sums, ledger, first
        As for `score_rows`; clones share a row, which is summed once.
    """
    summed = np.zeros(sums.shape[0], np.bool_)
    for i in range(row.size):
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
            active = ledger[i, first + 2]
            ledger[i, first] = (ledger[i, first] * active + shown) / (active + 1.0)
            ledger[i, first + 1] = (ledger[i, first + 1] * active + worth) / (active + 1.0)
            ledger[i, first + 2] = active + 1.0


@compiled
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


@compiled
def relabel_sums(
    beliefs: NDArray[np.int32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    ledger: NDArray[np.float64],
) -> None:
    """Sum anew what depends on the current signals: Σa, Σav, Σa² and the number deceptive."""
    for i in range(beliefs.shape[0]):
        a_sum = av = aa = deceptive = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            v, a = value[b], signal[b]
            a_sum, av, aa = a_sum + a, av + a * v, aa + a * a
            deceptive += (v < 0.0) & (a > 0.0)
        ledger[i, SUMS + 1], ledger[i, SUMS + 2], ledger[i, SUMS + 4] = a_sum, av, aa
        ledger[i, COUNTS] = deceptive
