"""One generation of each selection rule against its exact distribution, and broken rules.

A population of two alleles, the fitter with an advantage d. How many copies
there are after one generation has an exact distribution, for any rule; a rule
that is 2 % off in its selection pressure, or otherwise not what it says, must
be seen by the same comparison.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from peckham.agents.selection.fermi import Fermi, fermi_events
from peckham.agents.selection.moran import Moran, births_and_deaths
from peckham.agents.selection.neutral import Neutral
from peckham.agents.selection.parentage import Parentage, SelectionPart
from peckham.agents.selection.softmax import Softmax
from peckham.agents.selection.tournament import Tournament
from peckham.agents.selection.truncation import Truncation
from peckham.analysis import theory

pytestmark = pytest.mark.statistical

NOBODY = np.ones(100)
"""Everybody is spared."""

ADVANTAGE = 0.5
"""d, so that βd = 1 at β = 2."""


def moran_events(
    fitness: Any, spared: Any, beta: float, uniforms: Any, ancestor: Any, born: Any
) -> None:
    """Run a Moran process; see `births_and_deaths`."""
    weights, tree = np.empty(fitness.size), np.empty(fitness.size + 1)
    births_and_deaths(fitness, spared, beta, uniforms, ancestor, born, weights, tree)


def binomial(size: int, chance: float) -> NDArray[np.float64]:
    """Return the distribution of copies among N children that each have it with this chance."""
    return np.asarray(stats.binom.pmf(np.arange(size + 1), size, chance))


def exact(rule: Any, size: int, copies: int) -> NDArray[np.float64]:
    """Return the distribution of copies after a generation, shape (N + 1,)."""
    if rule.kind == "neutral":
        return theory.wright_fisher_chain(size)[copies]
    if rule.kind == "softmax":
        return theory.wright_fisher_chain(size, np.exp(rule.beta * ADVANTAGE))[copies]
    if rule.kind == "tournament":
        return binomial(size, 1 - (1 - copies / size) ** rule.entrants)
    if rule.kind == "truncation":
        return binomial(size, min(1.0, copies / int(rule.share * size + 0.5)))
    if rule.kind == "moran":
        event = theory.moran_chain(size, np.exp(rule.beta * ADVANTAGE))
    else:
        event = theory.fermi_chain(size, rule.beta, ADVANTAGE)
    return theory.generation_chain(event, size)[copies]


Select = Callable[[NDArray[np.float64], np.random.Generator], Parentage]


def copies_after(
    select: Select, size: int, copies: int, times: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Return the copies after one generation, again and again, shape (times,)."""
    fitness = np.where(np.arange(size) < copies, ADVANTAGE, 0.0)
    found = np.empty(times, np.int64)
    for k in range(times):
        found[k] = (select(fitness, rng).parents < copies).sum()
    return found


def hold_to_theory(
    judge: Any, select: Select, rule: SelectionPart, effort: int, rng: np.random.Generator
) -> None:
    """Compare the whole distribution in a small population, and the mean in a larger one."""
    size, copies = 10, 4
    p = exact(rule, size, copies)
    found = copies_after(select, size, copies, 4000 * effort, rng)
    judge.counts(np.bincount(found, minlength=size + 1), p)
    size, copies = 100, 45
    p = exact(rule, size, copies)
    mean = p @ np.arange(size + 1)
    sd = np.sqrt(p @ (np.arange(size + 1) - mean) ** 2)
    found = copies_after(select, size, copies, 24000 * effort, rng)
    judge.mean(found, mean, sd)
    judge.mean((found - mean) ** 2, sd**2)


RULES = [
    Neutral(),
    Softmax(beta=2.0),
    Softmax(beta=0.0),
    Tournament(entrants=2),
    Tournament(entrants=5),
    Truncation(share=0.57),
    Moran(beta=2.0),
    Moran(beta=0.0),
    Fermi(beta=2.0),
    Fermi(beta=0.0),
]


