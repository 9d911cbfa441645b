"""Twins that share a trajectory have the rows that they have alone, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from peckham.agents.parameters.validation import validated
from peckham.experiments import simulation
from peckham.experiments.design import PlannedRun
from peckham.experiments.shared_twins import trajectory
from peckham.experiments.simulation import simulate, simulate_all

BASE: dict[str, Any] = {
    "generations": 25,
    "control": "neutral",
    "population": {"size": 30, "beliefs_per_agent": 6, "capability": {"mean": 60.0, "sd": 15.0}},
    "landscape": {"kind": "clustered", "beliefs": 150},
    "battery": {"questions": 20, "held_out": 5},
    "reproduction": {"mutation_rate": 0.02, "capability_sd": 2.0, "strategy_flip_rate": 0.02},
    "conduct": {"allele_assortment": 0.5},
}

KINDS: list[dict[str, Any]] = [
    {},
    {"oversight": {"level": 0.5}},
    {"oversight": {"level": 0.8, "sanction": "removal", "false_positive_rate": 0.4}},
    {"oversight": {"audit": 0.6, "transparency": 0.2, "penalty": 3.0, "deterrence_cost": 2.0}},
    {"oversight": {"level": 0.5, "scaling": {"kind": "budget", "audits": 6}}},
    {"oversight": {"level": 0.5, "scaling": {"kind": "proportional", "reference": 50.0}}},
    {"oversight": {"level": 0.5}, "conduct": {"allele_assortment": 0.5, "episodes": "sampled"}},
    {"conduct": {"allele_assortment": 0.5, "kind": "innate", "horizon": False}},
    {"selection": {"beta": 20.0}, "oversight": {"level": 0.3}},
    {"selection": {"beta": 0.0}},
]

WORLDS: dict[str, dict[str, Any]] = {
    "beliefs": {},
    "merging": {"reproduction": {"mutation_rate": 0.02, "recombination_rate": 0.4}},
    "moran": {"selection": {"kind": "moran"}},
    "traits": {
        "population": {"size": 30, "beliefs_per_agent": 0},
        "battery": {"questions": 20},
        "reproduction": {"alignment_sd": 0.1},
    },
    "few measures": {"record": {"measures": ["proxy", "delivered", "safety"], "every": 4}},
    "published measures": {"record": {"measures": "published"}},
}


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=True)


@pytest.mark.parametrize("world", WORLDS)
def test_shared_twins_have_the_rows_that_they_have_alone(world: str) -> None:
    kinds = KINDS if world != "moran" else [k for k in KINDS if "removal" not in str(k)][:8]
    specs = [validated({**BASE, **kind, **WORLDS[world]}) for kind in kinds]
    assert len({trajectory(spec) for spec in specs}) == 1
    batch = [PlannedRun(k, k, 0, 977) for k in range(len(specs))]
    found = {outcome.planned.run: outcome for outcome in simulate_all(batch, specs)}
    assert len(found) == len(batch)
    for planned in batch:
        alone, shared = simulate(planned, specs[planned.variant]), found[planned.run]
        assert alone.status == shared.status == "done"
        assert same(alone.rows, shared.rows)
        assert same(np.array(alone.final), np.array(shared.final))
        assert same(alone.generations, shared.generations)
        assert all(same(a, b) for a, b in zip(alone.events, shared.events, strict=True))


@pytest.mark.parametrize(
    "block",
    [
        {"control": "none"},
        {"interventions": [{"kind": "adaptive_test"}]},
        {"record": {"agents_at": [0]}},
        {"stop_when": {"measure": "proxy", "above": 0.5}},
    ],
)
def test_these_are_simulated_alone(block: dict[str, Any]) -> None:
    assert trajectory(validated({**BASE, **block})) is None


@pytest.mark.parametrize(
    "block",
    [
        {"conduct": {"allele_assortment": 0.0}},
        {"selection": {"kind": "truncation"}},
        {"reproduction": {"mutation_rate": 0.01}},
        {"battery": {"questions": 21}},
        {"deployment": {"shift": 0.3}},
    ],
)
def test_these_do_not_share_the_trajectory(block: dict[str, Any]) -> None:
    assert trajectory(validated({**BASE, **block})) != trajectory(validated(BASE))


def test_an_error_in_a_shared_simulation_is_told_by_each_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("planted")

    monkeypatch.setattr(simulation, "simulate_twins", fail)
    specs = [validated({**BASE, **kind}) for kind in KINDS[:3]]
    batch = [PlannedRun(k, k, 0, 977) for k in range(3)]
    assert [outcome.status for outcome in simulate_all(batch, specs)] == ["done"] * 3
