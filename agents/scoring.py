"""Scoring: the kernels that bring the stale rows of the ledger up to date.

Of a mutant only what its new beliefs change is worked out: the sums over its
questions are its origin's, less the beliefs it lost, plus those it gained.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .census import Census
from .clones import Clones
from .compilation import borrowing, compiled, inlined
from .ledger import CLUSTERS, COUNTS, HELD_OUT, PROXY, SUMS, UNKNOWN
from .payoff import score_traits

KEPT = 0.25
"""Where less than this is left of a parent's sum of squares, all sums are made anew."""

LEAST_WEIGHT = 0.01
"""Where a question's weights come to less than this, its sums are never inherited."""

NUMBER, SHOWN, WORTH, TOTAL = range(4)
"""Order of a clone's question sums: active beliefs, Σwa, Σwv and, if weights differ, Σw."""


class Exam(NamedTuple):
    """The arrays of a battery, and the question sums on it; see `score_rows`."""

    start: NDArray[np.int64]
    question: NDArray[np.uint32]
    weight: NDArray[np.float64]
    on_value: NDArray[np.bool_]
    sums: NDArray[np.float64]


class Pool(NamedTuple):
    """The arrays of a landscape."""

    value: NDArray[np.float64]
    signal: NDArray[np.float64]
    signal0: NDArray[np.float64]
    cluster: NDArray[np.int16]


@compiled
def row_users(clones: Clones, census: Census, rows: int) -> NDArray[np.int32]:
    """Count, for each row of question sums, the clones that have it or start from it."""
    stale, origin, row = clones.stale, clones.origin, clones.row
    users = np.zeros(rows, np.int32)
    for k in range(census.many[0] if rows > 0 else 0):
        r = census.clone[k]
        if row[r] >= 0 and (origin[r] >= 0 or not stale[r]):
            users[row[r]] += 1
    return users


# Kernels below are given an array and a row of it, not a view of the row: a view is counted in
# and out of use, which takes longer than what is done with it.


@borrowing
def sum_anew(
    beliefs: NDArray[np.int32],
    clone: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    sums: NDArray[np.float64],
    place: int,
) -> None:
    """Sum up a clone's questions where all weights are 1."""
    i, row = np.uint32(clone), np.uint32(place)  # unsigned: no check for negative indices
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
    """Add a belief to the sums of a clone's questions, or (sign -1) take it away."""
    row = np.uint32(place)  # unsigned: no check for negative indices
    b = np.uint32(belief)
    a, v = sign * signal[b], sign * value[b]
    for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
        q, w = question[e], weight[e]
        sums[row, NUMBER, q] += sign
        sums[row, SHOWN, q] += w * a
        sums[row, WORTH, q] += w * v
        sums[row, TOTAL, q] += sign * w


@borrowing
def shares(
    sums: NDArray[np.float64],
    place: int,
    total: int,
    on_value: NDArray[np.bool_],
    mixed: bool,
) -> tuple[float, float, float]:
    """Return what P and U are means of, summed over active questions, and how many these are.

    `total` says which of a clone's sums has Σw, `mixed` whether any
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
    """Copy a clone's question sums."""
    old, new = np.uint32(source), np.uint32(place)
    for k in range(sums.shape[1]):
        for q in range(sums.shape[2]):
            sums[new, k, q] = sums[old, k, q]


@inlined
def differing(
    beliefs: NDArray[np.int32], clone: int, origin: int, places: NDArray[np.int64]
) -> int:
    """Write the places at which a clone differs from its origin, and return how many they are."""
    i, o = np.uint32(clone), np.uint32(origin)
    count = 0
    for j in range(beliefs.shape[1]):
        places[count] = j  # it stays there if they differ
        count += beliefs[i, j] != beliefs[o, j]
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
    clone: int,
    inherits: bool,
    origin: int,
    changed: int,
    places: NDArray[np.int64],
    beliefs: NDArray[np.int32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    signal0: NDArray[np.float64],
    cluster: NDArray[np.int16],
    tame: bool,
    ledger: NDArray[np.float64],
    genome: NDArray[np.uint64],
) -> None:
    """Sum a clone's beliefs, and fingerprint its genome; see `score_rows`.

    The fingerprint of a genome is the sum, modulo 2^64, of a hash of each
    belief (the finaliser of splitmix64, Steele et al. 2014): the same for the
    same set in any order. Two of M different genomes collide with probability
    about M²/2^65.
    """
    i = np.uint32(clone)  # unsigned: no check for negative indices
    o = np.uint32(origin)
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
            b = np.uint32(beliefs[o, j])
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


