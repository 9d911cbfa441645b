"""The ledger: what is known of each agent, and the kernels that score a genome.

One row an agent, one column a quantity. A child inherits its parent's row: a
child scores what its parent scored until its beliefs, the battery or the
signals change. Only rows marked *stale* are worked out again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled

HERITABLE = ("schemer", "capability")
"""Columns that are traits of their own, inherited and written through views."""

SCORED = (
    "proxy",
    "true_value",
    "answered",
    "held_out",
    "value_sum",
    "signal_sum",
    "product_sum",
    "value_square_sum",
    "signal_square_sum",
    "deceptive",
    "deceptive_signal0",
)
"""Columns worked out from the genome; one count a cluster follows them.

``proxy`` is P, ``true_value`` U, ``answered`` the number of active visible
questions, ``held_out`` the proxy on held-out questions; the sums are over held
beliefs: Σv, Σa, Σav, Σv², Σa²; then the numbers of held beliefs that are
deceptive by the current and by the first signal.
"""

COLUMNS = HERITABLE + SCORED

PROXY = COLUMNS.index("proxy")
TRUE_VALUE = COLUMNS.index("true_value")
ANSWERED = COLUMNS.index("answered")
HELD_OUT = COLUMNS.index("held_out")
SUMS = COLUMNS.index("value_sum")
CLUSTERS = len(COLUMNS)


@compiled
def score_rows(
    stale: NDArray[np.bool_],
    beliefs: NDArray[np.int32],
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    on_value: NDArray[np.bool_],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    ledger: NDArray[np.float64],
    held_out: bool,
) -> None:
    """Score the stale agents on one battery.

    With W_iq = Σ_{b in i} w_bq, question q is active when W_iq > 0;
    P_i = mean over active q of Σ_b w_bq a_b / W_iq, U_i the same with v. Where
    no question is active both are 0. A question marked ``on_value`` has v in
    place of a in its part of P.

    Parameters
    ----------
    stale : ndarray of bool, shape (N,)
        Which agents to score.
    beliefs : ndarray of int32, shape (N, K)
    start, question, weight, on_value
        The battery, see `Battery`.
    value, signal : ndarray of float64, shape (B,)
    ledger : ndarray of float64, shape (N, columns)
        Written to: ``proxy``, ``true_value`` and ``answered``; for held-out
        questions ``held_out`` alone.
    held_out : bool
        Whether the battery is the held-out part.
    """
    agents, genes = beliefs.shape
    questions = on_value.size
    equal = weight.size == 0
    any_on_value = on_value.any()
    total = np.zeros(questions)  # Σw, Σwa, Σwv of each question
    shown = np.zeros(questions)
    worth = np.zeros(questions)
    for i in range(agents):
        if not stale[i]:
            continue
        total[:] = 0.0
        shown[:] = 0.0
        worth[:] = 0.0
        for j in range(genes):
            b = np.uint32(beliefs[i, j])  # unsigned: no check for negative indices
            a = signal[b]
            v = value[b]
            for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
                q = question[e]
                w = 1.0 if equal else weight[e]
                total[q] += w
                shown[q] += w * a
                worth[q] += w * v
        if any_on_value:
            for q in range(questions):
                if on_value[q]:
                    shown[q] = worth[q]
        proxy = 0.0
        true = 0.0
        active = 0
        for q in range(questions):
            answered = total[q] > 0.0
            share = 1.0 / total[q] if answered else 0.0
            proxy += shown[q] * share
            true += worth[q] * share
            active += answered
        if active > 0:
            proxy /= active
            true /= active
        if held_out:
            ledger[i, HELD_OUT] = proxy
        else:
            ledger[i, PROXY] = proxy
            ledger[i, TRUE_VALUE] = true
            ledger[i, ANSWERED] = active


@compiled
def sum_rows(
    stale: NDArray[np.bool_],
    beliefs: NDArray[np.int32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    signal0: NDArray[np.float64],
    cluster: NDArray[np.int16],
    ledger: NDArray[np.float64],
    genome: NDArray[np.uint64],
) -> None:
    """Sum the stale agents' beliefs, and fingerprint their genomes.

    The fingerprint of a genome is the sum, modulo 2^64, of a hash of each
    belief (the finaliser of splitmix64, Steele et al. 2014): the same for the
    same set in any order. Two of M different genomes collide with probability
    about M²/2^65.

    Parameters
    ----------
    stale : ndarray of bool, shape (N,)
        Which agents to sum.
    beliefs : ndarray of int32, shape (N, K)
    value, signal, signal0 : ndarray of float64, shape (B,)
    cluster : ndarray of int16, shape (B,)
    ledger : ndarray of float64, shape (N, columns)
        Written to: the columns from ``value_sum`` on.
    genome : ndarray of uint64, shape (N,)
        Written to: the fingerprints.
    """
    agents, genes = beliefs.shape
    for i in range(agents):
        if not stale[i]:
            continue
        ledger[i, SUMS:] = 0.0
        value_sum = signal_sum = product = value_square = signal_square = 0.0
        deceptive = deceptive0 = 0
        fingerprint = np.uint64(0)
        for j in range(genes):
            b = np.uint32(beliefs[i, j])  # unsigned: no check for negative indices
            v = value[b]
            a = signal[b]
            value_sum += v
            signal_sum += a
            product += a * v
            value_square += v * v
            signal_square += a * a
            deceptive += (v < 0.0) & (a > 0.0)
            deceptive0 += (v < 0.0) & (signal0[b] > 0.0)
            h = (np.uint64(b) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
            h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            fingerprint += h ^ (h >> np.uint64(31))
        if ledger.shape[1] > CLUSTERS:
            for j in range(genes):
                ledger[i, CLUSTERS + cluster[beliefs[i, j]]] += 1.0
        ledger[i, SUMS] = value_sum
        ledger[i, SUMS + 1] = signal_sum
        ledger[i, SUMS + 2] = product
        ledger[i, SUMS + 3] = value_square
        ledger[i, SUMS + 4] = signal_square
        ledger[i, SUMS + 5] = deceptive
        ledger[i, SUMS + 6] = deceptive0
        genome[i] = fingerprint
