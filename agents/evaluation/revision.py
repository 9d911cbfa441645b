"""Revision: what a new question or new signals change in scores that are up to date."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.landscapes.landscape import Pool
from peckham.agents.population.abundance import Abundance
from peckham.agents.population.genotypes import Genotypes
from peckham.agents.population.traits import (
    ANSWERED,
    DECEPTIVE,
    HELD_OUT,
    PRODUCT_SUM,
    PROXY,
    SIGNAL_SQUARE_SUM,
    SIGNAL_SUM,
    TRUE_VALUE,
)

from .question_sums import SIGNAL, VALUE, Exam


@kernel
def add_question(
    activated: NDArray[np.bool_],
    number: int,
    genotypes: Genotypes,
    abundance: Abundance,
    pool: Pool,
    exam: Exam,
) -> None:
    """Add a question of weight 1 to sums and scores; no genotype is stale.

    `activated` has shape (B,), `number` counts from 0, and ``exam.on_value`` says how the
    question is scored. Sums are written to where genotypes have rows.
    """
    beliefs, traits, sums_row = genotypes.beliefs, genotypes.traits, genotypes.sums_row
    pairs, total = exam.pairs, exam.total
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])
        count = by_signal = by_value = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            active = 1.0 if activated[b] else 0.0  # no branch: it is hard to predict
            count += active
            by_signal += active * pool.signal[b]
            by_value += active * pool.value[b]
        if sums_row[i] >= 0:
            r = np.uint32(sums_row[i])
            exam.number[r, number] = count
            pairs[r, 2 * number + SIGNAL], pairs[r, 2 * number + VALUE] = by_signal, by_value
            if total.shape[1] > 0:
                total[r, number] = count
        if count > 0.0:
            share = 1.0 / count
            by_value *= share
            by_signal = by_value if exam.on_value[number] else by_signal * share
            active = traits[i, ANSWERED]
            traits[i, PROXY] = (traits[i, PROXY] * active + by_signal) / (active + 1.0)
            traits[i, TRUE_VALUE] = (traits[i, TRUE_VALUE] * active + by_value) / (active + 1.0)
            traits[i, ANSWERED] = active + 1.0


@kernel
def relabel_sums(exam: Exam, of_signal: float, of_value: float, constant: float) -> None:
    """Change Σwa in all rows to what it is where every a ← x·a + y·v + z."""
    number, pairs, total = exam.number, exam.pairs, exam.total
    weighted = total.shape[1] > 0
    for r in range(number.shape[0]):
        for q in range(number.shape[1]):
            weights = total[r, q] if weighted else float(number[r, q])
            pairs[r, 2 * q + SIGNAL] = (
                of_signal * pairs[r, 2 * q + SIGNAL]
                + of_value * pairs[r, 2 * q + VALUE]
                + constant * weights
            )


@kernel
def relabel_genotypes(
    genotypes: Genotypes,
    abundance: Abundance,
    pool: Pool,
    of_signal: float,
    of_value: float,
    constant: float,
    held_out: bool,
) -> None:
    """Update what depends on signals when every signal becomes x·a + y·v + z.

    P follows the same rule, because it is a mean of signals. Σa, Σav, Σa² and the number of
    deceptive beliefs are summed again over the pool, which has the new signals. No genotype
    is stale.
    """
    beliefs, traits = genotypes.beliefs, genotypes.traits
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])
        for battery in range(2 if held_out else 1):
            proxy = PROXY if battery == 0 else HELD_OUT
            added = constant if traits[i, proxy + 2] > 0.0 else 0.0
            traits[i, proxy] = (
                of_signal * traits[i, proxy] + of_value * traits[i, proxy + 1] + added
            )
        a_sum = av = aa = deceptive = 0.0
        for j in range(beliefs.shape[1]):
            b = np.uint32(beliefs[i, j])
            v, a = pool.value[b], pool.signal[b]
            a_sum, av, aa = a_sum + a, av + a * v, aa + a * a
            deceptive += (v < 0.0) & (a > 0.0)
        traits[i, SIGNAL_SUM], traits[i, PRODUCT_SUM] = a_sum, av
        traits[i, SIGNAL_SQUARE_SUM], traits[i, DECEPTIVE] = aa, deceptive
