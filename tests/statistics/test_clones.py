"""Clones that differ in their strategy alone, and traits with closed-form expectations.

One genome (K = B), no mutation, fixed capability: the schemer allele is then
all there is to select, and its copies must follow the exact Wright-Fisher
chain with weight ratio e^{βA}, A the closed-form advantage of scheming.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel
from peckham.agents.deployment.performance import true_performance
from peckham.agents.selection.fermi import Fermi
from peckham.agents.selection.moran import Moran
from peckham.analysis import check, load, theory
from peckham.experiments import run
from peckham.experiments.catalogue import scenario

pytestmark = pytest.mark.statistical

SIZE, START = 20, 6


def clones(
    capability: float, rules: dict[str, float], beta: float, **blocks: Any
) -> dict[str, Any]:
    return {
        "generations": 400,
        "population": {
            "size": SIZE,
            "beliefs_per_agent": 12,
            "capability": {"mean": capability, "sd": 0.0},
            "schemers": START / SIZE,
        },
        "landscape": {"kind": "clustered", "beliefs": 12},
        "battery": {"questions": 6, "density": 0.3},
        "selection": {"kind": "softmax", "beta": beta},
        "oversight": rules,
        "record": {"measures": ["schemers"]},
        **blocks,
    }


def advantage(model: PopulationModel) -> float:
    """Return A of these clones, from the closed forms and nothing the evaluator worked out."""
    land, population, rules = model.landscape, model.population, model.spec.oversight
    model.evaluator.score()
    a, v = land.signal, land.value
    rho = (a @ v) / np.sqrt((a @ a) * (v @ v))
    p, u = population.column("proxy")[0], population.column("true_value")[0]
    capability = population.column("capability")[0]
    d = 1 / (1 + np.exp(-(capability / 20 - 5 * rules.level)))
    delta = max(0.0, p - u)
    q = (1 - rho) / 2 * d * (delta > 0)
    o = rules.level
    return (
        q * o * (delta - rules.penalty * (rules.sensitivity * (1 - d) - rules.false_positive_rate))
    )


CASES = [
    (90.0, {"level": 0.3}),
    (20.0, {"level": 0.6}),
    (50.0, {"level": 0.5, "penalty": 3.0, "sensitivity": 0.9}),
    (70.0, {"level": 0.8, "sensitivity": 0.4, "false_positive_rate": 0.3}),
]


@pytest.mark.parametrize(("capability", "rules"), CASES)
@pytest.mark.parametrize("assortment", [0.0, 1.0])
def test_clones_follow_the_exact_chain(
    capability: float, rules: dict[str, float], assortment: float, judge: Any, effort: int
) -> None:
    """Every run has clones, and so an A, of its own; fixations are compared in sum."""
    fixed, expected, sides = [], [], []
    for seed in range(120 * min(effort, 10)):
        blocks = {"conduct": {"allele_assortment": assortment}}
        model = PopulationModel(clones(capability, rules, 4.0, **blocks), seed)
        a = advantage(model)
        chain = theory.wright_fisher_chain(SIZE, np.exp(4.0 * a))
        by = theory.absorbed_by(chain, START, 400)
        fixed.append(model.run().population.column("schemer").all())
        expected.append(by[-1, 1])
        sides.append(a)
    chances = np.array(expected)
    sd = np.sqrt(np.mean(chances * (1 - chances)))
    judge.mean(np.array(fixed, float) - chances, 0.0, sd)
    assert np.std(sides) > 0


def test_clones_fall_on_both_sides_of_the_line() -> None:
    """So that the chain is tried with scheming at an advantage and at a disadvantage."""
    means = []
    for capability, rules in CASES:
        found = [advantage(PopulationModel(clones(capability, rules, 4.0), s)) for s in range(20)]
        means.append(np.mean(found))
    assert max(means) > 0.01
    assert min(means) < -0.01


def test_sampled_episodes_agree_with_expected_ones(judge: Any, effort: int) -> None:
    """Where β is small: one generation moves the allele as its expected advantage says."""
    moved, expected = [], []
    for seed in range(1000 * min(effort, 10)):
        blocks = {"conduct": {"episodes": "sampled"}, "generations": 1}
        spec = clones(80.0, {"level": 0.4}, 0.3, **blocks)
        model = PopulationModel(spec, seed)
        a = advantage(model)
        share = START / SIZE
        weight = np.exp(0.3 * a)
        moved.append(model.run().population.column("schemer").mean())
        expected.append(weight * share / (weight * share + 1 - share))
    judge.mean(np.array(moved) - expected, 0.0)


# ------------------------------------------------------------------ the trait population


def traits(**blocks: Any) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "generations": 2,
        "population": {
            "size": 4000,
            "beliefs_per_agent": 0,
            "capability": {"mean": 50.0, "sd": 10.0},
            "alignment": {"mean": 0.2, "sd": 0.2},
            "schemers": 0.5,
        },
        "deployment": {"pressure": 2.0, "shift": 0.5},
        "selection": {"kind": "softmax", "beta": 2.0},
    }
    return {**spec, **blocks}


def test_softmax_moves_traits_by_their_covariance_with_fitness(judge: Any, effort: int) -> None:
    """P = p is normal with sd .2: it rises by βσ² = .08, U = ρp by β·E[ρ]σ²."""
    proxy, value, alignment = [], [], []
    for seed in range(100 * effort):
        log = PopulationModel(traits(), seed).run().log
        proxy.append(np.diff(log["proxy"])[0])
        value.append(np.diff(log["true_value"])[0])
        alignment.append(np.diff(log["alignment"])[0])
    # ρ is normal with mean .2 and sd .2, 6 standard deviations inside -1..1 below and 4 above
    judge.mean(np.array(proxy), 2.0 * 0.2**2)
    judge.mean(np.array(value), 0.2 * 2.0 * 0.2**2)
    judge.mean(np.array(alignment), 0.0)


def test_price_terms_of_the_trait_population(judge: Any, effort: int) -> None:
    """Selection is Cov(w, U) = β·E[ρ]σ_p², drift 0 on average, transmission 0 without mutation."""
    selection, drift = [], []
    for seed in range(100 * effort):
        log = PopulationModel(traits(), seed).run().log
        selection.append(log.loc[1, "price_true_value_selection"])
        drift.append(log.loc[1, "price_true_value_drift"])
        assert abs(log.loc[1, "price_true_value_transmission"]) < 1e-12
    judge.mean(np.array(selection), 0.2 * 2.0 * 0.2**2)
    judge.mean(np.array(drift), 0.0)


def test_true_performance_of_the_trait_population(judge: Any, effort: int) -> None:
    """E[T] = ρ̄·E[p] − s(1 − ρ̄)·E[p²], with E[p²] = E[p]² + σ²."""
    found = [
        PopulationModel(traits(generations=1), s).run().log.loc[0, "deployed"]
        for s in range(100 * effort)
    ]
    expected = true_performance(0.2 * 1.0, 0.2, np.sqrt(1.0 + 0.2**2), 0.5)
    judge.mean(np.array(found), float(expected))


def test_theory_check_knows_clones(effort: int, tmp_path: Path) -> None:
    """From the log alone, with beliefs and with traits; family-wise error .01."""
    with_beliefs = clones(90.0, {"level": 0.3}, 4.0, generations=200, record={})
    traits_alike = {
        "generations": 200,
        "population": {
            "size": SIZE,
            "beliefs_per_agent": 0,
            "capability": {"mean": 80.0, "sd": 0.0},
            "alignment": {"mean": 0.1, "sd": 0.0},
            "schemers": 0.4,
        },
        "oversight": {"level": 0.5},
    }
    for name, spec in (("beliefs", with_beliefs), ("traits", traits_alike)):
        table = check(run({**spec, "replicates": 60 * effort}, out=tmp_path / name))
        (row,) = table[table["limit"].str.startswith("schemer allele of clones", na=False)].index
        assert table.loc[row, "verdict"] == "agrees"
        assert table.loc[row, "expected"] != pytest.approx(0.4, abs=0.02)
        assert not (table["verdict"] == "disagrees").any()


def test_theory_check_has_no_limit_for_clones_that_are_removed(tmp_path: Path) -> None:
    """Their weights are e^{βF} times the chance to be spared, and here F alone is nearly flat."""
    flagged = {"level": 0.6, "deterrence": 0.1, "sensitivity": 0.0, "false_positive_rate": 0.5}
    spec = clones(90.0, flagged, 0.2, generations=60, record={})
    limits = {}
    for sanction in ("penalty", "removal"):
        given = {**spec, "replicates": 100, "oversight": {**flagged, "sanction": sanction}}
        table = check(run(given, out=tmp_path / sanction))
        limits[sanction] = table["limit"].str.startswith("schemer allele of clones").any()
        assert not (table["verdict"] == "disagrees").any()
    assert limits == {"penalty": True, "removal": False}


def evolving(assortment: float, effort: int, place: Path) -> pd.DataFrame:
    """Return how evolving populations end, at the corners of capability × oversight."""
    given = scenario("deception-threshold")
    corners = {
        "population.capability.mean": [0.0, 50.0, 100.0],
        "oversight.level": [0.0, 0.25, 0.75],
    }
    spec = {
        **given,
        "sweep": corners,
        "generations": 100,
        "replicates": 30 * min(effort, 4),
        "conduct": {"allele_assortment": assortment},
        "record": {"measures": ["schemers", "corr_schemer_proxy", "effective_parents"]},
    }
    return load(run(spec, out=place / f"assortment-{assortment}", workers=2)).generations


def test_scheming_fixes_above_the_line_and_blurs_without_assortment(
    effort: int, tmp_path: Path
) -> None:
    """In evolving populations; corners far from the line, so that 30 runs will do (p < 1e-6)."""
    ends = {}
    for assortment in (1.0, 0.0):
        rows = evolving(assortment, effort, tmp_path)
        last = rows[rows["generation"] == 99]
        keys = ["population.capability.mean", "oversight.level"]
        ends[assortment] = last.groupby(keys)["schemers"].mean()
        early = rows[(rows["generation"] == 20) & (rows["oversight.level"] == 0)]
        hitched = early["corr_schemer_proxy"].abs().mean()
        assert hitched < 0.2 if assortment else hitched > 0.4
    share = ends[1.0]
    assert share[100.0, 0.25] > 0.95  # far above the line
    assert share[50.0, 0.75] < 0.35  # far below
    assert share[100.0, 0.25] >= share[50.0, 0.25] > share[50.0, 0.75]
    assert share[100.0, 0.75] > share[50.0, 0.75]  # it rises with capability
    assert abs(share[50.0, 0.0] - 0.5) < 0.25  # without oversight it drifts

    def contrast(of: pd.Series) -> float:
        return float(of[100.0, 0.25] - of[50.0, 0.75])

    assert contrast(ends[0.0]) < contrast(ends[1.0])


@pytest.mark.parametrize("rule", [Moran(beta=1.0), Fermi(beta=1.0)], ids=repr)
def test_rare_flips(rule: Any, judge: Any, effort: int, rng: np.random.Generator) -> None:
    """Two strategies with rare flips: a stationary share of 1/(1 + e^−(N−1)βA)."""
    size, gain, flip = 5, 0.3, 4e-4
    finals = []
    for _ in range(120 * effort):
        # a replicate starts as a coin that falls by the expected share, and runs for many flips
        expected = theory.stationary_schemers(size, rule.beta, gain)
        carriers = np.full(size, rng.random() < expected)
        for _ in range(2500):
            if carriers.any() and not carriers.all():
                found = rule.select(gain * carriers, rng)
                carriers, born = carriers[found.parents], found.born
            else:  # nobody differs: only a flip of one that was born matters
                born = (
                    rng.random(size) < 1 - (1 - (1 if rule.kind == "moran" else 0.5) / size) ** size
                )
            carriers = carriers ^ (born & (rng.random(size) < flip))
        finals.append(carriers.mean())
    judge.mean(np.array(finals), theory.stationary_schemers(size, rule.beta, gain))
