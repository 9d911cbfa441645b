"""Mutation, recombination and proposals against what they say they do, and broken ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from peckham.agents import PopulationModel
from peckham.agents.landscapes.landscape import Landscape, without_clusters
from peckham.agents.population.founders import founders
from peckham.agents.population.population import Population
from peckham.agents.reproduction.inheritance import inherit
from peckham.agents.reproduction.mutation import (
    GeneWorkspace,
    blank_gene_workspace,
    mutate_beliefs,
    proposals_of,
)
from peckham.agents.reproduction.proposals.adversarial import Adversarial
from peckham.agents.reproduction.recombination import merge_parents
from peckham.agents.selection.moran import Moran
from peckham.agents.selection.neutral import Neutral
from peckham.agents.selection.parentage import Parentage, SelectionPart
from peckham.agents.selection.parents import choose_second
from peckham.agents.selection.softmax import Softmax
from peckham.agents.selection.tournament import Tournament
from peckham.analysis import theory

pytestmark = pytest.mark.statistical

SIZE = 1000
EVERYBODY = np.arange(SIZE, dtype=np.int32)
BORN = np.ones(SIZE, np.bool_)


@dataclass
class Nursery:
    """A population with its children, everybody's own unless others are, and what changes them."""

    adults: Population
    children: Population
    workspace: GeneWorkspace
    beliefs: int

    @classmethod
    def of(cls, genes: int, beliefs: int, rng: np.random.Generator) -> Nursery:
        adults = founders(SIZE, genes, beliefs, 0, 0.5, (50.0, 10.0), (0.0, 0.5), lambda _: rng)
        workspace = blank_gene_workspace(SIZE, genes, beliefs)
        return cls(adults, adults.blank_children(), workspace, beliefs)

    def bear(self, parents: NDArray[np.int32] = EVERYBODY) -> None:
        """Have children, ready to change."""
        inherit(parents, BORN, self.adults, self.children, SIZE + 1)

    def mutate(
        self, rate: float, log_weights: NDArray[np.float64] | None, rng: np.random.Generator
    ) -> None:
        """Exchange beliefs of the children."""
        proposals = proposals_of(log_weights)
        mutate_beliefs(BORN, rate, self.children, proposals, self.workspace, rng)

    def hand_out(self, genomes: NDArray[np.int32]) -> None:
        """Give the children other genomes, each a row of its own."""
        rows = self.children.genotypes.vacant[:SIZE]
        self.children.genotypes.beliefs[rows] = genomes
        self.children.genotype[:] = rows


Mutate = Callable[[Nursery, float, np.random.Generator], None]


def as_written(nursery: Nursery, rate: float, rng: np.random.Generator) -> None:
    nursery.mutate(rate, None, rng)


def hold_mutation_to_theory(
    judge: Any, apply: Mutate, genes: int, beliefs: int, rate: float, times: int, rng: Any
) -> None:
    """Compare numbers of changed beliefs, who replaces them, and the mean share of each belief."""
    nursery = Nursery.of(genes, beliefs, rng)
    changed = np.zeros(genes + 1)
    places = np.zeros(genes)
    gained = np.zeros(beliefs)
    offered = np.zeros(beliefs)
    for _ in range(times):
        nursery.bear()
        apply(nursery, rate, rng)
        children = nursery.children.beliefs
        new = children != nursery.adults.beliefs
        genomes = np.sort(children, axis=1)
        assert (genomes[:, 1:] != genomes[:, :-1]).all(), "a belief is held twice"
        regained = (children[:, :, None] == nursery.adults.beliefs[:, None, :]).any(axis=2) & new
        assert not regained.any(), "a new belief is one that the parent holds"
        changed += np.bincount(new.sum(axis=1), minlength=genes + 1)
        places += new.sum(axis=0)
        gained += np.bincount(children[new], minlength=beliefs)
    held = np.bincount(nursery.adults.beliefs.ravel(), minlength=beliefs)
    offered = SIZE - held
    judge.counts(changed, stats.binom.pmf(np.arange(genes + 1), genes, rate))
    judge.share(places.sum(), SIZE * genes * times, rate)
    judge.counts(places, np.full(genes, 1 / genes))
    judge.counts(gained, offered / offered.sum())
    # shares shrink towards 1/B by the closed form
    before = held / (SIZE * genes) - 1 / beliefs
    lost = places.sum() / genes / SIZE / times * held  # in expectation μ·n_b
    after = (held - lost + gained / times) / (SIZE * genes) - 1 / beliefs
    slope = (after @ before) / (before @ before)
    births = SIZE * genes * times
    noise = np.sqrt(before**2 @ gained / births**2 / (before @ before) ** 2 + rate / births)
    p = 2 * stats.norm.sf(abs(slope - theory.mutation_decay(rate, beliefs, genes)) / noise)
    judge.verdict(p, f"decay {slope:.5f}")


