"""Fixation: probabilities and times of whole histories, against the exact chains.

Histories are made by the rules alone, as fast as they go; 2 % in a rule is
seen in one generation (test_rules.py), what is seen here is that generations
add up. `test_drift_of_runs.py` does the same to whole logged runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from peckham.agents.selection.fermi import Fermi
from peckham.agents.selection.moran import Moran
from peckham.agents.selection.neutral import Neutral
from peckham.agents.selection.parentage import SelectionPart
from peckham.agents.selection.softmax import Softmax
from peckham.analysis import theory

pytestmark = pytest.mark.statistical


def history(
    rule: SelectionPart, size: int, difference: float, rng: np.random.Generator
) -> tuple[bool, int]:
    """Follow one copy of an allele until it is fixed or lost; return whether, and generations."""
    carriers = np.zeros(size, np.bool_)
    carriers[rng.integers(size)] = True
    generations = 0
    copies = 1
    while 0 < copies < size:
        carriers = carriers[rule.select(difference * carriers, rng).parents]
        copies = np.count_nonzero(carriers)
        generations += 1
    return copies == size, generations


def histories(
    rule: SelectionPart, size: int, difference: float, times: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return which of many histories ended in fixation, and how long each took."""
    found = [history(rule, size, difference, rng) for _ in range(times)]
    fixed, generations = np.array(found).T
    return fixed.astype(bool), generations


def test_moran(judge: Any, effort: int, rng: np.random.Generator) -> None:
    """Relative fitness 1.1 in 100 agents: (1 − 1/r)/(1 − 1/r^N) = 0.0909157."""
    fixed, _ = histories(Moran(beta=1.0), 100, np.log(1.1), 20000 * effort, rng)
    judge.share(fixed.sum(), fixed.size, 0.0909157)


def test_neutral_moran(judge: Any, effort: int, rng: np.random.Generator) -> None:
    """One neutral mutant of 100: absorbed after 517.738 steps, fixed after 9,900 if at all."""
    chain = theory.moran_chain(100)
    assert theory.absorption_time(chain)[1] == pytest.approx(517.738, abs=5e-4)
    assert theory.fixation_time(chain)[1] == pytest.approx(9900)
    generation = theory.generation_chain(chain, 100)
    fixed, generations = histories(Moran(beta=0.0), 100, 0.0, 20000 * effort, rng)
    judge.share(fixed.sum(), fixed.size, 0.01)
    judge.mean(generations, theory.absorption_time(generation)[1])
    judge.mean(generations[fixed], theory.fixation_time(generation)[1])
    # generations hold 100 steps, so they end half a generation late on average
    assert theory.fixation_time(generation)[1] == pytest.approx(99.5, abs=0.01)


def test_fermi(judge: Any, effort: int, rng: np.random.Generator) -> None:
    """β .05 and a constant difference of 1 in 100 agents: 0.0491014."""
    fixed, generations = histories(Fermi(beta=0.05), 100, 1.0, 20000 * effort, rng)
    judge.share(fixed.sum(), fixed.size, 0.0491014)
    chain = theory.generation_chain(theory.fermi_chain(100, 0.05, 1.0), 100)
    judge.mean(generations, theory.absorption_time(chain)[1])


@pytest.mark.parametrize(("weight", "expected"), [(1.01, 0.019776), (1.02, 0.038936)])
def test_wright_fisher(
    weight: float, expected: float, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    """One copy among 300 with a selection coefficient of .01 and .02, by the exact chain."""
    fixed, _ = histories(Softmax(beta=1.0), 300, np.log(weight), 4000 * effort, rng)
    judge.share(fixed.sum(), fixed.size, expected)


def fixation_of_a_lineage(
    rule: SelectionPart, size: int, rng: np.random.Generator
) -> tuple[int, int]:
    """Follow all lineages until one has fixed; return which, and the generations it took."""
    lineage = np.arange(size)
    generations = 0
    while (lineage != lineage[0]).any():
        lineage = lineage[rule.select(np.zeros(size), rng).parents]
        generations += 1
    return int(lineage[0]), generations


@pytest.mark.parametrize(
    ("size", "times", "expected"), [(10, 6000, 17.4956), (100, 700, 196.7417), (300, 250, 596.3765)]
)
def test_neutral_lineages(
    size: int, times: int, expected: float, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    """One of N founders' lineages fixes, each with probability 1/N, after 17.50, 196.74, 596.38."""
    found = [fixation_of_a_lineage(Neutral(), size, rng) for _ in range(times * effort)]
    winner, generations = np.array(found).T
    judge.mean(generations, expected)
    judge.counts(np.bincount(winner * 10 // size, minlength=10), np.full(10, 0.1))


@pytest.mark.parametrize("rule", [Neutral(), Softmax(beta=0.0)], ids=repr)
def test_neutral_heterozygosity(
    rule: Any, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    """After 100 generations of 300 agents 0.71613 of it are left."""
    size = 300
    left = np.empty(400 * effort)
    for k in range(left.size):
        carriers = np.arange(size) < size // 2
        for _ in range(100):
            carriers = carriers[rule.select(np.zeros(size), rng).parents]
        share = carriers.mean()
        left[k] = 4 * share * (1 - share)
    judge.mean(left, 0.71613)


@pytest.mark.parametrize("rho", [0.5, -0.3])
def test_softmax_response(rho: float, judge: Any, effort: int, rng: np.random.Generator) -> None:
    """On bivariate-normal scores the proxy moves by βσ_a², the value by βρσ_aσ_v."""
    size, beta, sd_a, sd_v = 200_000 * effort, 0.8, 1.0, 1.0
    a, e = rng.standard_normal((2, size))
    v = rho * a + np.sqrt(1 - rho**2) * e
    parents = Softmax(beta=beta).select(a, rng).parents
    proxy, value = theory.softmax_response(beta, sd_a, sd_v, rho)
    assert (proxy, value) == pytest.approx((0.8, 0.8 * rho))
    # the founders are a sample too: its weighted mean varies like e^{βa}(a − βσ²)'s, over N
    for moved, z in ((proxy, a), (value, v)):
        residual = np.exp(beta * a - beta**2 / 2) * (z - moved)
        judge.mean(z[parents], moved, np.sqrt(z[parents].var() + residual.var()))


def test_expected_response_is_exact(judge: Any, effort: int, rng: np.random.Generator) -> None:
    """E[z̄'] = Σ p_i z_i for any scores, however few."""
    fitness, z = rng.standard_t(2, (2, 12))
    rule = Softmax(beta=1.5)
    p = np.exp(1.5 * fitness) / np.exp(1.5 * fitness).sum()
    found = [z[rule.select(fitness, rng).parents].mean() for _ in range(5000 * effort)]
    judge.mean(found, p @ z)
    assert rule.select(fitness, rng).probabilities == pytest.approx(p, rel=1e-12)
