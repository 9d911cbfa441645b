"""Scoring: the kernels that bring the stale rows of the ledger up to date.

Of a mutant only what its new beliefs change is worked out: the sums over its
questions are its parent's, less the beliefs it lost, plus those it gained.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compilation import compiled, inlined
from .ledger import CLUSTERS, COUNTS, SUMS

KEPT = 0.25
"""Where less than this is left of a parent's sum of squares, all sums are made anew."""

LEAST_WEIGHT = 0.01
"""Where a question's weights come to less than this, its sums are never inherited."""

NUMBER, SHOWN, WORTH, TOTAL = range(4)
"""Order of an agent's question sums: active beliefs, Σwa, Σwv and, if weights differ, Σw."""


class Exam(NamedTuple):
    """The arrays of a battery, and the question sums on it; see `score_rows`."""

    start: NDArray[np.int64]
    question: NDArray[np.uint32]
    weight: NDArray[np.float64]
    on_value: NDArray[np.bool_]
    sums: NDArray[np.float64]


@compiled
def row_users(
    stale: NDArray[np.bool_],
    parent: NDArray[np.int32],
    row: NDArray[np.int32],
    rows: int,
) -> NDArray[np.int32]:
    """Count, for each row of question sums, the agents that have it or start from it."""
    users = np.zeros(rows, np.int32)
    for i in range(row.size):
        if row[i] >= 0 and (parent[i] >= 0 or not stale[i]):
            users[row[i]] += 1
    return users


# Kernels below are given an array and a row of it, not a view of the row: a view is counted in
# and out of use, which takes longer than what is done with it.


@compiled
def sum_anew(
    beliefs: NDArray[np.int32],
    agent: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    sums: NDArray[np.float64],
    place: int,
) -> None:
    """Sum up an agent's questions where all weights are 1."""
    i, row = np.uint32(agent), np.uint32(place)  # unsigned: no check for negative indices
    for q in range(sums.shape[2]):
        sums[row, NUMBER, q] = sums[row, SHOWN, q] = sums[row, WORTH, q] = 0.0
    for j in range(beliefs.shape[1]):
        b = np.uint32(beliefs[i, j])
        a, v = signal[b], value[b]
        for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
            q = question[e]
            sums[row, NUMBER, q] += 1.0
            sums[row, SHOWN, q] += a
            sums[row, WORTH, q] += v


@inlined
def add_weighted(
    sign: float,
    belief: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    sums: NDArray[np.float64],
    place: int,
) -> None:
    """Add a belief to the sums of an agent's questions, or (sign -1) take it away."""
    row = np.uint32(place)  # unsigned: no check for negative indices
    b = np.uint32(belief)
    a, v = sign * signal[b], sign * value[b]
    for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
        q, w = question[e], weight[e]
        sums[row, NUMBER, q] += sign
        sums[row, SHOWN, q] += w * a
        sums[row, WORTH, q] += w * v
        sums[row, TOTAL, q] += sign * w


@compiled
def shares(
    sums: NDArray[np.float64],
    place: int,
    total: int,
    on_value: NDArray[np.bool_],
    mixed: bool,
) -> tuple[float, float, float]:
    """Return what P and U are means of, summed over active questions, and how many these are.

    `total` says which of an agent's sums has Σw, `mixed` whether any
    question is scored on v.
    """
    row = np.uint32(place)
    proxy = true = active = 0.0
    for q in range(on_value.size):
        answered = 1.0 if sums[row, NUMBER, q] > 0.0 else 0.0
        share = answered / (sums[row, total, q] + (1.0 - answered))
        proxy += sums[row, SHOWN, q] * share
        true += sums[row, WORTH, q] * share
        active += answered
    if mixed:
        proxy = 0.0
        for q in range(on_value.size):
            if sums[row, NUMBER, q] > 0.0:
                tested = WORTH if on_value[q] else SHOWN
                proxy += sums[row, tested, q] / sums[row, total, q]
    return proxy, true, active


@inlined
def move_belief(
    sign: float,
    belief: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    on_value: NDArray[np.bool_],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    sums: NDArray[np.float64],
    place: int,
    proxy: float,
    true: float,
    active: float,
) -> tuple[float, float, float]:
    """Add a belief, or (sign -1) take it away, and keep up what follows from the sums.

    All weights are 1. What follows are the sums over active questions of
    what P and U are means of, and the number of active questions. Only the belief's questions are
    gone through.
    """
    row = np.uint32(place)
    b = np.uint32(belief)
    a = sign * signal[b]
    v = sign * value[b]
    for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
        q = question[e]
        before = sums[row, NUMBER, q]
        after = before + sign
        share_before = 1.0 / before if before > 0.0 else 0.0
        share_after = 1.0 / after if after > 0.0 else 0.0
        shown, worth = sums[row, SHOWN, q], sums[row, WORTH, q]
        by_value = (worth + v) * share_after - worth * share_before
        by_signal = (shown + a) * share_after - shown * share_before
        true += by_value
        proxy += by_value if on_value[q] else by_signal
        active += (1.0 if after > 0.0 else 0.0) - (1.0 if before > 0.0 else 0.0)
        sums[row, NUMBER, q] = after
        sums[row, SHOWN, q] = shown + a
        sums[row, WORTH, q] = worth + v
    return proxy, true, active