@pytest.mark.parametrize(
    ("genes", "beliefs", "rate"),
    [(50, 3000, 0.01), (6, 30, 0.1), (6, 12, 0.5), (1, 2, 0.3), (30, 900, 0.5)],
)
def test_mutation(
    genes: int, beliefs: int, rate: float, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    hold_mutation_to_theory(
        judge, as_written, genes, beliefs, rate, (400 if genes < 30 else 40) * effort, rng
    )


def test_mutation_where_few_beliefs_are_on_offer(judge: Any, rng: np.random.Generator) -> None:
    """B − K = 2 of K = 8: at most two change, and each of the two is as likely."""
    nursery = Nursery.of(8, 10, rng)
    nursery.bear()
    as_written(nursery, 0.5, rng)
    changed = (nursery.children.beliefs != nursery.adults.beliefs).sum(axis=1)
    marks = stats.binom.pmf(np.arange(9), 8, 0.5)
    judge.counts(np.bincount(changed, minlength=3), [marks[0], marks[1], marks[2:].sum()])


def redraws_what_is_held(nursery: Nursery, rate: float, rng: np.random.Generator) -> None:
    """Mutate to any belief but the others of the child: perhaps back to the old one."""
    genomes, pool = nursery.children.beliefs.copy(), nursery.beliefs
    for i, j in np.argwhere(rng.random(genomes.shape) < rate):
        b = rng.integers(pool)
        while b in np.delete(genomes[i], j):
            b = rng.integers(pool)
        genomes[i, j] = b
    nursery.hand_out(genomes)


def one_gene_at_most(nursery: Nursery, rate: float, rng: np.random.Generator) -> None:
    """Mutate as many genes on average, but never two of one child."""
    genomes, pool = nursery.children.beliefs.copy(), nursery.beliefs
    hit = np.flatnonzero(rng.random(SIZE) < rate * genomes.shape[1])
    for i in hit:
        b = rng.integers(pool)
        while b in genomes[i]:
            b = rng.integers(pool)
        genomes[i, rng.integers(genomes.shape[1])] = b
    nursery.hand_out(genomes)


def prefers_low_numbers(nursery: Nursery, rate: float, rng: np.random.Generator) -> None:
    weights = np.linspace(0.1, -0.1, nursery.beliefs)
    nursery.mutate(rate, weights, rng)


BROKEN: dict[str, Mutate] = {
    "may redraw a held belief": redraws_what_is_held,
    "one gene a child at most": one_gene_at_most,
    "prefers some beliefs": prefers_low_numbers,
    "2 % too often": lambda nursery, rate, rng: as_written(nursery, 1.02 * rate, rng),
    "2 % too seldom": lambda nursery, rate, rng: as_written(nursery, 0.98 * rate, rng),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_mutation_is_seen(name: str, judge: Any, rng: np.random.Generator) -> None:
    with pytest.raises(AssertionError):
        hold_mutation_to_theory(type(judge)(), BROKEN[name], 6, 30, 0.1, 150, rng)


# ------------------------------------------------------------------ proposals


@pytest.mark.parametrize(("pull", "bounty"), [(0.0, 0.0), (1.0, 1.0), (-0.7, 3.0)])
def test_one_new_belief_is_drawn_by_its_weight(
    pull: float, bounty: float, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    """Among those not held, e^{ψa}(1 + χ[v < 0])."""
    value, signal = rng.standard_normal((2, 20))
    weights = np.exp(pull * signal) * (1 + bounty * (value < 0))
    land = without_clusters(value, signal)
    nursery = Nursery.of(1, 20, rng)
    held = nursery.adults.beliefs[:, 0]
    gained, expected = np.zeros(20), np.zeros(20)
    log_weights = Adversarial(pull=pull, bounty=bounty).log_weights(land)
    for _ in range(200 * effort):
        nursery.bear()
        nursery.mutate(1.0, log_weights, rng)
        gained += np.bincount(nursery.children.beliefs[:, 0], minlength=20)
        offered = weights.sum() - weights[held]
        others = np.ones((SIZE, 20)) * weights / offered[:, None]
        others[np.arange(SIZE), held] = 0.0
        expected += others.sum(axis=0)
    judge.counts(gained, expected)


def test_proposals_that_hardly_ever_hit(judge: Any, effort: int, rng: np.random.Generator) -> None:
    """Where what is held has nearly all the weight, the rest is drawn by its own weights."""
    land = Landscape(
        value=np.full(5, -1.0), signal=np.array([100.0, 2.0, 1.0, 0.0, 0.0]), cluster=np.zeros(5)
    )
    nursery = Nursery.of(1, 5, rng)
    nursery.adults.genotypes.beliefs[:] = 0
    gained = np.zeros(5)
    for _ in range(20 * effort):
        nursery.bear()
        log_weights = Adversarial(pull=1.0, bounty=0.0).log_weights(land)
        nursery.mutate(1.0, log_weights, rng)
        gained += np.bincount(nursery.children.beliefs[:, 0], minlength=5)
    judge.counts(gained, [0.0, np.exp(2), np.exp(1), 1.0, 1.0])


def test_without_selection_the_deceptive_share_tends_to_its_weight(judge: Any, effort: int) -> None:
    """At β = 0 and K ≪ B; held beliefs turn over many times until the end."""
    shares, expected = [], []
    for seed in range(100 * min(effort, 3)):
        model = PopulationModel(
            {
                "generations": 120,
                "population": {"size": 30, "beliefs_per_agent": 4},
                "landscape": {"kind": "bivariate", "beliefs": 2000},
                "battery": {"questions": 1, "density": 1.0},
                "selection": {"kind": "neutral"},
                "reproduction": {
                    "mutation_rate": 0.1,
                    "proposal": {"kind": "adversarial", "pull": 0.8, "bounty": 1.5},
                },
                "record": {"measures": ["deceptive_share"]},
            },
            seed=seed,
        ).run()
        land = model.landscape
        weights = np.exp(0.8 * land.signal) * (1 + 1.5 * (land.value < 0))
        expected.append(weights[land.deceptive].sum() / weights.sum())
        shares.append(model.final["deceptive_share"])
    judge.mean(np.array(shares) - expected, 0.0)
    assert np.mean(expected) > 0.3  # a quarter without weights


# ------------------------------------------------------------------ recombination


def second_parents(
    rule: SelectionPart,
    first: Parentage,
    fitness: NDArray[np.float64],
    rate: float,
    rng: np.random.Generator,
) -> NDArray[np.int32]:
    """Return the second parents of newborn children, below 0 where there is none."""
    second = np.empty(fitness.size, np.int32)
    drawn = rule.second_parents(fitness, rng)
    choose_second(first.born, drawn, rate, rng, second)
    return second


@pytest.mark.parametrize("rule", [Softmax(beta=2.0), Moran(beta=2.0), Tournament(entrants=3)])
def test_second_parents_are_selected_too(
    rule: Any, judge: Any, effort: int, rng: np.random.Generator
) -> None:
    """With the same chances as first parents; under Moran selection as births are."""
    fitness = rng.standard_normal(40)
    like = Softmax(beta=2.0) if rule.kind == "moran" else rule
    chances = like.select(fitness, rng).probabilities
    drawn = np.zeros(40)
    for _ in range(800 * effort):
        first = rule.select(fitness, rng)
        second = second_parents(rule, first, fitness, 1.0, rng)
        drawn += np.bincount(second[first.born], minlength=40)
    judge.counts(drawn, chances)


def test_recombination(judge: Any, effort: int, rng: np.random.Generator) -> None:
    """A child gets each belief that one parent alone holds with chance 1/2."""
    genes, beliefs, rate = 6, 20, 0.3
    nursery = Nursery.of(genes, beliefs, rng)
    adults, children = nursery.adults, nursery.children
    schemer, capability = adults.column("schemer"), adults.column("capability")
    holds = np.zeros((SIZE, beliefs), np.bool_)
    holds[np.arange(SIZE)[:, None], adults.beliefs] = True
    merged = kept = alone = both = 0
    from_first = np.zeros((2, 2))
    taken = np.zeros(genes + 1)
    expected = np.zeros(genes + 1)
    seconds = np.zeros(10)
    for _ in range(100 * effort):
        first = Neutral().select(np.zeros(SIZE), rng)
        second = second_parents(Neutral(), first, np.zeros(SIZE), rate, rng)
        nursery.bear(first.parents)
        merge_parents(second, np.empty(3 * SIZE), adults, children, nursery.workspace, rng)
        two = second >= 0
        merged += two.sum()
        one, other = first.parents[two], second[two]
        seconds += np.bincount(other * 10 // SIZE, minlength=10)
        child = np.zeros((two.sum(), beliefs), np.bool_)
        child[np.arange(len(child))[:, None], children.beliefs[two]] = True
        assert (child.sum(axis=1) == genes).all()
        only_first = holds[one] & ~holds[other]
        kept += (child & only_first).sum()
        alone += only_first.sum()
        shared = holds[one] & holds[other]
        both += shared.sum()
        assert child[shared].all()
        apart = only_first.sum(axis=1) == genes
        taken += np.bincount((child & only_first).sum(axis=1)[apart], minlength=genes + 1)
        expected += apart.sum() * stats.hypergeom.pmf(np.arange(genes + 1), 2 * genes, genes, genes)
        for place, trait in enumerate((schemer, capability)):
            differ = trait[one] != trait[other]
            mine = children.column("schemer" if place == 0 else "capability")[two]
            from_first[place] += [
                (mine == trait[one])[differ].sum(),
                (mine == trait[other])[differ].sum(),
            ]
        unmerged = np.flatnonzero(~two)
        assert np.array_equal(children.beliefs[unmerged], adults.beliefs[first.parents[unmerged]])
    judge.share(merged, 100 * effort * SIZE, rate)
    judge.counts(seconds, np.full(10, 0.1))
    # picks of one child depend on each other only so far as their number is fixed
    judge.counts(taken, expected)
    judge.verdict(2 * stats.norm.sf(abs(kept - alone / 2) / np.sqrt(alone / 4)), "kept")
    for trait in from_first:
        judge.share(trait[0], trait.sum(), 0.5)