@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_a_generation_is_distributed_as_theory_says(
    rule: Any, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    hold_to_theory(judge, rule.select, rule, effort, rng)


@pytest.mark.parametrize(("rule", "chance"), [(Moran(beta=3.0), 1.0), (Fermi(beta=0.0), 0.5)])
def test_who_was_born(
    rule: Any, chance: float, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    """Each of N events replaces a given slot with this chance over N, itself by itself included."""
    size, times = 12, 8000 * effort
    fitness = rng.standard_normal(size)
    born = sum(rule.select(fitness, rng).born.astype(int) for _ in range(times))
    judge.share(born[0], times, 1 - (1 - chance / size) ** size)
    judge.share(born[-1], times, 1 - (1 - chance / size) ** size)


def without_replacement(fitness: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
    """Draw every parent once at most: the Gumbel trick, with a second round for the rest."""
    keys = 2.0 * fitness + rng.gumbel(size=fitness.size)
    best = np.argsort(-keys)
    half = best[: fitness.size // 2]
    parents = np.sort(np.concatenate((half, half)))[: fitness.size].astype(np.int32)
    return Parentage(parents, np.ones(fitness.size, np.bool_), None)


def after(
    kernel: Any, fitness: NDArray[np.float64], beta: float, uniforms: NDArray[np.float64]
) -> Parentage:
    """Run as many events as there are rows of uniforms."""
    parents = np.arange(fitness.size, dtype=np.int32)
    born = np.zeros(fitness.size, np.bool_)
    kernel(fitness, NOBODY[: fitness.size], beta, uniforms, parents, born)
    return Parentage(parents, born, None)


def fewer_events(kernel: Any, beta: float, columns: int, share: float) -> Select:
    """Return a rule of sequential events that stops a little early."""

    def select(fitness: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
        events = int(share * fitness.size)
        return after(kernel, fitness, beta, rng.random((events, columns)))

    return select


def one_event_less(fitness: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
    """Run a Moran process with N − 1 replacements."""
    return after(moran_events, fitness, 2.0, rng.random((fitness.size - 1, 2)))


def never_its_parent(fitness: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
    """Run a Moran process in which no child takes its own parent's place."""
    ancestor = np.arange(fitness.size, dtype=np.int32)
    for _ in range(fitness.size):
        weights = np.exp(2.0 * fitness[ancestor])
        parent = rng.choice(fitness.size, p=weights / weights.sum())
        dead = (parent + rng.integers(1, fitness.size)) % fitness.size
        ancestor[dead] = ancestor[parent]
    return Parentage(ancestor, np.ones(fitness.size, np.bool_), None)


def with_oneself(fitness: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
    """Compare with anybody, oneself included."""
    ancestor = np.arange(fitness.size, dtype=np.int32)
    for _ in range(fitness.size):
        i, j = rng.integers(fitness.size, size=2)
        gain = 2.0 * (fitness[ancestor[j]] - fitness[ancestor[i]])
        if rng.random() < 1 / (1 + np.exp(-gain)):
            ancestor[i] = ancestor[j]
    return Parentage(ancestor, np.ones(fitness.size, np.bool_), None)


def the_best_enters(fitness: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
    """Hold tournaments whose entrants are drawn without replacement."""
    size = fitness.size
    entrants = np.array([rng.choice(size, 5, replace=False) for _ in range(size)])
    parents = entrants[np.arange(size), fitness[entrants].argmax(axis=1)].astype(np.int32)
    return Parentage(parents, np.ones(size, np.bool_), None)


BROKEN: dict[str, tuple[SelectionPart, Select]] = {
    "softmax, β 2 % too strong": (Softmax(beta=2.0), Softmax(beta=2.04).select),
    "softmax, β 2 % too weak": (Softmax(beta=2.0), Softmax(beta=1.96).select),
    "softmax, parents drawn without replacement": (Softmax(beta=2.0), without_replacement),
    "neutral, a little selection": (Neutral(), Softmax(beta=0.02).select),
    "moran, β 2 % too strong": (Moran(beta=2.0), Moran(beta=2.04).select),
    "moran, N − 1 replacements": (Moran(beta=2.0), one_event_less),
    "moran, 2 % fewer events": (Moran(beta=2.0), fewer_events(moran_events, 2.0, 2, 0.98)),
    "moran, a child never takes its parent's place": (Moran(beta=2.0), never_its_parent),
    "fermi, β 2 % too strong": (Fermi(beta=2.0), Fermi(beta=2.04).select),
    "fermi, 2 % fewer events": (Fermi(beta=2.0), fewer_events(fermi_events, 2.0, 3, 0.98)),
    "fermi, oneself included": (Fermi(beta=2.0), with_oneself),
    "tournament, entrants without replacement": (Tournament(entrants=5), the_best_enters),
    "truncation, 2 % more survive": (Truncation(share=0.6), Truncation(share=0.612).select),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_is_seen(name: str, judge: Any, rng: np.random.Generator) -> None:
    """In the short form too; by a judge of its own, for these are no claims about the simulator."""
    rule, select = BROKEN[name]
    with pytest.raises(AssertionError):
        hold_to_theory(type(judge)(), select, rule, 1, rng)
