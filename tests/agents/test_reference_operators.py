"""Single operators against the oracle, draw for draw and at larger sizes."""

from __future__ import annotations

from functools import partial
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from peckham.agents.batteries.simple import Simple, distinct
from peckham.agents.interventions.improving_evaluator import ImprovingEvaluator
from peckham.agents.interventions.intervention import Circumstances
from peckham.agents.landscapes.bivariate import Bivariate
from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.parameters.validation import resolve
from peckham.agents.population.founders import founders
from peckham.agents.randomness import stream
from peckham.agents.reproduction.inheritance import inherit
from peckham.agents.reproduction.mutation import blank_gene_workspace, mutate_beliefs, proposals_of
from peckham.agents.selection.draw import blank_draw, blank_workspace, draw_in_proportion
from peckham.agents.selection.neutral import Neutral
from peckham.agents.selection.softmax import Softmax

EXACT = {"rtol": 1e-12, "atol": 1e-12}


# ------------------------------------------------------------------ set-up


@pytest.mark.parametrize(("rows", "each", "pool"), [(30, 7, 20), (5, 9, 9), (12, 1, 1), (4, 0, 3)])
def test_distinct(reference: ModuleType, rows: int, each: int, pool: int) -> None:
    fast = distinct(rows, each, pool, np.random.default_rng(6))
    slow = reference.distinct(rows, each, pool, np.random.default_rng(6))
    assert fast.tolist() == slow
    assert all(len(set(row)) == each for row in slow)


@pytest.mark.parametrize("density", [0.0, 0.1, 0.28, 0.99, 1.0])
@pytest.mark.parametrize("questions", [1, 7, 75])
def test_simple_battery(reference: ModuleType, questions: int, density: float) -> None:
    part = Simple(questions=questions, density=density)
    fast = part.draw(None, 60, questions, stream(9, "battery"))
    slow = reference.simple_battery(60, questions, density, stream(9, "battery"))
    assert fast.dense().tolist() == slow


@pytest.mark.parametrize("schemers", [0.0, 0.37, 1.0])
def test_founders(reference: ModuleType, schemers: float) -> None:
    block = {
        "size": 40,
        "beliefs_per_agent": 25,
        "schemers": schemers,
        "capability": {"mean": 90.0, "sd": 20.0},
    }
    spec = resolve({"population": block})
    fast = founders(40, 25, 100, 0, schemers, (90.0, 20.0), (0.0, 0.5), partial(stream, 2))
    slow = reference.founders(spec.population, 100, 2)
    assert fast.beliefs.tolist() == [agent.beliefs for agent in slow]
    assert fast.column("schemer").tolist() == [float(agent.schemer) for agent in slow]
    assert fast.column("capability").tolist() == [agent.capability for agent in slow]
    assert 0 < sum(agent.capability == 100.0 for agent in slow) < 40


# ------------------------------------------------------------------ selection


@pytest.mark.parametrize("rule", [Neutral(), Softmax(beta=0.0), Softmax(), Softmax(beta=200.0)])
@pytest.mark.parametrize("size", [1, 2, 300, 1000])
def test_selection(reference: ModuleType, rule: Softmax | Neutral, size: int) -> None:
    fitness = np.random.default_rng(size).normal(size=size)
    weights = reference.parent_weights(rule, fitness.tolist())
    fast_rng, slow_rng = stream(4, "selection"), stream(4, "selection")
    for _ in range(5):
        fast = rule.select(fitness, fast_rng)
        assert fast.parents.tolist() == reference.draw_parents(weights, slow_rng)
        assert fast.born.all()
        np.testing.assert_allclose(fast.probabilities, np.array(weights) / sum(weights), **EXACT)


def drawn(weights: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.int32]:
    """Draw parents in proportion to weights, one uniform per slot."""
    draw = blank_draw(weights.size)
    draw.weights[:] = weights
    draw_in_proportion(rng.random(weights.size), draw, blank_workspace(weights.size))
    return draw.parents


def test_selection_passes_over_slots_of_no_weight(reference: ModuleType) -> None:
    weights = np.random.default_rng(1).random(200) ** 3
    weights[[0, 1, 50, 51, 52, 198, 199]] = 0.0
    fast_rng, slow_rng = stream(4, "selection"), stream(4, "selection")
    for _ in range(20):
        parents = drawn(weights, fast_rng)
        assert parents.tolist() == reference.draw_parents(weights.tolist(), slow_rng)
        assert (weights[parents] > 0).all()


@pytest.mark.parametrize("power", [1.0, 30.0, 400.0])  # nearly even, and one slot has nearly all
@pytest.mark.parametrize("scale", [1e-300, 1.0, 1e300])
def test_selection_finds_slots_wherever_the_weight_lies(scale: float, power: float) -> None:
    rng = np.random.default_rng(3)
    for size in (1, 2, 7, 64, 300):
        weights = scale * rng.random(size) ** power
        weights[rng.random(size) < 0.2] = 0.0
        weights[rng.integers(size)] = scale
        cumulated = np.cumsum(weights)
        targets = stream(4, "selection").random(size) * cumulated[-1]
        last = np.flatnonzero(weights)[-1]
        expected = np.minimum(np.searchsorted(cumulated, targets, side="right"), last)
        assert drawn(weights, stream(4, "selection")).tolist() == expected.tolist()