@inlined
def copy_row(sums: NDArray[np.float64], source: int, place: int) -> None:
    """Copy one agent's question sums."""
    old, new = np.uint32(source), np.uint32(place)
    for k in range(sums.shape[1]):
        for q in range(sums.shape[2]):
            sums[new, k, q] = sums[old, k, q]


@inlined
def differing(
    beliefs: NDArray[np.int32],
    agent: int,
    adult_beliefs: NDArray[np.int32],
    parent: int,
    places: NDArray[np.int64],
) -> int:
    """Write the places at which a child differs from its parent, and return how many they are."""
    i, p = np.uint32(agent), np.uint32(parent)
    count = 0
    for j in range(beliefs.shape[1]):
        places[count] = j  # it stays there if they differ
        count += beliefs[i, j] != adult_beliefs[p, j]
    return count


@inlined
def hashed(belief: np.uint32) -> np.uint64:
    """Return a belief's hash, the finaliser of splitmix64."""
    h = (np.uint64(belief) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@inlined
def sum_row(
    agent: int,
    inherits: bool,
    parent: int,
    changed: int,
    places: NDArray[np.int64],
    beliefs: NDArray[np.int32],
    adult_beliefs: NDArray[np.int32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    signal0: NDArray[np.float64],
    cluster: NDArray[np.int16],
    tame: bool,
    ledger: NDArray[np.float64],
    genome: NDArray[np.uint64],
) -> None:
    """Sum an agent's beliefs, and fingerprint its genome; see `score_rows`.

    The fingerprint of a genome is the sum, modulo 2^64, of a hash of each
    belief (the finaliser of splitmix64, Steele et al. 2014): the same for the
    same set in any order. Two of M different genomes collide with probability
    about M²/2^65.
    """
    i = np.uint32(agent)  # unsigned: no check for negative indices
    p = np.uint32(parent)
    clustered = ledger.shape[1] > CLUSTERS
    fingerprint = genome[i] if inherits else np.uint64(0)
    many = changed if inherits else beliefs.shape[1]
    if not inherits:
        ledger[i, COUNTS:] = 0.0
    v_sum = a_sum = av = vv = aa = 0.0
    if inherits:
        v_sum, a_sum, av = ledger[i, SUMS], ledger[i, SUMS + 1], ledger[i, SUMS + 2]
        vv, aa = ledger[i, SUMS + 3], ledger[i, SUMS + 4]
    deceptive, deceptive0 = ledger[i, COUNTS], ledger[i, COUNTS + 1]
    for k in range(many):
        j = k
        if inherits:
            j = places[k]
            b = np.uint32(adult_beliefs[p, j])
            v, a = value[b], signal[b]
            fingerprint -= hashed(b)
            v_sum, a_sum, av, vv, aa = v_sum - v, a_sum - a, av - a * v, vv - v * v, aa - a * a
            deceptive -= (v < 0.0) & (a > 0.0)
            deceptive0 -= (v < 0.0) & (signal0[b] > 0.0)
            if clustered:
                ledger[i, CLUSTERS + cluster[b]] -= 1.0
        b = np.uint32(beliefs[i, j])
        v, a = value[b], signal[b]
        fingerprint += hashed(b)
        v_sum, a_sum, av, vv, aa = v_sum + v, a_sum + a, av + a * v, vv + v * v, aa + a * a
        deceptive += (v < 0.0) & (a > 0.0)
        deceptive0 += (v < 0.0) & (signal0[b] > 0.0)
        if clustered:
            ledger[i, CLUSTERS + cluster[b]] += 1.0
    genome[i] = fingerprint
    ledger[i, COUNTS], ledger[i, COUNTS + 1] = deceptive, deceptive0
    # counts and fingerprints are exact; of a sum much of which is gone, only rounding is left
    shrunk = vv < KEPT * ledger[i, SUMS + 3] or aa < KEPT * ledger[i, SUMS + 4]
    if inherits and (shrunk or not tame):
        v_sum = a_sum = av = vv = aa = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            v, a = value[b], signal[b]
            v_sum, a_sum, av, vv, aa = v_sum + v, a_sum + a, av + a * v, vv + v * v, aa + a * a
    ledger[i, SUMS], ledger[i, SUMS + 1], ledger[i, SUMS + 2] = v_sum, a_sum, av
    ledger[i, SUMS + 3], ledger[i, SUMS + 4] = vv, aa


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
    ledger: NDArray[np.float64],
    first: int,
    signal0: NDArray[np.float64],
    cluster: NDArray[np.int16],
    genome: NDArray[np.uint64],
    tame: bool,
    of_beliefs: bool,
) -> None:
    """Score the stale agents on one battery, and sum their beliefs.

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
        Each agent's row in the store, its parent's until it has its own.
        Updated, unless `sums` is scratch space. Clones share a row, and who
        is the last to start from one takes it over, so that N rows suffice.
    ledger : ndarray of float64, shape (N, columns)
        Written to, from the column `first`: P, U and the number of active questions.
    first : int
    signal0, cluster : ndarray, shape (B,)
    genome : ndarray of uint64, shape (N,)
        Written to: the fingerprints.
    tame : bool
        Whether no belief is so large that the others are lost in rounding.
    of_beliefs : bool
        Whether to sum the beliefs too; another battery may have done so.
    """
    agents, genes = beliefs.shape
    questions = on_value.size
    equal = weight.size == 0
    mixed = bool(on_value.any())
    places = np.empty(genes + 1, np.int64)
    keeps = sums.shape[0] > 1
    users = row_users(stale, parent, row, sums.shape[0]) if keeps else row[:0]
    free = np.flatnonzero(users == 0)
    given = 0
    for i in range(agents):
        if not stale[i]:
            continue
        has_parent = parent[i] >= 0
        changed = 0
        if has_parent:
            changed = differing(beliefs, i, adult_beliefs, parent[i], places)
        if of_beliefs:
            sum_row(
                i, has_parent, parent[i], changed, places, beliefs, adult_beliefs,
                value, signal, signal0, cluster, tame, ledger, genome,
            )  # fmt: skip
        place = 0
        inherits = False
        if keeps:
            inherits = has_parent and row[i] >= 0
            if inherits and users[row[i]] == 1:
                place = row[i]
            else:
                place = free[given]
                given += 1
        proxy = true = active = 0.0
        if inherits and place != row[i]:
            users[row[i]] -= 1
            copy_row(sums, row[i], place)
        if inherits and equal:
            active = ledger[i, first + 2]
            proxy, true = ledger[i, first] * active, ledger[i, first + 1] * active
            for k in range(2 * changed):
                gone = k % 2 == 0
                j = places[k // 2]
                proxy, true, active = move_belief(
                    -1.0 if gone else 1.0,
                    adult_beliefs[parent[i], j] if gone else beliefs[i, j],
                    start, question, on_value, value, signal, sums, place,
                    proxy, true, active,
                )  # fmt: skip
        if inherits and not equal:
            for k in range(2 * changed):
                gone = k % 2 == 0
                j = places[k // 2]
                add_weighted(
                    -1.0 if gone else 1.0,
                    adult_beliefs[parent[i], j] if gone else beliefs[i, j],
                    start, question, weight, value, signal, sums, place,
                )  # fmt: skip
            for q in range(questions):
                # a small weight beside a large one that is gone is lost in rounding
                if sums[place, NUMBER, q] > 0.0 and sums[place, TOTAL, q] < LEAST_WEIGHT:
                    inherits = False
        if not inherits and equal:
            sum_anew(beliefs, i, start, question, value, signal, sums, place)
        if not inherits and not equal:
            sums[place] = 0.0
            for j in range(genes):
                add_weighted(
                    1.0, beliefs[i, j], start, question, weight, value, signal, sums, place
                )
        if not (inherits and equal):
            proxy, true, active = shares(sums, place, NUMBER if equal else TOTAL, on_value, mixed)
        if keeps:
            row[i] = place
        ledger[i, first] = proxy / active if active > 0.0 else 0.0
        ledger[i, first + 1] = true / active if active > 0.0 else 0.0
        ledger[i, first + 2] = active


@compiled
def copy_scores(ledger: NDArray[np.float64], first: int, assessed: NDArray[np.float64]) -> None:
    """Write P, U and, as without oversight F = P, P again to the first three rows."""
    for i in range(ledger.shape[0]):
        assessed[0, i] = assessed[2, i] = ledger[i, first]
        assessed[1, i] = ledger[i, first + 1]


@compiled
def column_mean(ledger: NDArray[np.float64], column: int) -> float:
    """Return the mean of a column over agents."""
    total = 0.0
    for i in range(ledger.shape[0]):
        total += ledger[i, column]
    return total / ledger.shape[0]
