"""Scoring: the kernels that bring the stale rows of the ledger up to date.

Of a mutant only what its new beliefs change is worked out: the sums over its
questions are its origin's, less the beliefs it lost, plus those it gained.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing, inlined
from peckham.agents.payoff import score_traits
from peckham.agents.population.abundance import Census
from peckham.agents.population.columns import CLUSTERS, COUNTS, HELD_OUT, PROXY, SUMS, UNKNOWN
from peckham.agents.population.genotypes import Clones

from .desk import Desk, count_users
from .question_sums import Exam, add_weighted, copy_row, move_belief, shares, sum_anew

KEPT = 0.25
"""Where less than this is left of an origin's sum of squares, all sums are made anew."""

LEAST_WEIGHT = 0.01
"""Where a question's weights come to less than this, its sums are never inherited."""


class Pool(NamedTuple):
    """The arrays of a landscape."""

    value: NDArray[np.float64]
    signal: NDArray[np.float64]
    signal0: NDArray[np.float64]
    cluster: NDArray[np.int16]


@inlined
def differing(
    beliefs: NDArray[np.int32],
    changed: NDArray[np.int32],
    clone: int,
    origin: int,
    places: NDArray[np.int64],
) -> int:
    """Write the places at which a clone differs from its origin, and return how many they are."""
    i, o = np.uint32(clone), np.uint32(origin)
    count = 0
    for j in range(changed[i, 0]):
        places[j] = changed[i, j + 1]
        count += 1
    if changed[i, 0] < 0:
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
    differences: int,
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
    many = differences if inherits else beliefs.shape[1]
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
def score_rows(
    clones: Clones,
    census: Census,
    exam: Exam,
    pool: Pool,
    first: int,
    tame: bool,
    of_beliefs: bool,
    desk: Desk,
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
        The battery, and question sums. One row of them is scratch space; more
        are a store of what was summed before.
    pool : Pool
        The landscape.
    first : int
    tame : bool
        Whether sums over beliefs can be inherited: none is so large that the
        others are lost in rounding.
    of_beliefs : bool
        Whether to sum the beliefs too; another battery may have done so.
    desk : Desk
    """
    beliefs, ledger, genome = clones.beliefs, clones.ledger, clones.genome
    stale, origins, changed, row = clones.stale, clones.origin, clones.changed, clones.row
    start, question, weight, on_value = exam.start, exam.question, exam.weight, exam.on_value
    number, pairs, total = exam.number, exam.pairs, exam.total
    value, signal = pool.value, pool.signal
    genes, questions = beliefs.shape[1], on_value.size
    equal = weight.size == 0
    mixed = bool(on_value.any())
    users, free, places, inverse = desk
    keeps = number.shape[0] > 1
    if keeps:
        count_users(clones, census, number.shape[0], desk)
    given = 0
    for c in range(census.many[0]):
        i = census.clone[c]
        if not stale[i]:
            continue
        origin = origins[i]
        has_origin = origin >= 0
        differences = 0
        if has_origin:
            differences = differing(beliefs, changed, i, origin, places)
        if of_beliefs:
            sum_row(
                i, has_origin, origin, differences, places, beliefs,
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
            copy_row(number, pairs, total, row[i], place)
        if inherits and equal:
            active = ledger[i, first + 2]
            proxy, true = ledger[i, first] * active, ledger[i, first + 1] * active
            for k in range(2 * differences):
                gone = k % 2 == 0
                j = places[k // 2]
                proxy, true, active = move_belief(
                    -1 if gone else 1, beliefs[origin if gone else i, j],
                    start, question, on_value, mixed, value, signal, number, pairs, place, inverse,
                    proxy, true, active,
                )  # fmt: skip
        if inherits and not equal:
            for k in range(2 * differences):
                gone = k % 2 == 0
                j = places[k // 2]
                add_weighted(
                    -1 if gone else 1, beliefs[origin if gone else i, j],
                    start, question, weight, value, signal, number, pairs, total, place,
                )  # fmt: skip
            for q in range(questions):
                # a small weight beside a large one that is gone is lost in rounding
                if number[place, q] > 0 and total[place, q] < LEAST_WEIGHT:
                    inherits = False
        if not inherits and equal:
            sum_anew(beliefs, i, start, question, value, signal, number, pairs, place)
        if not inherits and not equal:
            number[place] = 0
            pairs[place] = 0.0
            total[place] = 0.0
            for j in range(genes):
                add_weighted(
                    1, beliefs[i, j],
                    start, question, weight, value, signal, number, pairs, total, place,
                )  # fmt: skip
        if not (inherits and equal):
            proxy, true, active = shares(number, pairs, total, place, on_value, inverse)
        if keeps:
            row[i] = place
        ledger[i, first] = proxy / active if active > 0.0 else 0.0
        ledger[i, first + 1] = true / active if active > 0.0 else 0.0
        ledger[i, first + 2] = active


@borrowing
def score_clones(
    clones: Clones,
    census: Census,
    visible: Exam,
    hidden: Exam,
    pool: Pool,
    pressure: float,
    inherits: bool,
    held_out: bool,
    desk: Desk,
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
    inherits, held_out : bool
    desk : Desk
        Scratch space.
    """
    if clones.beliefs.shape[1] == 0:
        score_traits(census, clones.ledger, pressure)
    else:
        score_rows(clones, census, visible, pool, PROXY, inherits, True, desk)
        if held_out:
            score_rows(clones, census, hidden, pool, HELD_OUT, inherits, False, desk)
    clones.stale[:] = False
    clones.origin[:] = UNKNOWN


@borrowing
def copy_scores(ledger: NDArray[np.float64], census: Census, assessed: NDArray[np.float64]) -> None:
    """Write P, U and, as without oversight F = P, P again to the first three rows."""
    for k in range(census.many[0]):
        r = np.uint32(census.clone[k])
        assessed[0, k] = assessed[2, k] = ledger[r, PROXY]
        assessed[1, k] = ledger[r, PROXY + 1]
