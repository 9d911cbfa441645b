"""Scores against the oracle: every battery, and the two ways to score a mutant."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel
from peckham.agents.evaluation import questions as asked
from peckham.agents.evaluation.assessment import ASSESSED
from peckham.agents.parameters.registry import parts

EXACT = {"rtol": 1e-12, "atol": 1e-12}

SIZES = {
    "usual": {"size": 15, "genes": 6, "beliefs": 50, "questions": 12},
    "one question": {"size": 15, "genes": 6, "beliefs": 50, "questions": 1},
    "all beliefs": {"size": 4, "genes": 20, "beliefs": 20, "questions": 9},
    "one belief": {"size": 9, "genes": 1, "beliefs": 7, "questions": 5},
    "more questions than beliefs": {"size": 6, "genes": 3, "beliefs": 8, "questions": 40},
}

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "simple": [{}, {"density": 0.0}, {"density": 1.0}],
    "coverage": [{}, {"coverage": 0.0}, {"coverage": 1.0, "density": 0.4}],
    "coverage_as_published": [{}, {"coverage": 0.0, "density": 0.02}],
    "correlated": [{}, {"density": 0.0}, {"correlation": 1.0, "density": 0.5}],
    "correlated_as_published": [{}, {"correlation": 1.0}],
    "similarity": [{}, {"base_probability": 1.0, "noise": 0.5}, {"base_probability": 0.0}],
}
"""Parameters to try; every registered kind is tried with its defaults at least."""

BATTERIES = [
    pytest.param({"kind": kind, **setting}, id=" ".join([kind, *map(str, setting.values())]))
    for kind in parts("battery")
    for setting in SETTINGS.get(kind, [{}])
]


def spec_of(size: dict[str, int], battery: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "generations": 12,
        "population": {"size": size["size"], "beliefs_per_agent": size["genes"]},
        "landscape": {"kind": "bivariate", "beliefs": size["beliefs"], "rho": 0.2},
        "battery": {**battery, "questions": size["questions"]},
        **others,
    }


def scores(reference: ModuleType, model: PopulationModel, test: Any, slots: Any) -> np.ndarray:
    """Return what the oracle says of some slots on a battery."""
    w = test.dense().tolist()
    value, signal = model.landscape.value.tolist(), model.landscape.signal.tolist()
    on_value = test.on_value.tolist()
    genomes = model.population.beliefs.tolist()
    return np.array([reference.score(genomes[i], w, value, signal, on_value) for i in slots])


def test_the_oracle_scores_by_the_definition(reference: ModuleType) -> None:
    w = [[1.0, 0.5, 0.0, 2.0], [0.0, 1.5, 0.0, 0.0], [9.0, 9.0, 9.0, 9.0]]
    value, signal = [1.0, -1.0, 99.0], [3.0, 5.0, 99.0]
    on_value = [False, False, False, True]
    # active questions: 0 (a 3, v 1), 1 (a 4.5, v -0.5) and 3 (on value: 1)
    proxy, true = reference.score([0, 1], w, value, signal, on_value)
    assert proxy == pytest.approx((3 + 4.5 + 1) / 3, abs=1e-15)
    assert true == pytest.approx((1 - 0.5 + 1) / 3, abs=1e-15)
    assert reference.score([1], [[1.0], [0.0]], value, signal, [False]) == (0.0, 0.0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("battery", BATTERIES)
def test_founders_score_what_the_oracle_says(
    reference: ModuleType, battery: dict[str, Any], size: str
) -> None:
    model = PopulationModel(spec_of(SIZES[size], {**battery, "held_out": 3}), 8)
    model.evaluator.score()
    everybody = range(model.population.size)
    for test, first in ((model.evaluator.battery, ""), (model.evaluator.held_out, "held_out")):
        shown, worth = (first, f"{first}_value") if first else ("proxy", "true_value")
        found = np.column_stack([model.population.column(c) for c in (shown, worth)])
        np.testing.assert_allclose(found, scores(reference, model, test, everybody), **EXACT)


@pytest.mark.parametrize("kind", parts("battery"))
def test_a_full_size_population_scores_what_the_oracle_says(
    reference: ModuleType, kind: str
) -> None:
    spec = {
        "generations": 4,
        "battery": {"kind": kind},
        "reproduction": {"mutation_rate": 0.02},
        "interventions": [
            {"kind": "adaptive_test", "interval": 2, "scored_on": "value"},
            {"kind": "improving_evaluator", "interval": 3},
        ],
    }
    model = PopulationModel(spec, 3).run()
    some = [0, 150, 299]
    found = np.column_stack([model.population.column(c)[some] for c in ("proxy", "true_value")])
    expected = scores(reference, model, model.evaluator.battery, some)
    np.testing.assert_allclose(found, expected, **EXACT)


def test_an_agent_with_no_active_question_scores_zero() -> None:
    model = PopulationModel(
        spec_of(SIZES["usual"], {"kind": "correlated", "density": 0.0}), 1
    ).run()
    log = model.log
    assert model.evaluator.battery.question.size == 0
    for name in ("proxy", "true_value", "proxy_sd", "true_value_sd"):
        assert (log[name] == 0.0).all()
    assert log["belief_value"].abs().min() > 0


# ------------------------------------------------- stored sums, or all summed anew


def assert_stored_or_not(monkeypatch: pytest.MonkeyPatch, spec: dict[str, Any], seed: int) -> None:
    """Hold a run with stored question sums to one without, and to one that stops storing."""
    logs, genomes = [], []
    agents, questions = spec["population"]["size"], spec["battery"]["questions"]
    for most in (asked.STORED, 0, agents * questions):  # one question more is too many
        monkeypatch.setattr(asked, "STORED", most)
        model = PopulationModel(spec, seed).run()
        logs.append(model.log)
        genomes.append(model.population.beliefs)
    for log, genome in zip(logs[1:], genomes[1:], strict=True):
        np.testing.assert_array_equal(genome, genomes[0])
        pd.testing.assert_frame_equal(log, logs[0], **EXACT)


INTERVENTIONS = {
    "none": [],
    "both": [
        {"kind": "adaptive_test", "interval": 3},
        {"kind": "improving_evaluator", "interval": 2},
    ],
    "improving, with a constant": [
        {"kind": "improving_evaluator", "interval": 3, "form": "keep_scale", "rate": 0.4},
        {"kind": "improving_evaluator", "interval": 4, "form": "exact", "name": "exact"},
    ],
    "both, on value": [
        {"kind": "improving_evaluator", "interval": 2, "form": "keep_scale"},
        {"kind": "adaptive_test", "interval": 4, "scored_on": "value"},
    ],
}


@pytest.mark.parametrize("interventions", INTERVENTIONS)
@pytest.mark.parametrize("battery", BATTERIES)
def test_stored_sums_change_nothing(
    monkeypatch: pytest.MonkeyPatch, battery: dict[str, Any], interventions: str
) -> None:
    spec = spec_of(
        SIZES["usual"],
        battery,
        generations=20,
        reproduction={"mutation_rate": 0.05},
        interventions=INTERVENTIONS[interventions],
    )
    assert_stored_or_not(monkeypatch, spec, 4)


@pytest.mark.parametrize("scale", [50.0, 500.0])
def test_stored_sums_bear_weights_of_any_size(
    monkeypatch: pytest.MonkeyPatch, scale: float
) -> None:
    battery = {"kind": "similarity", "base_probability": 0.3, "scale": scale, "noise": 0.0}
    spec = spec_of(SIZES["usual"], battery, generations=40, reproduction={"mutation_rate": 0.1})
    assert_stored_or_not(monkeypatch, spec, 1)


@pytest.mark.parametrize("landscape", ["zeros", "outlier"])
def test_mutants_are_what_their_beliefs_are(
    reference: ModuleType, tmp_path: Path, landscape: str
) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"value": rng.normal(size=40), "signal": rng.normal(size=40)})
    genes = 2 if landscape == "zeros" else 6
    if landscape == "zeros":
        frame.loc[::2, "signal"] = 0.0
    else:
        frame.loc[::8, ["value", "signal"]] = 1e6, 2e7
    frame.to_csv(tmp_path / "beliefs.csv", index=False)
    spec = spec_of(
        {**SIZES["usual"], "genes": genes},
        {"kind": "simple", "density": 0.5},
        generations=60,
        landscape={"kind": "table", "path": str(tmp_path / "beliefs.csv")},
        selection={"kind": "neutral"},
        reproduction={"mutation_rate": 0.1},
    )
    model = PopulationModel(spec, 1).run()
    value, signal = model.landscape.value.tolist(), model.landscape.signal.tolist()
    everybody = range(model.population.size)
    genomes = model.population.beliefs.tolist()
    rho = [reference.alignment(genomes[i], value, signal) for i in everybody]
    found = np.column_stack([model.population.column(c) for c in ("proxy", "true_value")])
    expected = scores(reference, model, model.evaluator.battery, everybody)
    np.testing.assert_allclose(found, expected, **EXACT)
    assessed = model.evaluator.expected()
    np.testing.assert_allclose(assessed[ASSESSED.index("alignment")], rho, **EXACT)


@pytest.mark.parametrize("kind", ["simple", "similarity"])
def test_written_genomes_score_what_the_oracle_says(reference: ModuleType, kind: str) -> None:
    """Agents are written and read one by one, between steps, in any order."""
    battery = {"kind": kind, "held_out": 3}
    model = PopulationModel(
        spec_of(SIZES["usual"], battery, reproduction={"mutation_rate": 0.1}), 6
    )
    rng = np.random.default_rng(0)
    for _ in range(10):
        model.step()
        for slot in rng.integers(15, size=8).tolist():
            agent = next(a for a in model.agents if a.slot == slot)
            if rng.random() < 0.6:
                agent.beliefs = rng.permutation(50)[:6]
            if rng.random() < 0.5:
                seen = scores(reference, model, model.evaluator.battery, [slot])[0]
                np.testing.assert_allclose([agent.proxy, agent.true_value], seen, **EXACT)
        model.evaluator.score()
        found = np.column_stack([model.population.column(c) for c in ("proxy", "true_value")])
        expected = scores(reference, model, model.evaluator.battery, range(15))
        np.testing.assert_allclose(found, expected, **EXACT)
