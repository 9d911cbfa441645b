"""Scoring: P and U of every genotype that is stale, on the battery.

With W_iq = Σ_{b in i} w_bq, question q is active where W_iq > 0; P_i is the mean
over active q of Σ_b w_bq·a_b / W_iq, and U_i the same with v (0 where no question
is active). A question that is scored on value has v in place of a in its part of P.

Of a mutant only what its new beliefs change is computed: its sums are those of
the genotype that it came from, less the beliefs it lost, plus those it gained.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.deployment.performance import exerted_pressure
from peckham.agents.landscapes.landscape import Pool
from peckham.agents.parameters.summaries import summarised
from peckham.agents.population.abundance import Abundance
from peckham.agents.population.genotypes import Genotypes
from peckham.agents.population.traits import ALIGNMENT, CAPABILITY, NONE, PROXY, TRUE_VALUE

from .belief_sums import sum_beliefs
from .question_sums import Exam, add_weighted, copy_row, move_belief, shares, sum_anew

LEAST_WEIGHT = 0.01
"""Where the weights of a question add up to less than this, its sums are never inherited."""


@summarised
class ScoringWorkspace(NamedTuple):
    """Scratch space for scoring.

    `users` counts the genotypes that have each row of question sums or start from it, and
    `free` lists the rows without users. `positions` has the positions at which a genotype
    differs from its origin. ``inverse[n]`` is 1/n, and 0 for n = 0.
    """

    users: NDArray[np.int32]
    free: NDArray[np.int64]
    positions: NDArray[np.int64]
    inverse: NDArray[np.float64]


def blank_scoring_workspace(size: int, genes: int) -> ScoringWorkspace:
    """Return scratch space for the scoring of `size` agents with `genes` beliefs."""
    inverse = np.zeros(genes + 1)
    inverse[1:] = 1.0 / np.arange(1, genes + 1)
    return ScoringWorkspace(
        users=np.empty(size, np.int32),
        free=np.empty(size, np.int64),
        positions=np.empty(genes + 1, np.int64),
        inverse=inverse,
    )


@kernel
def list_free(
    genotypes: Genotypes, abundance: Abundance, rows: int, workspace: ScoringWorkspace
) -> None:
    """Count the users of each row of question sums, and list the rows without any."""
    stale, origin, sums_row = genotypes.stale, genotypes.origin, genotypes.sums_row
    users = workspace.users
    users[:rows] = 0
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])  # unsigned: no check for negative indices
        if sums_row[i] >= 0 and (origin[i] >= 0 or not stale[i]):
            users[sums_row[i]] += 1
    found = 0
    for row in range(rows):
        if users[row] == 0:
            workspace.free[found] = row
            found += 1


@kernel(inline=True)
def list_differences(
    genotypes: Genotypes, genotype: int, origin: int, positions: NDArray[np.int64]
) -> int:
    """Write the positions at which a genotype differs from its origin; return their number."""
    beliefs, changed = genotypes.beliefs, genotypes.changed
    i, o = np.uint32(genotype), np.uint32(origin)
    count = 0
    for j in range(changed[i, 0]):
        positions[j] = changed[i, j + 1]
        count += 1
    if changed[i, 0] < 0:
        for j in range(beliefs.shape[1]):
            positions[count] = j  # it is overwritten unless they differ
            count += beliefs[i, j] != beliefs[o, j]
    return count


@kernel(inline=True)
def score_unweighted(
    genotypes: Genotypes,
    exam: Exam,
    pool: Pool,
    workspace: ScoringWorkspace,
    genotype: int,
    differences: int,
    row: int,
    first: int,
) -> tuple[float, float, float]:
    """Return what `shares` returns for a genotype where all weights are 1.

    Its sums are in a row. If `differences` is at least 0, the row has the sums of its
    origin, from which it differs in so many positions. P goes to the column `first`, then U
    and the number of active questions.
    """
    beliefs, traits = genotypes.beliefs, genotypes.traits
    if differences < 0:
        sum_anew(beliefs, genotype, pool, exam, row)
        return shares(exam, row, exam.on_value.size, workspace.inverse)
    active = traits[genotype, first + 2]
    totals = (traits[genotype, first] * active, traits[genotype, first + 1] * active, active)
    origin = genotypes.origin[genotype]
    for k in range(2 * differences):
        gone = k % 2 == 0
        belief = beliefs[origin if gone else genotype, workspace.positions[k // 2]]
        totals = move_belief(-1 if gone else 1, belief, pool, exam, row, workspace.inverse, totals)
    return totals


@kernel
def score_weighted(
    genotypes: Genotypes,
    exam: Exam,
    pool: Pool,
    workspace: ScoringWorkspace,
    genotype: int,
    differences: int,
    row: int,
) -> tuple[float, float, float]:
    """Do what `score_unweighted` does where questions have weights."""
    beliefs, questions = genotypes.beliefs, exam.on_value.size
    inherits = differences >= 0
    if inherits:
        origin = genotypes.origin[genotype]
        for k in range(2 * differences):
            gone = k % 2 == 0
            belief = beliefs[origin if gone else genotype, workspace.positions[k // 2]]
            add_weighted(-1 if gone else 1, belief, pool, exam, row)
        for q in range(questions):
            # a small weight beside a large one that is gone is lost in rounding
            if exam.number[row, q] > 0 and exam.total[row, q] < LEAST_WEIGHT:
                inherits = False
    if not inherits:
        exam.number[row] = 0
        exam.pairs[row] = 0.0
        exam.total[row] = 0.0
        for j in range(beliefs.shape[1]):
            add_weighted(1, beliefs[genotype, j], pool, exam, row)
    return shares(exam, row, questions, workspace.inverse)


@kernel
def score_battery(
    genotypes: Genotypes,
    abundance: Abundance,
    exam: Exam,
    pool: Pool,
    workspace: ScoringWorkspace,
    first: int,
    inherits_sums: bool,
) -> None:
    """Score the stale genotypes on one battery; the visible one sums their beliefs too.

    P, U and the number of active questions are written to the columns from `first` on:
    ``PROXY`` for the visible battery, ``HELD_OUT`` for the held-out one. A battery with one
    row of question sums uses it as scratch space; one with several stores the sums of each
    genotype. The last genotype to start from a row takes it over, so N rows suffice. Sums
    over beliefs are inherited if no belief is so large that the others are lost in
    rounding.
    """
    traits, sums_row, origin = genotypes.traits, genotypes.sums_row, genotypes.origin
    users, rows = workspace.users, exam.number.shape[0]
    stores = rows > 1
    if stores:
        list_free(genotypes, abundance, rows, workspace)
    taken = 0
    for k in range(abundance.distinct[0]):
        i = abundance.genotype[k]
        if not genotypes.stale[i]:
            continue
        differences = -1
        if origin[i] >= 0:
            differences = list_differences(genotypes, i, origin[i], workspace.positions)
        if first == PROXY:
            sum_beliefs(genotypes, pool, workspace.positions, i, differences, inherits_sums)
        row = 0
        if not stores or sums_row[i] < 0:
            differences = -1
        if stores and differences >= 0 and users[sums_row[i]] == 1:
            row = sums_row[i]
        elif stores:
            row = workspace.free[taken]
            taken += 1
            if differences >= 0:
                users[sums_row[i]] -= 1
                copy_row(exam, sums_row[i], row)
        if exam.weight.size == 0:
            proxy, true, active = score_unweighted(
                genotypes, exam, pool, workspace, i, differences, row, first
            )
        else:
            proxy, true, active = score_weighted(
                genotypes, exam, pool, workspace, i, differences, row
            )
        if stores:
            sums_row[i] = row
        traits[i, first] = proxy / active if active > 0.0 else 0.0
        traits[i, first + 1] = true / active if active > 0.0 else 0.0
        traits[i, first + 2] = active


@kernel
def score_traits(traits: NDArray[np.float64], abundance: Abundance, pressure: float) -> None:
    """Write P, the pressure that an agent without beliefs exerts, and U = ρP."""
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])
        exerted = exerted_pressure(pressure, traits[i, CAPABILITY])
        traits[i, PROXY] = exerted
        traits[i, TRUE_VALUE] = traits[i, ALIGNMENT] * exerted


@kernel
def mark_scored(genotypes: Genotypes) -> None:
    """Note that no genotype is stale any more."""
    genotypes.stale[:] = False
    genotypes.origin[:] = NONE