# ------------------------------------------------------------------ mutation


@pytest.mark.parametrize("rate", [1e-9, 0.01, 0.3, 0.999, 1.0])
@pytest.mark.parametrize(
    ("genes", "pool"), [(6, 60), (6, 13), (6, 12), (6, 11), (6, 7), (6, 6), (1, 2), (40, 2000)]
)
def test_mutation(reference: ModuleType, genes: int, pool: int, rate: float) -> None:
    rng = np.random.default_rng(genes)
    adults = founders(50, genes, pool, 0, 0.5, (50.0, 10.0), (0.0, 0.5), lambda _: rng)
    children = adults.blank_children()
    proposals, workspace = proposals_of(None), blank_gene_workspace(50, genes, pool)
    fast_rng, slow_rng = stream(7, "mutation"), stream(7, "mutation")
    for _ in range(4):  # the scratch space is used again
        parents = rng.integers(50, size=50).astype(np.int32)
        born = rng.random(50) < 0.8
        parents[~born] = np.flatnonzero(~born)
        adults.genotypes.stale[:] = False
        genomes = adults.beliefs[parents]
        inherit(parents, born, adults, children, 51)
        mutate_beliefs(born, rate, children, proposals, workspace, fast_rng)
        slow = genomes.tolist()
        newborn = np.flatnonzero(born)
        mutants = reference.mutate(genomes[newborn].tolist(), rate, pool, slow_rng)
        for slot, genome in zip(newborn, mutants, strict=True):
            slow[slot] = genome
        assert children.beliefs.tolist() == slow
        assert children.stale.tolist() == (children.beliefs != genomes).any(axis=1).tolist()
        assert all(len(set(genome)) == genes for genome in slow)
        adults, children = children, adults
    assert fast_rng.random() == slow_rng.random()


# ------------------------------------------------------------------ improving evaluators


def improved(
    reference: ModuleType, landscape: Landscape, part: ImprovingEvaluator, times: int
) -> list[tuple[Landscape, list[float], float]]:
    """Return, for each improvement, the landscape, the oracle's signals and the oracle's r."""
    r = landscape.nominal_correlation
    exam = reference.Exam(landscape.value.tolist(), landscape.signal.tolist(), [], [], [])
    steps = []
    for done in range(times):
        seen = Circumstances(
            generation=0,
            times_applied=done,
            landscape=landscape,
            battery=None,  # type: ignore[arg-type]
            initial_questions=1,
            population=None,  # type: ignore[arg-type]
            initial_oversight=0.0,
            caught=0.0,
        )
        rule = part.change(seen).relabelling
        assert rule is not None
        landscape = landscape.relabelled(rule(landscape))
        old, r = r, r + (part.target - r) * part.rate
        exam = reference.improve_signals(part.form, old, r, exam)
        steps.append((landscape, exam.signal, r))
    return steps


@pytest.mark.parametrize("form", ["published", "keep_scale", "exact"])
@pytest.mark.parametrize("target", [0.9, 1.0, -0.13, -1.0])
@pytest.mark.parametrize("rho", [-1.0, -0.4, 0.0, 0.7, 1.0])
def test_improving_evaluator(reference: ModuleType, rho: float, target: float, form: str) -> None:
    part = ImprovingEvaluator(form=form, target=target, rate=0.2)
    drawn = Bivariate(beliefs=200, mu_v=0.3, mu_a=0.1, rho=rho).draw(stream(1, "landscape"))
    for landscape, signal, r in improved(reference, drawn, part, 12):
        np.testing.assert_allclose(landscape.signal, signal, **EXACT)
        if form != "published":
            assert landscape.signal.std() == pytest.approx(drawn.signal.std(), rel=1e-12)
        if form == "exact" and abs(rho) < 1:
            realised = np.corrcoef(landscape.value, landscape.signal)[0, 1]
            assert realised == pytest.approx(r, abs=1e-9)


@pytest.mark.parametrize("part", [ImprovingEvaluator(), ImprovingEvaluator(form="keep_scale")])
def test_improving_evaluator_moves_the_signals(
    part: ImprovingEvaluator, reference: ModuleType
) -> None:
    drawn = Bivariate(beliefs=200, rho=0.2).draw(stream(1, "landscape"))
    landscape, _, _ = improved(reference, drawn, part, 12)[-1]
    before, after = (np.corrcoef(drawn.value, x.signal)[0, 1] for x in (drawn, landscape))
    assert after > before + 0.1
    np.testing.assert_array_equal(landscape.signal0, drawn.signal)


def test_keep_scale_does_not_blow_up_rounding(reference: ModuleType) -> None:
    """Where signal and value cancel, no scale is left to be restored."""
    drawn = Bivariate(beliefs=50, mu_v=0.1, mu_a=0.2, sigma_v=0.5, sigma_a=0.3, rho=-1.0).draw(
        stream(1, "landscape")
    )
    part = ImprovingEvaluator(form="keep_scale", target=-0.25, rate=1.0)  # w = 0.375
    landscape, signal, _ = improved(reference, drawn, part, 1)[0]
    np.testing.assert_allclose(landscape.signal, signal, **EXACT)
    assert np.ptp(signal) < 1e-12
