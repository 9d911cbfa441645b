"""A run that ends early records what one that goes on records."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel

TRAITS: dict[str, Any] = {
    "generations": 60,
    "population": {
        "size": 10,
        "beliefs_per_agent": 0,
        "alignment": {"mean": -1.0, "sd": 0.0},
        "capability": {"mean": 100.0, "sd": 0.0},
        "schemers": 0.3,
    },
    "oversight": {"level": 0.2},
    "record": {"measures": ["schemers", "delivered", "deceiving"]},
}

BELIEFS: dict[str, Any] = {
    "generations": 60,
    "population": {"size": 8, "beliefs_per_agent": 4, "capability": {"mean": 50.0, "sd": 0.0}},
    "landscape": {"kind": "bivariate", "beliefs": 40},
    "battery": {"kind": "simple", "questions": 10, "held_out": 5},
    "record": {"measures": ["proxy", "held_out", "heterozygosity", "fixed_beliefs"]},
}


def steps_of(model: PopulationModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Run a model; return the generations that it stepped through."""
    seen: list[int] = []
    intervene = model.intervene

    def count() -> None:
        seen.append(model.generation)
        intervene()

    monkeypatch.setattr(model, "intervene", count)
    model.run()
    return seen


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("spec", [TRAITS, BELIEFS], ids=["traits", "beliefs"])
def test_the_record_is_that_of_a_run_that_goes_on(
    spec: dict[str, Any], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    early, whole = PopulationModel(spec, seed), PopulationModel(spec, seed)
    steps = steps_of(early, monkeypatch)
    while whole.running:
        whole.step()
    assert len(steps) < spec["generations"]
    assert early.generation == whole.generation == spec["generations"]
    pd.testing.assert_frame_equal(early.log, whole.log, check_exact=True)
    assert early.record.events == whole.record.events
    np.testing.assert_equal(early.final, whole.final)


@pytest.mark.parametrize(
    "change",
    [
        {"record": {"measures": ["schemers", "founders_left"]}},
        {"record": {"measures": ["schemers", "selection_nats"]}},
        {"record": {"measures": ["schemers"], "agents_at": [59]}},
        {"reproduction": {"strategy_flip_rate": 1e-9}},
        {"reproduction": {"capability_sd": 0.1}},
        {"reproduction": {"alignment_sd": 0.1}},
        {"conduct": {"episodes": "sampled"}},
        {"interventions": [{"kind": "set", "at": [50], "path": "oversight.level", "value": 1.0}]},
    ],
    ids=str,
)
def test_what_may_still_change_is_run_on(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PopulationModel(TRAITS | change, 1)
    assert steps_of(model, monkeypatch) == list(range(60))