@borrowing
def score_stale(
    clones: Clones,
    census: Census,
    exam: Exam,
    pool: Pool,
    first: int,
    tame: bool,
    of_beliefs: bool,
    users: NDArray[np.int32],
    free: NDArray[np.int64],
    places: NDArray[np.int64],
) -> None:
    """Do the work of `score_rows`.

    Parameters
    ----------
    clones, census, exam, pool, first, tame, of_beliefs
        As there.
    users : ndarray of int32, shape (rows,)
        Of each row of sums, empty if they are scratch space. Updated.
    free : ndarray of int64
        Rows of sums that nobody uses.
    places : ndarray of int64, shape (K + 1,)
        Scratch space.
    """
    beliefs, ledger, genome = clones.beliefs, clones.ledger, clones.genome
    stale, origins, row = clones.stale, clones.origin, clones.row
    start, question, weight, on_value = exam.start, exam.question, exam.weight, exam.on_value
    sums, value, signal = exam.sums, pool.value, pool.signal
    genes, questions = beliefs.shape[1], on_value.size
    equal = weight.size == 0
    mixed = bool(on_value.any())
    keeps = users.size > 0
    given = 0
    for c in range(census.many[0]):
        i = census.clone[c]
        if not stale[i]:
            continue
        origin = origins[i]
        has_origin = origin >= 0
        changed = 0
        if has_origin:
            changed = differing(beliefs, i, origin, places)
        if of_beliefs:
            sum_row(
                i, has_origin, origin, changed, places, beliefs,
                value, signal, pool.signal0, pool.cluster, tame, ledger, genome,
            )  # fmt: skip
        place = 0
        inherits = False
        if keeps:
            inherits = has_origin and row[i] >= 0
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
                    -1.0 if gone else 1.0, beliefs[origin if gone else i, j],
                    start, question, on_value, value, signal, sums, place,
                    proxy, true, active,
                )  # fmt: skip
        if inherits and not equal:
            for k in range(2 * changed):
                gone = k % 2 == 0
                j = places[k // 2]
                add_weighted(
                    -1.0 if gone else 1.0, beliefs[origin if gone else i, j],
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
def score_rows(
    clones: Clones, census: Census, exam: Exam, pool: Pool, first: int, tame: bool, of_beliefs: bool
) -> None:
    """Score the stale clones on one battery, and sum their beliefs.

    With W_iq = Σ_{b in i} w_bq, question q is active when W_iq > 0;
    P_i = mean over active q of Σ_b w_bq a_b / W_iq, U_i the same with v. Where
    no question is active both are 0. A question marked ``on_value`` has v in
    place of a in its part of P.

    Parameters
    ----------
    clones : Clones
        Written to: the ledger from the column `first` on has P, U and the
        number of active questions; fingerprints; and each clone's row in the
        store, its origin's until it has its own, unless sums are scratch
        space. Who is the last to start from a row takes it over, so that N suffice.
    census : Census
        Who there is.
    exam : Exam
        The battery; the sums that are kept, shape (rows, 3 or 4, Q), are the
        number of active beliefs, Σwa, Σwv and, unless all weights are 1, Σw of
        each question. One row is scratch space; more are a store of what was
        summed before.
    pool : Pool
        The landscape.
    first : int
    tame : bool
        Whether no belief is so large that the others are lost in rounding.
    of_beliefs : bool
        Whether to sum the beliefs too; another battery may have done so.
    """
    rows = exam.sums.shape[0]
    users = row_users(clones, census, rows if rows > 1 else 0)
    free = np.flatnonzero(users == 0)
    places = np.empty(clones.beliefs.shape[1] + 1, np.int64)
    score_stale(clones, census, exam, pool, first, tame, of_beliefs, users, free, places)


@compiled
def score_clones(
    clones: Clones,
    census: Census,
    visible: Exam,
    hidden: Exam,
    pool: Pool,
    pressure: float,
    tame: bool,
    held_out: bool,
) -> None:
    """Bring the scores up to date; see `EvaluatorAgent.score`.

    Parameters
    ----------
    clones : Clones
        Nobody is stale any more.
    census : Census
        Who there is.
    visible, hidden : Exam
        The second counts only where `held_out`.
    pool : Pool
    pressure : float
        Of deployment: what P is in proportion to where there are no beliefs.
    tame, held_out : bool
    """
    if clones.beliefs.shape[1] == 0:
        score_traits(census, clones.ledger, pressure)
    else:
        score_rows(clones, census, visible, pool, PROXY, tame, True)
        if held_out:
            score_rows(clones, census, hidden, pool, HELD_OUT, tame, False)
    clones.stale[:] = False
    clones.origin[:] = UNKNOWN


@borrowing
def copy_scores(ledger: NDArray[np.float64], census: Census, assessed: NDArray[np.float64]) -> None:
    """Write P, U and, as without oversight F = P, P again to the first three rows."""
    for k in range(census.many[0]):
        r = np.uint32(census.clone[k])
        assessed[0, k] = assessed[2, k] = ledger[r, PROXY]
        assessed[1, k] = ledger[r, PROXY + 1]
