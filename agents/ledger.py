"""The ledger: what is known of each agent, and the kernels that score a genome.

One row an agent, one column a quantity. A child inherits its parent's row: a
child scores what its parent scored until its beliefs, the battery or the
signals change. Only rows marked *stale* are worked out again, and of a mutant
only what its new beliefs change: the sums over its questions are its parent's,
less the beliefs it lost, plus those it gained.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled

HERITABLE = ("schemer", "capability", "alignment")
"""Columns that are traits of their own, inherited and written through views.

``alignment`` is ρ of the trait population; where there are beliefs, these decide ρ.
"""

SCORED = (
    "proxy",
    "true_value",
    "answered",
    "held_out",
    "held_out_value",
    "held_out_answered",
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
questions; then the same three on held-out questions; the sums are over held
beliefs: Σv, Σa, Σav, Σv², Σa²; then the numbers of held beliefs that are
deceptive by the current and by the first signal.
"""

COLUMNS = HERITABLE + SCORED

PROXY = COLUMNS.index("proxy")
TRUE_VALUE = COLUMNS.index("true_value")
ANSWERED = COLUMNS.index("answered")
HELD_OUT = COLUMNS.index("held_out")
SUMS = COLUMNS.index("value_sum")
COUNTS = COLUMNS.index("deceptive")
CLUSTERS = len(COLUMNS)


LEAST_WEIGHT = 0.01
"""Where a question's weights come to less than this, its sums are never inherited."""

UNKNOWN = -1
"""In place of a parent's slot or a row of question sums: there is none to start from."""


@compiled
def free_rows(
    stale: NDArray[np.bool_],
    row: NDArray[np.int32],
    adult_row: NDArray[np.int32],
    rows: int,
) -> NDArray[np.int32]:
    """Return the rows of question sums that neither adults nor scored children refer to."""
    in_use = np.zeros(rows, np.bool_)
    for i in range(row.size):
        if adult_row[i] >= 0:
            in_use[adult_row[i]] = True
        if not stale[i] and row[i] >= 0:
            in_use[row[i]] = True
    return np.flatnonzero(~in_use).astype(np.int32)


@compiled
def add_belief(
    sign: float,
    belief: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    number: NDArray[np.float64],
    total: NDArray[np.float64],
    shown: NDArray[np.float64],
    worth: NDArray[np.float64],
) -> None:
    """Add a belief to the sums of an agent's questions, or (sign -1) take it away."""
    b = np.uint32(belief)  # unsigned: no check for negative indices
    a = sign * signal[b]
    v = sign * value[b]
    for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
        q = question[e]
        number[q] += sign
        if weight.size == 0:
            shown[q] += a
            worth[q] += v
        else:
            w = weight[e]
            total[q] += sign * w
            shown[q] += w * a
            worth[q] += w * v


