"""The closed forms: every number that is stated of them, and their limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from peckham.agents import PopulationModel
from peckham.agents.conduct import deception_probability, misalignment
from peckham.agents.deployment.harms import commission, delivered, omission
from peckham.agents.deployment.performance import goodhart_gap, true_performance
from peckham.agents.evaluation.judgement import expected_fitness, honest_score
from peckham.agents.oversight.detection.detection import catching, flagging
from peckham.agents.selection.softmax import Softmax
from peckham.analysis.closed_forms import (
    equal_fitness_capability,
    peak_performance,
    peak_pressure,
    scheming_advantage,
)

EXACT = {"rel": 1e-15, "abs": 0}


# ------------------------------------------------------------------ performance


def test_the_peak() -> None:
    """ρ = 0.8, s = 0.5: p* = 4, T* = 1.6."""
    assert peak_pressure(0.8, 0.5) == pytest.approx(4.0, rel=1e-14)
    assert peak_performance(0.8, 0.5) == pytest.approx(1.6, rel=1e-14)


@pytest.mark.parametrize(("rho", "shift"), [(0.8, 0.5), (0.3, 2.0), (0.99, 0.1)])
def test_the_peak_is_where_performance_is_highest(rho: float, shift: float) -> None:
    def lost(p: float) -> float:
        return -true_performance(rho * p, rho, p, shift)

    found = optimize.minimize_scalar(
        lost, bounds=(0, 1e4), method="bounded", options={"xatol": 1e-10}
    )
    assert peak_pressure(rho, shift) == pytest.approx(found.x, rel=1e-5)
    assert peak_performance(rho, shift) == pytest.approx(-found.fun, rel=1e-9)


def test_peaks_without_a_slope_or_a_fall() -> None:
    assert peak_pressure(0.5, 0.0) == peak_pressure(1.0, 3.0) == math.inf
    assert peak_pressure(0.0, 1.0) == peak_pressure(-0.4, 1.0) == 0
    assert peak_pressure(0.0, 0.0) == peak_performance(-1.0, 0.0) == 0
    assert peak_performance(1.0, 3.0) == math.inf
    grid = peak_pressure(np.array([[0.2], [0.8]]), np.array([0.25, 0.5, 0.0]))
    assert grid.shape == (2, 3)


@pytest.mark.parametrize("shift", [0.0, 0.5, 7.0])
def test_perfect_alignment_has_no_gap(shift: float) -> None:
    for p in (0.0, 1.5, 40.0):
        assert goodhart_gap(p, true_performance(1.0 * p, 1.0, p, shift)) == 0.0


@pytest.mark.parametrize(
    ("rho", "shift", "p"), [(0.8, 0.5, 4.0), (0.1, 2.0, 0.3), (-0.5, 1.0, 2.0)]
)
def test_the_gap_by_its_closed_form(rho: float, shift: float, p: float) -> None:
    gap = goodhart_gap(p, true_performance(rho * p, rho, p, shift))
    assert gap == pytest.approx((1 - rho) * (p + shift * p**2), rel=1e-13)


def test_deception_probability() -> None:
    """D(100, 0) = 0.9933, D(0, 1) = 0.0067, and exactly 1/2 at c = 100·o."""
    assert deception_probability(100.0, 0.0) == pytest.approx(0.9933, abs=5e-5)
    assert deception_probability(0.0, 1.0) == pytest.approx(0.0067, abs=5e-5)
    for o in (0.0, 0.1, 0.3, 0.7, 1.0):
        assert deception_probability(100.0 * o, o) == 0.5
    assert deception_probability(60.0, 0.2) == pytest.approx(1 / (1 + math.exp(-2)), **EXACT)


# ------------------------------------------------------------------ conduct


def test_forms_broadcast() -> None:
    c, o = np.linspace(0, 100, 5)[:, None], np.linspace(0, 1, 3)
    d = deception_probability(c, o)
    assert d.shape == (5, 3)
    assert (np.diff(d, axis=0) > 0).all()
    assert (np.diff(d, axis=1) < 0).all()


def test_misalignment() -> None:
    assert [misalignment(rho) for rho in (1.0, 0.0, -1.0)] == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("hidden", [0.2, 0.5, 1.1])
@pytest.mark.parametrize(("o", "c"), [(0.3, 20.0), (0.6, 90.0), (1.0, 100.0)])
@pytest.mark.parametrize(
    ("penalty", "sensitivity", "false_positive_rate"), [(1.0, 0.8, 0.05), (2.5, 0.6, 0.2)]
)
def test_the_advantage_is_the_difference_of_fitness(
    hidden: float,
    o: float,
    c: float,
    penalty: float,
    sensitivity: float,
    false_positive_rate: float,
) -> None:
    """A = q·o·[Δ − penalty·(sensitivity·(1 − D) − false_positive_rate)], written in both ways."""
    p, q = 1.3, 0.4
    d = deception_probability(c, o)
    h, f = catching(o, sensitivity, d), flagging(o, false_positive_rate)
    honest = honest_score(p, p - hidden, o)
    scheming = q * (p - h * penalty) + (1 - q) * (honest - f * penalty)
    assert expected_fitness(p, honest, q, h, f, penalty) == pytest.approx(scheming, rel=1e-13)
    advantage = scheming - (honest - f * penalty)
    found = scheming_advantage(hidden, q, d, o, o, sensitivity, false_positive_rate, penalty)
    assert found == pytest.approx(advantage, rel=1e-12)
    assert found == pytest.approx(
        q * o * (hidden - penalty * (sensitivity * (1 - d) - false_positive_rate))
    )


@pytest.mark.parametrize("hidden", [0.1, 0.3, 0.6])
@pytest.mark.parametrize("o", [0.2, 0.5, 0.8])
def test_the_equal_fitness_line(hidden: float, o: float) -> None:
    """On the line nobody gains; above it scheming pays, below it does not."""
    rules = {"sensitivity": 0.8, "false_positive_rate": 0.05, "penalty": 1.0}
    c = float(equal_fitness_capability(o, hidden, 0.8, 0.05, 1.0))

    def advantage(capability: float) -> float:
        d = deception_probability(capability, o)
        return scheming_advantage(hidden, 1.0, d, o, o, *rules.values())

    assert advantage(c) == pytest.approx(0.0, abs=1e-12)
    assert advantage(c + 1) > 0 > advantage(c - 1)


def test_the_line_is_that_of_one_half_where_x_is_one_half() -> None:
    level = np.linspace(0, 1, 5)
    line = equal_fitness_capability(level, np.full(5, 0.35), 0.8, 0.05, 1.0)
    np.testing.assert_allclose(line, 100 * level, atol=1e-12)
    everywhere = equal_fitness_capability(level, np.full(5, 0.9), 0.8, 0.05, 1.0)
    assert (everywhere == -np.inf).all()
    nowhere = equal_fitness_capability(level, np.zeros(5), 0.8, 0.0, 1.0)
    assert (nowhere == np.inf).all()


def test_harms_and_what_is_delivered() -> None:
    assert commission(0.5, 0.2, -3.0) == pytest.approx(1.2)
    assert commission(0.5, 0.2, 3.0) == 0
    assert omission(0.5, 0.2, 3.0) == pytest.approx(0.3)
    assert omission(0.5, 0.2, -3.0) == 0
    assert delivered(-1.0, 2.0, 0.5, 1.0) == pytest.approx(0.5)
    assert delivered(-1.0, 2.0, 0.5, 0.0) == -1.0


# ------------------------------------------------------------------ in the simulation


def model(**blocks: Any) -> PopulationModel:
    spec: dict[str, Any] = {
        "generations": 12,
        "population": {"size": 40, "beliefs_per_agent": 8, "capability": {"mean": 60, "sd": 25}},
        "landscape": {"kind": "clustered", "beliefs": 120},
        "battery": {"questions": 12},
        "reproduction": {"mutation_rate": 0.03, "strategy_flip_rate": 0.02},
    }
    for name, block in blocks.items():
        spec[name] = {**spec.get(name, {}), **block} if isinstance(block, dict) else block
    return PopulationModel(spec, 4)


def test_without_oversight_fitness_is_the_proxy_to_the_last_bit() -> None:
    run = model(conduct={"allele_assortment": 0.3}, deployment={"shift": 0.4})
    while run.running:
        run.step()
        assert np.array_equal(run.evaluator.row("fitness"), run.evaluator.row("proxy"))
    assert (run.log["deception_gap"] == 0).all()
    assert run.log["deceiving"].max() > 0


@pytest.mark.parametrize(
    "off",
    [{"horizon": False}, {"threat_ends": False}, {"aware_from": 100.5}],
    ids=lambda off: next(iter(off)),
)
@pytest.mark.parametrize("episodes", ["expected", "sampled"])
def test_each_condition_switched_off_ends_deception(off: dict[str, Any], episodes: str) -> None:
    with_all = model(oversight={"level": 0.4}, conduct={"episodes": episodes}).run().log
    without = model(oversight={"level": 0.4}, conduct={"episodes": episodes, **off}).run().log
    assert (without["deception_gap"] == 0).all()
    assert (without["deceiving"] == 0).all()
    assert (without["commission_harm"] == 0).all()
    assert with_all["deception_gap"].abs().max() > 1e-4


@pytest.mark.parametrize(
    ("channel", "measure"),
    [
        ("deterrence", "deception_probability"),
        ("transparency", "fitness"),
        ("audit", "caught"),
        ("deployment", "delivered"),
    ],
)
def test_each_channel_can_be_ablated(channel: str, measure: str) -> None:
    """It changes what goes through it in generation 0, and nothing that goes through others."""
    whole = model(oversight={"level": 0.5})
    ablated = model(oversight={"level": 0.5, channel: 0.0})
    for run in (whole, ablated):
        run.step()
    assert whole.log.loc[0, measure] != ablated.log.loc[0, measure]
    if channel != "deterrence":
        same = whole.log.loc[0, "deception_probability"]
        assert ablated.log.loc[0, "deception_probability"] == same
    if channel == "deployment":
        assert whole.log.loc[0, "fitness"] == ablated.log.loc[0, "fitness"]
    if channel == "audit":
        assert ablated.log.loc[0, "caught"] == ablated.log.loc[0, "wrongly_flagged"] == 0


@pytest.mark.parametrize(
    "setting", [{"penalty": 3.0}, {"sensitivity": 0.2}, {"false_positive_rate": 0.4}]
)
def test_each_cost_matters(setting: dict[str, float]) -> None:
    usual, other = model(oversight={"level": 0.5}), model(oversight={"level": 0.5, **setting})
    for run in (usual, other):
        run.step()
    assert usual.log.loc[0, "fitness"] != other.log.loc[0, "fitness"]


def test_the_summed_harm_is_least_at_the_best_flagging_threshold() -> None:
    """With sensitivity Φ(d′ − t) and false positives Φ(−t): t* = d′/2 + ln(O₁/C₁)/d′."""
    from scipy.stats import norm

    discrimination = 1.5
    run = model(oversight={"level": 0.6}, landscape={"kind": "bivariate", "rho": -0.2})
    run.step()
    row = run.evaluator.row
    q, d, t = row("deceiving"), row("deception_probability"), row("deployed")
    done = np.mean(q * (1 - d) * np.maximum(0, -t))
    missed = np.mean((1 - q) * np.maximum(0, t))
    best = discrimination / 2 + math.log(missed / done) / discrimination
    thresholds = best + np.linspace(-2, 2, 41)
    harms = []
    for threshold in thresholds:
        at = model(
            oversight={
                "level": 0.6,
                "sensitivity": float(norm.cdf(discrimination - threshold)),
                "false_positive_rate": float(norm.cdf(-threshold)),
            },
            landscape={"kind": "bivariate", "rho": -0.2},
        )
        at.step()
        harms.append(at.log.loc[0, "commission_harm"] + at.log.loc[0, "omission_harm"])
    assert int(np.argmin(harms)) == 20  # in the middle, at t*
    assert harms[0] > harms[20] < harms[-1]


# ------------------------------------------------------------------ the evaluator's own


def test_oversight_can_be_changed_by_hand_between_steps() -> None:
    run = model(oversight={"level": 0.0})
    run.step()
    before = [agent.fitness for agent in run.agents]
    run.evaluator.oversee(level=0.8)
    assert [agent.fitness for agent in run.agents] != before
    run.step()
    assert run.log["oversight_level"].tolist() == [0.0, 0.8]
    assert run.log.loc[1, "caught"] > 0
    with pytest.raises(ValueError, match="level: must be at least 0 and at most 1, got 2"):
        run.evaluator.oversee(level=2.0)
    run.set("selection.beta", 1.0)
    other = model(selection={"kind": "moran"})
    with pytest.raises(ValueError, match=r"needs a rule with weights \(softmax\), got moran"):
        other.evaluator.oversee(sanction="removal")
    assert run.evaluator.oversight.level == 0.8


def test_what_is_no_longer_computed_is_null() -> None:
    """Without oversight only P, U and F are, unless a measure needs more."""
    run = model(oversight={"level": 0.5}, record={"measures": ["proxy"]})
    run.step()
    assert np.isfinite(run.evaluator.assessed).all()
    run.evaluator.oversee(level=0.0)
    for _ in range(2):
        run.step()
        assert np.isfinite(run.evaluator.scores).all()
        assert np.isnan(run.evaluator.row("deployed")).all()
        assert run.evaluator.caught == 0
    run.evaluator.oversee(level=0.5)
    run.step()
    assert np.isfinite(run.evaluator.assessed).all()


def test_parameters_can_be_set_between_steps() -> None:
    run = model(oversight={"level": 0.2})
    run.step()
    run.evaluator.oversee(penalty=2.0)
    run.set("oversight.level", 0.6)
    run.set("selection.beta", 50.0)
    run.step()
    assert run.log["oversight_level"].tolist() == [0.2, 0.6]
    assert run.evaluator.oversight.penalty == 2.0
    assert run.spec.selection.beta == 50.0
    for path in ("population.size", "reproduction.mutation_rate", "control", "nonsense"):
        with pytest.raises(ValueError, match="cannot change while a run goes on"):
            run.set(path, 1)
    with pytest.raises(ValueError, match=r"selection.beta: must be at least 0, got -1"):
        run.set("selection.beta", -1.0)
    assert run.spec.selection.beta == 50.0


def test_views_show_what_an_assessment_finds() -> None:
    run = model(oversight={"level": 0.5}, deployment={"shift": 0.3})
    agents = list(run.agents)
    shown = {
        name: [getattr(a, name) for a in agents]
        for name in (
            "fitness",
            "deployed",
            "deception_probability",
            "deceiving",
            "delivered",
            "alignment",
        )
    }
    agents[0].schemer = not agents[0].schemer
    assert [a.fitness for a in agents] != shown["fitness"]
    agents[0].schemer = not agents[0].schemer
    run.step()
    for name, values in shown.items():
        assert values == run.evaluator.row(name).tolist()
    with pytest.raises(AttributeError):
        agents[0].alignment = 0.5


def test_trait_agents_can_be_given_an_alignment() -> None:
    run = PopulationModel({"population": {"size": 5, "beliefs_per_agent": 0}}, 1)
    agent = next(iter(run.agents))
    agent.alignment = 0.25
    agent.capability = 40.0
    assert (agent.alignment, agent.proxy, agent.true_value) == (0.25, 0.4, 0.1)
    with pytest.raises(ValueError, match=r"alignment must be in -1\.\.1, got 3"):
        agent.alignment = 3


def test_scalings() -> None:
    level = {"level": 0.5}
    proportional = model(
        oversight={**level, "scaling": {"kind": "proportional", "reference": 50.0}}
    )
    proportional.step()
    expected = min(1.0, 0.5 * proportional.log.loc[0, "capability"] / 50)
    assert proportional.log.loc[0, "oversight_level"] == pytest.approx(expected)
    budget = model(oversight={**level, "scaling": {"kind": "budget", "audits": 4}})
    budget.step()
    assert budget.evaluator.channels.audit == pytest.approx(0.1)
    assert budget.evaluator.channels.deterrence == 0.5


@pytest.mark.parametrize("rule", ["softmax", "tournament", "truncation", "moran", "fermi"])
def test_removal_leaves_no_children(rule: str) -> None:
    run = model(
        selection={"kind": rule},
        oversight={"level": 1.0, "sanction": "removal", "false_positive_rate": 0.5},
        conduct={"episodes": "sampled"},
    )
    parents = run.state.arrays.parents
    while run.running:
        run.step()
        removed = parents.spared == 0
        assert removed.any()
        newborn = parents.first.parents[parents.first.born]
        assert newborn.size > 0
        assert not removed[newborn].any()


class Restated(Softmax):
    """Softmax with an operator in Python, which is not told the chance to be spared."""

    def select(self, fitness: Any, rng: Any, removed: Any = None) -> Any:
        return super().select(fitness, rng, removed)


def test_rules_in_python_refuse_removal_with_expected_episodes() -> None:
    """Otherwise they would remove nobody without a word."""
    removal = {"level": 0.3, "sanction": "removal"}
    spec = model(oversight=removal).spec.model_copy(update={"selection": Restated()})
    with pytest.raises(ValueError, match="needs a rule with weights") as caught:
        PopulationModel(spec, 1)
    assert "set conduct.episodes to sampled" in str(caught.value)
    conduct = spec.conduct.model_copy(update={"episodes": "sampled"})
    assert PopulationModel(spec.model_copy(update={"conduct": conduct}), 1).run().final


EXTREMES = [
    {"capability": {"mean": 0.0, "sd": 0.0}},
    {"capability": {"mean": 100.0, "sd": 0.0}},
    {"size": 1},
    {"size": 2},
    {"beliefs_per_agent": 0},
    {"beliefs_per_agent": 120},
    {"schemers": 0.0},
    {"schemers": 1.0},
]


@pytest.mark.parametrize("population", EXTREMES, ids=str)
@pytest.mark.parametrize("level", [0.0, 1.0])
@pytest.mark.parametrize("beta", [0.0, 1e6])
@pytest.mark.parametrize("sanction", ["penalty", "removal"])
def test_extremes_run_clean(population: Any, level: float, beta: float, sanction: str) -> None:
    blocks: dict[str, Any] = {
        "population": population,
        "oversight": {
            "level": level,
            "sanction": sanction,
            "false_positive_rate": 1.0,
            "sensitivity": 1.0,
            "penalty": 1e6,
        },
        "conduct": {"episodes": "sampled", "allele_assortment": 1.0},
        "selection": {"kind": "softmax", "beta": beta},
        "reproduction": {"mutation_rate": 0.0, "strategy_flip_rate": 1.0},
        "battery": {"questions": 1},
        "deployment": {"pressure": 0.0, "shift": 0.0},
    }
    with np.errstate(all="raise", under="ignore"):
        log = model(**blocks).run().log
    assert np.isfinite(log[["proxy", "fitness", "delivered", "schemers"]].to_numpy()).all()


# ------------------------------------------------------------ outcomes


def test_outcomes_of_oversight_by_hand() -> None:
    """One capability, innate schemers, a trait population: every number has a closed form."""
    run = model(
        generations=1,
        population={
            "size": 4,
            "beliefs_per_agent": 0,
            "capability": {"mean": 50.0, "sd": 0.0},
            "alignment": {"mean": -0.5, "sd": 0.0},
        },
        reproduction={"mutation_rate": 0.0},
        conduct={"kind": "innate"},
        deployment={"pressure": 2.0, "shift": 0.25},
        oversight={
            "level": 0.5,
            "audit": 0.4,
            "transparency": 0.3,
            "sensitivity": 0.9,
            "false_positive_rate": 0.1,
            "penalty": 2.0,
            "audit_cost": 3.0,
            "transparency_cost": 0.5,
            "deterrence_cost": 0.25,
        },
    ).run()
    p, rho = 1.0, -0.5  # P = pressure·c/100, U = ρP, T = U − s(1 − ρ)p²
    t = rho * p - 0.25 * 1.5 * p**2
    d = 1 / (1 + np.exp(-(50 / 20 - 5 * 0.5)))
    q = 0.75 * d
    h, f = 0.4 * 0.9 * (1 - d), 0.4 * 0.1
    honest = 0.7 * p + 0.3 * rho * p - f * 2.0
    row = run.log.iloc[0]
    assert row["safety"] == pytest.approx(h, rel=1e-12)
    assert row["caught_share"] == pytest.approx(h, rel=1e-12)
    assert row["honest_loss"] == pytest.approx(p - honest, rel=1e-12)
    assert row["usefulness"] == pytest.approx(
        t + q * 0.5 * (p - t), rel=1e-12
    )  # T < 0: no omission
    assert row["oversight_cost"] == pytest.approx(3.0 * 0.4 + 0.5 * 0.3 + 0.25 * 0.5, rel=1e-12)


def test_outcomes_without_deception_are_null() -> None:
    run = model(
        generations=2, population={"size": 5, "beliefs_per_agent": 3, "schemers": 0.0}
    ).run()
    assert run.log[["safety", "caught_share"]].isna().all().all()
    assert (run.log["honest_loss"].abs() < 1e-12).all()
    assert (run.log["oversight_cost"] == 0).all()
