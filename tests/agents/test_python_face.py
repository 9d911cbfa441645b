"""What a run looks like from Python: short representations, agents, events, plain errors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel, SpecError
from peckham.agents.measures.events import Event
from peckham.agents.measures.snapshot import COLUMNS
from peckham.experiments import read

SPEC: dict[str, Any] = {
    "generations": 4,
    "population": {"size": 20, "beliefs_per_agent": 5},
    "landscape": {"kind": "clustered", "beliefs": 50},
    "battery": {"questions": 8, "held_out": 3},
    "oversight": {"level": 0.4},
    "deployment": {"shift": 0.5},
    "reproduction": {"mutation_rate": 0.05},
    "record": {"agents_at": [2]},
}


def arrays_in(thing: Any, path: str, found: dict[str, Any]) -> None:
    """List every object of ours that can be reached through public names."""
    if type(thing).__module__.startswith("peckham.") and path not in found:
        found[path] = thing
        names = [
            n
            for n in getattr(thing, "_fields", getattr(thing, "__dict__", ()))
            if not n.startswith("_")
        ]
        for name in names:
            if path.count(".") < 4 and name != "model":
                arrays_in(getattr(thing, name), f"{path}.{name}", found)


def test_representations_are_short() -> None:
    model = PopulationModel(SPEC | {"population": {"size": 300, "beliefs_per_agent": 20}}, seed=1)
    model.step()
    found: dict[str, Any] = {}
    for name in ("state", "population", "landscape", "record", "evaluator"):
        arrays_in(getattr(model, name), name, found)
    assert {"state.arrays.even.genotypes", "evaluator.questions.visible"} <= set(found)
    long = {path: len(repr(thing)) for path, thing in found.items() if len(repr(thing)) > 1200}
    assert long == {}
    assert repr(model.population).startswith("Population(genotype=int32[300], unshared=bool[300]")
    assert "value=float64[50]" in repr(model.landscape)


def test_agents_show_what_snapshots_record() -> None:
    """All but what is drawn for a snapshot: the deployment points."""
    model = PopulationModel(SPEC, seed=1)
    for _ in range(2):
        model.step()
    agents = list(model.agents)
    shown = {
        name: [getattr(agent, name) for agent in agents]
        for name in COLUMNS
        if name not in ("generation", "deployment_proxy", "deployment_value")
    }
    model.step()
    recorded = model.record.snapshots[0]
    assert np.sum(recorded["caught"]) > 0
    assert np.sum(recorded["wrongly_flagged"]) > 0
    for name, numbers in shown.items():
        np.testing.assert_allclose(numbers, recorded[name], rtol=1e-12, err_msg=name)


def test_chances_of_being_caught_follow_their_equations() -> None:
    """q·h with h = o·sensitivity·(1 − D), and (1 − q)·f with f = o·false_positive_rate."""
    model = PopulationModel(SPEC, seed=2)
    model.step()
    for agent in model.agents:
        q, d = agent.deceiving, agent.deception_probability
        assert agent.caught == pytest.approx(q * 0.4 * 0.8 * (1 - d), rel=1e-12)
        assert agent.wrongly_flagged == pytest.approx((1 - q) * 0.4 * 0.05, rel=1e-12)
        with pytest.raises(AttributeError, match="cannot be set"):
            agent.caught = 1.0


def test_events_are_a_table() -> None:
    model = PopulationModel(SPEC | {"generations": 40, "selection": {"beta": 30.0}}, seed=1)
    assert list(model.events.columns) == list(Event._fields)
    assert len(model.events) == 0
    model.run()
    events = model.events
    assert isinstance(events, pd.DataFrame)
    assert [tuple(e)[:4] for e in model.record.events] == list(
        events[["generation", "kind", "id", "event"]].itertuples(index=False, name=None)
    )
    beliefs = events["kind"] == "belief"
    assert beliefs.any()
    assert (~beliefs).any()
    held = events[beliefs]
    np.testing.assert_array_equal(held["value"], model.landscape.value[held["id"]])
    assert (held["deceptive"] == ((held["value"] < 0) & (held["signal"] > 0))).all()
    assert events.loc[~beliefs, ["value", "signal", "deceptive", "cluster"]].isna().all(axis=None)
    lost = events[(events["kind"] == "lineage") & (events["event"] == "lost")]
    assert len(lost) == 20 - len(set(model.population.lineage.tolist()))


@pytest.mark.parametrize("spec", ["file.yaml", Path("file.yaml"), "eicher2026-clusters", None, 3])
def test_what_is_no_spec_is_told_the_way(spec: Any) -> None:
    with pytest.raises(SpecError, match=r"^spec: must be a mapping .*peckham\.experiments\.read"):
        PopulationModel(spec, seed=1)


def test_an_experiment_in_place_of_a_spec_is_told_the_way() -> None:
    resolved = read("eicher2026-clusters").as_file()
    with pytest.raises(SpecError, match=r"of an experiment.*peckham\.experiments\.read"):
        PopulationModel(resolved, seed=1)
    for key in ("name", "seed", "replicates", "controls", "conditions", "sweep"):
        with pytest.raises(SpecError, match=rf"^{key}: .*peckham\.experiments\.read"):
            PopulationModel({key: resolved.get(key)}, seed=1)


def test_the_way_leads_there() -> None:
    model = PopulationModel(read("eicher2026-clusters").base, seed=1)
    assert (model.population.size, model.landscape.size) == (300, 3000)
