"""The Price equation: exact in every generation, and each term where it belongs."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel

TRAITS = ("true_value", "deceptive_share", "schemers")
TERMS = ("selection", "drift", "transmission", "environment", "selection_realised")

INTERVENTIONS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "adaptive test": [{"kind": "adaptive_test", "interval": 4}],
    "improving": [{"kind": "improving_evaluator", "interval": 5, "rate": 0.3}],
    "both": [
        {"kind": "adaptive_test", "interval": 4},
        {"kind": "improving_evaluator", "interval": 4, "rate": 0.3},
    ],
    "both, on value": [
        {"kind": "improving_evaluator", "interval": 3, "rate": 0.3, "form": "exact"},
        {"kind": "adaptive_test", "interval": 2, "scored_on": "value"},
        {"kind": "improving_evaluator", "name": "again", "interval": 3, "form": "keep_scale"},
    ],
}


def log_of(interventions: str = "none", **others: Any) -> pd.DataFrame:
    spec: dict[str, Any] = {
        "generations": 25,
        "population": {"size": 60, "beliefs_per_agent": 12},
        "landscape": {"kind": "bivariate", "beliefs": 300, "rho": 0.3},
        "battery": {"kind": "simple", "questions": 20},
        "reproduction": {"mutation_rate": 0.02},
        "interventions": INTERVENTIONS[interventions],
        **others,
    }
    return PopulationModel(spec, 21).run().log


def terms(log: pd.DataFrame, trait: str) -> pd.DataFrame:
    """Return a trait's terms from generation 1 on; those that are null throughout left out."""
    names = [f"price_{trait}_{term}" for term in TERMS]
    assert log.loc[0, names].isna().all()
    return log.loc[1:, names].dropna(axis=1, how="all")


def due(interventions: str, kinds: tuple[str, ...]) -> pd.Series:
    """Return from generation 1 on whether an intervention of these kinds is due."""
    generations = pd.Series(range(1, 25), index=range(1, 25))
    hit = generations < 0
    for part in INTERVENTIONS[interventions]:
        if part["kind"] in kinds:
            hit |= generations % part["interval"] == 0
    return hit


@pytest.mark.parametrize("selection", [{"kind": "softmax", "beta": 4.0}, {"kind": "neutral"}])
@pytest.mark.parametrize("rate", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("interventions", INTERVENTIONS)
def test_terms_sum_to_the_change(
    interventions: str, rate: float, selection: dict[str, Any]
) -> None:
    log = log_of(interventions, reproduction={"mutation_rate": rate}, selection=selection)
    for trait in TRAITS:
        table = terms(log, trait)
        change = np.diff(log[trait])
        assert not table.isna().any(axis=None)
        np.testing.assert_allclose(table.sum(axis=1), change, rtol=0, atol=1e-12)
        assert np.abs(change).max() > 1e-3


@pytest.mark.parametrize("interventions", INTERVENTIONS)
def test_environment_is_exactly_zero_where_nothing_is_changed(interventions: str) -> None:
    log = log_of(interventions)
    changers = {"true_value": ("adaptive_test",), "deceptive_share": ("improving_evaluator",)}
    for trait, kinds in changers.items():
        environment = log.loc[1:, f"price_{trait}_environment"]
        changed = due(interventions, kinds)
        if interventions != "both, on value":  # where signals are improved, all is scored again
            assert (environment[~changed] == 0.0).all()
        assert (environment[~changed].abs() < 1e-12).all()
        anything = due(interventions, ("adaptive_test", "improving_evaluator"))
        assert (environment[~anything] == 0.0).all()
        if changed.any():
            assert environment[changed].abs().max() > 1e-4
    assert (log.loc[1:, "price_schemers_environment"] == 0.0).all()


def test_transmission_is_exactly_zero_without_mutation() -> None:
    log = log_of("both", reproduction={"mutation_rate": 0.0})
    for trait in TRAITS:
        assert log.loc[1:, f"price_{trait}_transmission"].abs().max() < 1e-15
    mutating = log_of("both")
    assert mutating["price_true_value_transmission"].abs().max() > 1e-4
    assert mutating["price_schemers_transmission"].abs().max() < 1e-15


def test_neutral_selection_has_drift_alone() -> None:
    log = log_of(selection={"kind": "neutral"})
    for trait in TRAITS:
        assert log[f"price_{trait}_selection"].abs().max() < 1e-15
        assert log[f"price_{trait}_drift"].abs().max() > 1e-3


def test_the_oracle_follows_the_definition(reference: ModuleType) -> None:
    nothing = {"deceptive_share": [0.0, 0.0], "schemers": [0.0, 0.0]}
    old = {"true_value": [1.0, 3.0], **nothing}
    born = {"true_value": [3.5, 3.0], **nothing}
    now = {"true_value": [4.0, 4.5], **nothing}
    found = reference.price(old, [0.25, 0.75], [(1,), (1,)], [(1,), (1,)], born, now)
    # means: parents 2, expected over offspring 2.5, realised 3, newborn 3.25, now 4.25
    assert found["price_true_value_selection"] == pytest.approx(0.5)
    assert found["price_true_value_drift"] == pytest.approx(0.5)
    assert found["price_true_value_transmission"] == pytest.approx(0.25)
    assert found["price_true_value_environment"] == pytest.approx(1.0)


def test_the_oracle_gives_half_a_merged_child_to_each_parent(reference: ModuleType) -> None:
    nothing = {"deceptive_share": [0.0, 0.0], "schemers": [0.0, 0.0]}
    old = {"true_value": [1.0, 3.0], **nothing}
    born = {"true_value": [2.5, 3.0], **nothing}
    families = [(1, 0), (1,)]
    found = reference.price(old, None, families, families, born, born)
    # means: parents 2, over offspring (2 + 3)/2 = 2.5, newborn 2.75
    assert found["price_true_value_selection_realised"] == pytest.approx(0.5)
    assert found["price_true_value_transmission"] == pytest.approx(0.25)
    assert np.isnan(found["price_true_value_selection"])
    assert np.isnan(found["price_true_value_drift"])


@pytest.mark.parametrize("rule", ["softmax", "tournament", "truncation", "moran", "fermi"])
@pytest.mark.parametrize("recombination", [0.0, 0.6])
def test_terms_sum_to_the_change_under_every_rule(rule: str, recombination: float) -> None:
    rates = {"mutation_rate": 0.02, "recombination_rate": recombination}
    log = log_of("both", reproduction=rates, selection={"kind": rule})
    for trait in TRAITS:
        table = terms(log, trait)
        np.testing.assert_allclose(table.sum(axis=1), np.diff(log[trait]), rtol=0, atol=1e-12)
        closed_form = rule not in ("moran", "fermi")
        assert (f"price_{trait}_selection" in table) == closed_form
        assert (f"price_{trait}_selection_realised" in table) == (not closed_form)
