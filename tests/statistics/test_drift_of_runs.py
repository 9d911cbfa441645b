"""Whole logged runs of every rule against their solvable limits; `theory check` is the judge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peckham.agents.selection.neutral import Neutral
from peckham.agents.selection.parentage import Parentage
from peckham.agents.selection.softmax import Softmax
from peckham.analysis.limits import check
from peckham.experiments import run

pytestmark = pytest.mark.statistical

EXPERIMENT: dict[str, Any] = {
    "generations": 40,
    "replicates": 150,
    "seed": 31,
    "controls": ["neutral"],
    "population": {"size": 20, "beliefs_per_agent": 6, "schemers": 0.3},
    "landscape": {"kind": "clustered", "beliefs": 150},
    "battery": {"questions": 8},
    "conditions": {
        "softmax": {},
        "tournament": {"selection": {"kind": "tournament"}},
        "truncation": {"selection": {"kind": "truncation", "share": 0.4}},
        "moran": {"selection": {"kind": "moran"}},
        "fermi": {"selection": {"kind": "fermi"}},
        "merging": {"reproduction.recombination_rate": 0.5},
        "mutating": {"reproduction.mutation_rate": 0.02},
        "neutral": {"selection": {"kind": "neutral"}, "landscape.kind": "bivariate"},
    },
}


def test_every_rule_drifts_as_theory_says(effort: int, tmp_path: Path) -> None:
    """Family-wise error .01 over all limits (Holm)."""
    replicates = EXPERIMENT["replicates"] * effort
    folder = run(EXPERIMENT, out=tmp_path / "drift", replicates=replicates, workers=2)
    table = check(folder)
    tested = table[table["p"].notna()]
    assert len(tested) > 120
    assert set(tested["condition"]) == set(EXPERIMENT["conditions"])
    wrong = table[table["verdict"] == "disagrees"]
    assert wrong.empty, wrong.to_string()


def few_parents(
    self: Neutral, fitness: Any, rng: np.random.Generator, removed: Any = None
) -> Parentage:
    """Draw parents from a part of the population: too much drift."""
    parents = rng.integers(fitness.size * 3 // 4, size=fitness.size).astype(np.int32)
    even = np.full(fitness.size, 1 / fitness.size)
    return Parentage(parents, np.ones(fitness.size, np.bool_), even)


def everyone_once(
    self: Neutral, fitness: Any, rng: np.random.Generator, removed: Any = None
) -> Parentage:
    """Draw parents without replacement: no drift at all."""
    parents = rng.permutation(fitness.size).astype(np.int32)
    even = np.full(fitness.size, 1 / fitness.size)
    return Parentage(parents, np.ones(fitness.size, np.bool_), even)


@pytest.mark.parametrize("broken", [few_parents, everyone_once])
def test_a_broken_rule_disagrees(
    broken: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Neutral, "select", broken)
    only = {**EXPERIMENT, "conditions": {"neutral": {"selection": {"kind": "neutral"}}}}
    table = check(run(only, out=tmp_path / "drift"))
    assert (table["verdict"] == "disagrees").any()


def test_a_rule_that_lies_about_its_chances_disagrees(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drift must move no mean: parents drawn from other chances than expected are seen."""
    honest = Softmax.select

    def lying(
        self: Softmax, fitness: Any, rng: np.random.Generator, removed: Any = None
    ) -> Parentage:
        found = honest(self, fitness, rng)
        weaker = honest(Softmax(beta=self.beta / 2), fitness, np.random.default_rng(0))
        return Parentage(found.parents, found.born, weaker.probabilities)

    monkeypatch.setattr(Softmax, "select", lying)
    land = {"kind": "bivariate", "beliefs": 150, "rho": 0.9}
    only = {**EXPERIMENT, "conditions": {"softmax": {}}, "controls": [], "landscape": land}
    table = check(run(only, out=tmp_path / "drift"))
    lied = table[table["verdict"] == "disagrees"]["limit"].tolist()
    assert any(limit.startswith("drift of") for limit in lied)
