"""Resolution: defaults < base < overrides < condition < sweep, blocks and lists whole."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import pytest

from peckham.experiments import ExperimentError, read
from peckham.experiments.design import design

LAYERS = {"base": 3.0, "overrides": 7.0, "condition": 11.0, "sweep": 13.0}
SUBSETS = list(chain.from_iterable(combinations(LAYERS, n) for n in range(len(LAYERS) + 1)))


def test_what_a_file_leaves_out_has_the_documented_default() -> None:
    experiment = read({})
    (variant,) = design(experiment).variants
    spec = variant.spec
    assert (experiment.replicates, experiment.seed, experiment.controls) == (50, 1, [])
    assert (variant.condition, variant.control, variant.swept) == ("base", "none", {})
    assert spec.generations == 100
    assert (spec.record.measures, spec.record.agents_at, spec.record.prevalence) == ("all", [], 0.9)
    population = spec.population
    assert (population.size, population.beliefs_per_agent, population.schemers) == (300, 50, 0.5)
    assert (population.capability.mean, population.capability.sd) == (50.0, 10.0)
    landscape = spec.landscape.model_dump()
    assert (landscape["kind"], landscape["beliefs"]) == ("clustered", 3000)
    assert landscape["clusters"][0] == {
        "name": "Benign",
        "mu_v": 0.7,
        "mu_a": 0.7,
        "sigma_v": 0.5,
        "sigma_a": 0.3,
        "rho": 0.0,
        "share": 0.3,
    }
    battery = spec.battery.model_dump()
    assert battery == {"kind": "simple", "questions": 75, "held_out": 0, "density": 0.1}
    assert spec.selection.model_dump() == {"kind": "softmax", "beta": 5.0}
    assert spec.reproduction.mutation_rate == spec.reproduction.recombination_rate == 0.0
    assert spec.reproduction.strategy_flip_rate == spec.reproduction.capability_drift == 0.0
    assert spec.reproduction.proposal.kind == "uniform"
    conduct = spec.conduct
    assert (conduct.kind, conduct.episodes, conduct.horizon, conduct.threat_ends) == (
        "allele",
        "expected",
        True,
        True,
    )
    oversight = spec.oversight
    assert (oversight.level, oversight.sensitivity) == (0.0, 0.8)
    assert (oversight.false_positive_rate, oversight.penalty) == (0.05, 1.0)
    assert (spec.deployment.pressure, spec.deployment.shift) == (1.0, 0.0)
    assert spec.interventions == []


@pytest.mark.parametrize("given", SUBSETS, ids=["+".join(s) or "defaults" for s in SUBSETS])
def test_later_layers_win(given: tuple[str, ...], tiny: Callable[..., dict[str, Any]]) -> None:
    path = "selection.beta"
    raw = tiny(conditions={"plain": {}, "set": {}})
    del raw["selection"]
    if "base" in given:
        raw["selection"] = {"beta": LAYERS["base"]}
    if "condition" in given:
        raw["conditions"]["set"] = {path: LAYERS["condition"], "battery.density": 0.5}
    if "sweep" in given:
        raw["sweep"] = {path: [LAYERS["sweep"]]}
    overrides = {path: LAYERS["overrides"]} if "overrides" in given else {}
    if {"overrides", "sweep"} <= set(given):
        with pytest.raises(ExperimentError, match=r"selection\.beta.*override would do nothing"):
            design(read(raw, overrides=overrides))
        return
    found = {
        v.condition: v.spec.selection.beta for v in design(read(raw, overrides=overrides)).variants
    }
    expected = {
        condition: max((LAYERS[layer] for layer in given if layer not in without), default=5.0)
        for condition, without in {"plain": {"condition"}, "set": set()}.items()
    }
    assert found == expected


def test_each_layer_reaches_parameters_that_the_file_leaves_out(specs: Any) -> None:
    plan = design(
        read(
            {
                "conditions": {"c": {"population.capability.sd": 1.0}},
                "sweep": {"battery.density": [0.2]},
            },
            overrides={"landscape.clusters.Neutral.rho": 0.4},
        )
    )
    spec = specs(plan)["c", 0.2, "none"]
    assert (spec.population.capability.mean, spec.population.capability.sd) == (50.0, 1.0)
    assert (spec.battery.density, spec.battery.questions) == (0.2, 75)
    assert [cluster.rho for cluster in spec.landscape.clusters] == [0.0, 0.4, 0.0]
    assert [cluster.share for cluster in spec.landscape.clusters] == [0.3, 0.4, 0.3]


# ------------------------------------------------------------ blocks and lists are replaced whole


@pytest.mark.parametrize("layer", ["condition", "overrides"])
def test_a_block_replaces_the_block_that_stood_there(
    layer: str, tiny: Callable[..., dict[str, Any]]
) -> None:
    settings: dict[str, Any] = {
        "battery": {"questions": 8},
        "population.capability": {"mean": 60.0},
        "landscape.clusters": [{"name": "Only", "share": 1.0}],
    }
    if layer == "condition":
        plan = design(read(tiny(conditions={"c": settings})))
    else:
        plan = design(read(tiny(), overrides=settings))
    spec = plan.variants[0].spec
    assert (spec.battery.questions, spec.battery.density) == (8, 0.1)  # not the base's 0.3
    assert (spec.population.capability.mean, spec.population.capability.sd) == (60.0, 10.0)
    assert spec.population.size == 12
    assert spec.landscape.cluster_names == ("Only",)
    assert spec.landscape.size == 40


def test_a_list_replaces_the_list_that_stood_there(tiny: Callable[..., dict[str, Any]]) -> None:
    raw = tiny(
        interventions=[{"kind": "adaptive_test"}, {"kind": "improving_evaluator"}],
        conditions={
            "all": {},
            "one": {"interventions": [{"kind": "adaptive_test", "interval": 2}]},
            "none": {"interventions": []},
        },
    )
    found = {
        v.condition: [(i.name, i.interval) for i in v.spec.interventions]
        for v in design(read(raw)).variants
    }
    assert found == {
        "all": [("adaptive_test", 15), ("improving_evaluator", 20)],
        "one": [("adaptive_test", 2)],
        "none": [],
    }


def test_conditions_do_not_see_each_other(tiny: Callable[..., dict[str, Any]]) -> None:
    raw = tiny(
        conditions={
            "first": {"selection.beta": 9.0, "landscape.clusters.Benign.share": 0.9},
            "second": {},
        }
    )
    second = design(read(raw)).variants[1].spec
    assert second == design(read(tiny())).variants[0].spec


def test_another_kind_takes_its_own_parameters(tiny: Callable[..., dict[str, Any]]) -> None:
    raw = tiny(
        conditions={
            "kept": {"battery.kind": "coverage", "battery.coverage": 0.5},
            "whole": {"battery": {"kind": "similarity", "questions": 9}},
            "flat": {"landscape": {"kind": "bivariate", "beliefs": 30}},
        }
    )
    by_name = {v.condition: v.spec for v in design(read(raw)).variants}
    assert by_name["kept"].battery.model_dump() == {
        "kind": "coverage",
        "questions": 6,
        "held_out": 0,
        "density": 0.3,
        "coverage": 0.5,
    }
    assert (by_name["whole"].battery.kind, by_name["whole"].battery.questions) == ("similarity", 9)
    assert (by_name["flat"].landscape.kind, by_name["flat"].landscape.size) == ("bivariate", 30)


# ------------------------------------------------------------ items of lists have names


def test_list_items_are_addressed_by_name(tiny: Callable[..., dict[str, Any]]) -> None:
    raw = tiny(
        interventions=[
            {"kind": "adaptive_test", "interval": 5},
            {"kind": "adaptive_test", "name": "late", "at": [2]},
        ],
        conditions={
            "c": {
                "interventions.adaptive_test.interval": 2,
                "interventions.late.scored_on": "value",
                "landscape.clusters.Deceptive.share": 0.6,
            }
        },
    )
    spec = design(read(raw)).variants[0].spec
    first, late = spec.interventions
    assert (first.name, first.interval, first.scored_on) == ("adaptive_test", 2, "signal")
    assert (late.name, late.at, late.scored_on) == ("late", [2], "value")
    assert [c.share for c in spec.landscape.clusters] == [0.3, 0.4, 0.6]


def test_an_item_can_be_replaced_whole(tiny: Callable[..., dict[str, Any]]) -> None:
    raw = tiny(
        interventions=[{"kind": "adaptive_test", "interval": 5, "scored_on": "value"}],
        conditions={"c": {"interventions.adaptive_test": {"kind": "adaptive_test", "at": [1]}}},
    )
    (only,) = design(read(raw)).variants[0].spec.interventions
    assert (only.interval, only.at, only.scored_on) == (None, [1], "signal")


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("interventions.it.at", [1], (None, [1])),
        ("interventions.it.interval", 3, (3, None)),
        ("interventions.it.start", 1, (2, None)),
    ],
)
def test_one_schedule_takes_the_place_of_another(
    path: str, value: Any, expected: tuple[Any, Any], tiny: Callable[..., dict[str, Any]]
) -> None:
    raw = tiny(
        interventions=[{"kind": "adaptive_test", "name": "it", "interval": 2}],
        conditions={"c": {path: value}},
    )
    (it,) = design(read(raw)).variants[0].spec.interventions
    assert (it.interval, it.at) == expected
    assert it.start == (1 if path.endswith("start") else None)


def test_an_item_that_is_not_there_is_refused_with_those_that_are(
    tiny: Callable[..., dict[str, Any]],
) -> None:
    raw = tiny(sweep={"landscape.clusters.Deceptiv.share": [0.1]})
    with pytest.raises(ExperimentError, match=r"'Deceptiv'.*Benign, Neutral, Deceptive"):
        design(read(raw))


def test_names_are_unique_in_their_list(tiny: Callable[..., dict[str, Any]]) -> None:
    twice = [{"kind": "adaptive_test"}, {"kind": "adaptive_test", "interval": 2}]
    with pytest.raises(ExperimentError, match=r"interventions\.adaptive_test: stands twice"):
        design(read(tiny(interventions=twice)))
    twice[1]["name"] = "second"
    assert len(design(read(tiny(interventions=twice))).variants[0].spec.interventions) == 2


# ------------------------------------------------------------ overrides in vain

IN_VAIN = {
    "every condition sets it": {
        "conditions": {"a": {"selection.beta": 1.0}, "b": {"selection.beta": 2.0}}
    },
    "the sweep sets it": {"sweep": {"selection.beta": [1.0, 2.0]}},
    "a condition replaces its block": {"conditions": {"a": {"selection": {"kind": "softmax"}}}},
    "a condition chooses a kind without it": {"conditions": {"a": {"selection.kind": "neutral"}}},
    "conditions and sweep set it between them": {
        "conditions": {"a": {"selection.beta": 1.0}},
        "sweep": [{"battery.questions": [5]}, {"selection.beta": [4.0]}],
    },
}


@pytest.mark.parametrize("blocks", IN_VAIN.values(), ids=IN_VAIN.keys())
def test_an_override_that_every_run_overrides_is_an_error(
    blocks: dict[str, Any], tiny: Callable[..., dict[str, Any]]
) -> None:
    with pytest.raises(ExperimentError, match=r"selection\.beta"):
        design(read(tiny(**blocks), overrides={"selection.beta": 10.0}))


NOT_IN_VAIN = {
    "one condition leaves it": {"conditions": {"a": {"selection.beta": 1.0}, "b": {}}},
    "one grid leaves it": {"sweep": [{"selection.beta": [1.0]}, {"battery.questions": [5]}]},
    "one condition keeps its kind": {"conditions": {"a": {"selection.kind": "neutral"}, "b": {}}},
}


@pytest.mark.parametrize("blocks", NOT_IN_VAIN.values(), ids=NOT_IN_VAIN.keys())
def test_an_override_that_reaches_some_run_is_kept(
    blocks: dict[str, Any], tiny: Callable[..., dict[str, Any]]
) -> None:
    plan = design(read(tiny(**blocks), overrides={"selection.beta": 10.0}))
    reached = [v for v in plan.variants if getattr(v.spec.selection, "beta", None) == 10.0]
    assert len(reached) == 1
    assert len(plan.variants) == 2


def test_the_last_of_several_overrides_wins(tiny: Callable[..., dict[str, Any]]) -> None:
    overrides = {
        "selection": {"kind": "softmax"},
        "selection.beta": 8.0,
        "seed": 3,
        "replicates": 4,
    }
    found = read(tiny(), overrides=overrides)
    assert design(found).variants[0].spec.selection.beta == 8.0
    assert (found.seed, found.replicates) == (3, 4)


# ------------------------------------------------------------ what stands at the top level only


@pytest.mark.parametrize("key", ["name", "seed", "replicates", "controls", "record"])
def test_top_level_keys_are_refused_elsewhere(
    key: str, tiny: Callable[..., dict[str, Any]]
) -> None:
    value = {"name": "x", "seed": 1, "replicates": 2, "controls": [], "record": {}}[key]
    with pytest.raises(ExperimentError, match=key):
        read(tiny(conditions={"c": {key: value}}))
    with pytest.raises(ExperimentError, match=key):
        read(tiny(sweep={key: [1]}))


def test_conditions_may_mend_what_the_base_alone_could_not_run(
    tiny: Callable[..., dict[str, Any]], table: Callable[..., Path]
) -> None:
    table("one.csv")
    few = tiny(
        population={"size": 12, "beliefs_per_agent": 50},
        conditions={"a": {"population.beliefs_per_agent": 4}},
    )
    assert design(read(few)).variants[0].spec.population.beliefs_per_agent == 4
    pathless = tiny(landscape={"kind": "table"}, conditions={"a": {"landscape.path": "one.csv"}})
    assert design(read(pathless)).variants[0].spec.landscape.size == 40


# ------------------------------------------------------------ tables


def test_relative_table_paths_are_relative_to_the_file(
    tiny: Callable[..., dict[str, Any]],
    write: Callable[[str, Any], Path],
    table: Callable[..., Path],
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("beliefs.csv", "other.csv", "third.csv"):
        table(f"deep/{name}")
    raw = tiny(
        landscape={"kind": "table", "path": "beliefs.csv"},
        conditions={
            "base": {},
            "path": {"landscape.path": "./other.csv"},
            "block": {"landscape": {"kind": "table", "path": "../deep/third.csv"}},
        },
    )
    file = write("deep/experiment.yaml", raw)
    (here / "elsewhere").mkdir()
    monkeypatch.chdir(here / "elsewhere")
    found = {v.condition: v.spec.landscape.path for v in design(read(file)).variants}
    expected = {"base": "beliefs.csv", "path": "other.csv", "block": "third.csv"}
    assert {c: Path(p) for c, p in found.items()} == {
        c: here / "deep" / name for c, name in expected.items()
    }


def test_table_paths_of_overrides_are_relative_to_where_one_is(
    tiny: Callable[..., dict[str, Any]],
    write: Callable[[str, Any], Path],
    table: Callable[..., Path],
) -> None:
    mine = table("mine.csv")
    table("deep/theirs.csv")
    file = write("deep/e.yaml", tiny(landscape={"kind": "table", "path": "theirs.csv"}))
    plan = design(read(file, overrides={"landscape.path": "mine.csv"}))
    assert Path(plan.variants[0].spec.landscape.path) == mine


# ------------------------------------------------------------ where experiments come from


def test_an_experiment_comes_from_a_name_a_file_data_or_an_experiment(
    tiny: Callable[..., dict[str, Any]], write: Callable[[str, Any], Path]
) -> None:
    file = write("mine.yaml", tiny())
    experiment = read(file)
    assert design(read(str(file))) == design(experiment)
    assert design(read(tiny())) == design(experiment)
    assert design(read(experiment)) == design(experiment)
    assert design(read(experiment, seed=9, replicates=3)).size == 3
    assert read("eicher2026-scenarios").name == "eicher2026-scenarios"


def test_the_name_defaults_to_the_file(
    tiny: Callable[..., dict[str, Any]], write: Callable[[str, Any], Path]
) -> None:
    raw = tiny()
    del raw["name"]
    assert read(write("strong-oversight.yaml", raw)).name == "strong-oversight"