@compiled
def score_rows(
    stale: NDArray[np.bool_],
    parent: NDArray[np.int32],
    beliefs: NDArray[np.int32],
    adult_beliefs: NDArray[np.int32],
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    on_value: NDArray[np.bool_],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    sums: NDArray[np.float64],
    row: NDArray[np.int32],
    free: NDArray[np.int32],
    ledger: NDArray[np.float64],
    first: int,
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
    parent : ndarray of int32, shape (N,)
        Slot of the parent among the adults, `UNKNOWN` where all must be summed anew.
    beliefs, adult_beliefs : ndarray of int32, shape (N, K)
    start, question, weight, on_value
        The battery, see `Battery`.
    value, signal : ndarray of float64, shape (B,)
    sums : ndarray of float64, shape (rows, 3 or 4, Q)
        Number of active beliefs, Σwa, Σwv and, unless all weights are 1, Σw of
        each question. One row is scratch space; more are a store of what was
        summed before.
    row : ndarray of int32, shape (N,)
        Each agent's row in the store, its parent's until it has its own. Updated.
    free : ndarray of int32
        Rows to be given to stale agents; empty if `sums` is scratch space.
    ledger : ndarray of float64, shape (N, columns)
        Written to, from the column `first`: P, U and the number of active questions.
    first : int
    """
    agents, genes = beliefs.shape
    questions = on_value.size
    equal = weight.size == 0
    given = 0
    for i in range(agents):
        if not stale[i]:
            continue
        place = 0
        inherits = False
        if free.size > 0:
            place = free[given]
            given += 1
            inherits = parent[i] >= 0 and row[i] >= 0
        number, shown, worth = sums[place, 0], sums[place, 1], sums[place, 2]
        total = number if equal else sums[place, 3]
        if inherits:
            sums[place] = sums[row[i]]
            before = adult_beliefs[parent[i]]
            now = beliefs[i]
            for j in range(genes):
                if before[j] != now[j]:
                    add_belief(
                        -1.0, before[j], start, question, weight, value, signal,
                        number, total, shown, worth,
                    )  # fmt: skip
                    add_belief(
                        1.0, now[j], start, question, weight, value, signal,
                        number, total, shown, worth,
                    )  # fmt: skip
            if not equal:  # a small weight beside a large one that is gone is lost in rounding
                for q in range(questions):
                    if number[q] > 0.0 and total[q] < LEAST_WEIGHT:
                        inherits = False
        if not inherits:
            sums[place] = 0.0
            for j in range(genes):
                add_belief(
                    1.0, beliefs[i, j], start, question, weight, value, signal,
                    number, total, shown, worth,
                )  # fmt: skip
        row[i] = place
        proxy = 0.0
        true = 0.0
        active = 0
        for q in range(questions):
            answered = number[q] > 0.0
            share = 1.0 / total[q] if answered else 0.0
            proxy += (worth[q] if on_value[q] else shown[q]) * share
            true += worth[q] * share
            active += answered
        if active > 0:
            proxy /= active
            true /= active
        ledger[i, first] = proxy
        ledger[i, first + 1] = true
        ledger[i, first + 2] = active


@compiled
def sum_rows(
    stale: NDArray[np.bool_],
    parent: NDArray[np.int32],
    beliefs: NDArray[np.int32],
    adult_beliefs: NDArray[np.int32],
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
    parent : ndarray of int32, shape (N,)
        Slot of the parent among the adults, `UNKNOWN` where all must be summed anew.
    beliefs, adult_beliefs : ndarray of int32, shape (N, K)
    value, signal, signal0 : ndarray of float64, shape (B,)
    cluster : ndarray of int16, shape (B,)
    ledger : ndarray of float64, shape (N, columns)
        Written to: the columns from ``value_sum`` on.
    genome : ndarray of uint64, shape (N,)
        Written to: the fingerprints.
    """
    agents, genes = beliefs.shape
    clustered = ledger.shape[1] > CLUSTERS
    for i in range(agents):
        if not stale[i]:
            continue
        value_sum = signal_sum = product = value_square = signal_square = 0.0
        for j in range(genes):
            b = np.uint32(beliefs[i, j])  # unsigned: no check for negative indices
            v = value[b]
            a = signal[b]
            value_sum += v
            signal_sum += a
            product += a * v
            value_square += v * v
            signal_square += a * a
        ledger[i, SUMS] = value_sum
        ledger[i, SUMS + 1] = signal_sum
        ledger[i, SUMS + 2] = product
        ledger[i, SUMS + 3] = value_square
        ledger[i, SUMS + 4] = signal_square
        # counts and fingerprints are exact, so that here the difference from the parent will do
        inherits = parent[i] >= 0
        fingerprint = genome[i] if inherits else np.uint64(0)
        if not inherits:
            ledger[i, COUNTS:] = 0.0
        for j in range(genes):
            b = beliefs[i, j]
            if inherits:
                gone = adult_beliefs[parent[i], j]
                if gone == b:
                    continue
                fingerprint -= hashed(gone)
                ledger[i, COUNTS] -= (value[gone] < 0.0) & (signal[gone] > 0.0)
                ledger[i, COUNTS + 1] -= (value[gone] < 0.0) & (signal0[gone] > 0.0)
                if clustered:
                    ledger[i, CLUSTERS + cluster[gone]] -= 1.0
            fingerprint += hashed(b)
            ledger[i, COUNTS] += (value[b] < 0.0) & (signal[b] > 0.0)
            ledger[i, COUNTS + 1] += (value[b] < 0.0) & (signal0[b] > 0.0)
            if clustered:
                ledger[i, CLUSTERS + cluster[b]] += 1.0
        genome[i] = fingerprint


@compiled
def hashed(belief: int) -> np.uint64:
    """Return a belief's hash, the finaliser of splitmix64."""
    h = (np.uint64(belief) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))
