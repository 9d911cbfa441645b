"""Errors of wrong parameters, and paths into the parameters.

An error is one line: the dotted path that a person would type, what is allowed,
and what came.
"""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

from peckham.agents import ModelSpec, PopulationModel, SpecError, resolve
from peckham.agents.parameters.paths import PathError, replaced, value_at

CLUSTER = {"name": "A", "share": 1.0}
TEST = {"kind": "adaptive_test"}


def cluster(**parameters: object) -> dict[str, Any]:
    """Return a spec with one cluster of these parameters besides the required ones."""
    return {"landscape": {"clusters": [{**CLUSTER, **parameters}]}}


def adaptive(**parameters: object) -> dict[str, Any]:
    """Return a spec with an adaptive test of these parameters."""
    return {"interventions": [{**TEST, **parameters}]}


def refusal(raw: dict[str, Any]) -> SpecError:
    """Return the error with which a spec is refused."""
    before = copy.deepcopy(raw)
    with pytest.raises(SpecError) as error:
        resolve(raw)
    assert raw == before
    assert "\n" not in str(error.value)
    assert str(error.value) == f"{error.value.path}: {str(error.value).split(': ', 1)[1]}"
    return error.value


# ------------------------------------------------------------ unknown names

UNKNOWN_KEYS = [
    ({"selektion": {}}, "selektion", "selection"),
    ({"generation": 5}, "generation", "generations"),
    ({"selection": {"bta": 1}}, "selection.bta", "beta"),
    ({"population": {"siez": 1}}, "population.siez", "size"),
    ({"population": {"capability": {"maen": 1}}}, "population.capability.maen", "mean"),
    ({"landscape": {"belief": 1}}, "landscape.belief", "beliefs"),
    (cluster(sgma_a=1.0), "landscape.clusters.A.sgma_a", "sigma_a"),
    ({"battery": {"kind": "coverage", "coverag": 1}}, "battery.coverag", "coverage"),
    ({"reproduction": {"mutation": 0.1}}, "reproduction.mutation", "mutation_rate"),
    ({"record": {"measure": "all"}}, "record.measure", "measures"),
    ({"oversight": {"levels": 0.0}}, "oversight.levels", "level"),
    ({"deployment": {"shifts": 0.0}}, "deployment.shifts", "shift"),
    (adaptive(intervall=3), "interventions.adaptive_test.intervall", "interval"),
    (adaptive(name="mine", scoredon="value"), "interventions.mine.scoredon", "scored_on"),
    (
        adaptive(when={"measure": "proxy", "over": 1.0}),
        "interventions.adaptive_test.when.over",
        None,
    ),
]


@pytest.mark.parametrize(("raw", "path", "nearest"), UNKNOWN_KEYS, ids=[c[1] for c in UNKNOWN_KEYS])
def test_unknown_key(raw: dict[str, Any], path: str, nearest: str | None) -> None:
    error = refusal(raw)
    assert error.path == path
    assert "unknown key" in str(error)
    if nearest is not None:
        assert f"did you mean '{nearest}'?" in str(error)


def test_key_of_another_kind_is_unknown() -> None:
    error = refusal({"landscape": {"kind": "bivariate", "clusters": [CLUSTER]}})
    assert error.path == "landscape.clusters"
    assert "unknown key" in str(error)
    assert "rho" in str(error)


UNKNOWN_KINDS = [
    ({"landscape": {"kind": "bivariat"}}, "landscape.kind", "bivariate"),
    ({"battery": {"kind": "coverege"}}, "battery.kind", "coverage"),
    ({"selection": {"kind": "soft_max"}}, "selection.kind", "softmax"),
    ({"reproduction": {"proposal": {"kind": "unifrom"}}}, "reproduction.proposal.kind", "uniform"),
    (
        {"interventions": [{"kind": "adaptiv_test"}]},
        "interventions.adaptiv_test.kind",
        "adaptive_test",
    ),
]


@pytest.mark.parametrize(
    ("raw", "path", "nearest"), UNKNOWN_KINDS, ids=[c[1] for c in UNKNOWN_KINDS]
)
def test_unknown_kind(raw: dict[str, Any], path: str, nearest: str) -> None:
    error = refusal(raw)
    assert error.path == path
    assert f"did you mean '{nearest}'?" in str(error)


def test_unknown_kind_lists_those_there_are() -> None:
    for kind in (3, "zzz"):
        message = str(refusal({"battery": {"kind": kind}}))
        assert f"unknown kind {kind!r}" in message
        assert "coverage" in message
        assert "similarity" in message


def test_an_intervention_needs_a_kind() -> None:
    error = refusal({"interventions": [{"interval": 3}]})
    assert error.path == "interventions.0.kind"
    assert "required" in str(error)
    assert "adaptive_test" in str(error)


# ------------------------------------------------------------ types and ranges

WRONG = [
    ({"generations": "9"}, "generations", "whole number", "'9'"),
    ({"generations": 9.0}, "generations", "whole number", "9.0"),
    ({"generations": 0}, "generations", "at least 1", "0"),
    ({"generations": True}, "generations", "whole number", "True"),
    ({"control": "twin"}, "control", "none or neutral", "'twin'"),
    ({"population": 3}, "population", "block", "3"),
    ({"population": {"size": 0}}, "population.size", "at least 1", "0"),
    ({"population": {"schemers": 1.5}}, "population.schemers", "at most 1", "1.5"),
    (
        {"population": {"capability": {"mean": 101}}},
        "population.capability.mean",
        "at most 100",
        "101",
    ),
    ({"population": {"capability": {"sd": -1}}}, "population.capability.sd", "at least 0", "-1"),
    ({"landscape": {"beliefs": 0}}, "landscape.beliefs", "at least 1", "0"),
    ({"landscape": {"kind": "bivariate", "rho": 1.1}}, "landscape.rho", "at most 1", "1.1"),
    (
        {"landscape": {"kind": "bivariate", "sigma_v": -0.1}},
        "landscape.sigma_v",
        "at least 0",
        "-0.1",
    ),
    (cluster(share="much"), "landscape.clusters.A.share", "a number", "'much'"),
    (cluster(rho=-2), "landscape.clusters.A.rho", "at least -1", "-2"),
    (cluster(name="no spaces"), "landscape.clusters.no spaces.name", "letters", "'no spaces'"),
    ({"landscape": {"clusters": []}}, "landscape.clusters", "not empty", "[]"),
    ({"landscape": {"clusters": CLUSTER}}, "landscape.clusters", "list", "'A'"),
    ({"landscape": {"clusters": [3]}}, "landscape.clusters.0", "block", "3"),
    ({"battery": {"questions": 7.5}}, "battery.questions", "whole number", "7.5"),
    ({"battery": {"density": float("nan")}}, "battery.density", "finite", "nan"),
    ({"battery": {"kind": "similarity", "scale": float("inf")}}, "battery.scale", "finite", "inf"),
    ({"selection": {"beta": -1}}, "selection.beta", "at least 0", "-1"),
    ({"selection": {"beta": "5"}}, "selection.beta", "a number", "'5'"),
    ({"reproduction": {"mutation_rate": 2}}, "reproduction.mutation_rate", "at most 1", "2"),
    ({"deployment": {"shift": -1.0}}, "deployment.shift", "at least 0", "-1.0"),
    ({"record": {"prevalence": 0}}, "record.prevalence", "above 0", "0"),
    ({"record": {"measures": "most"}}, "record.measures", "all, published or a list", "'most'"),
    ({"record": {"measures": [3]}}, "record.measures", "all, published or a list", "[3]"),
    ({"interventions": TEST}, "interventions", "list", "adaptive_test"),
    ({"interventions": ["adaptive_test"]}, "interventions.0", "block", "'adaptive_test'"),
    (adaptive(interval=0), "interventions.adaptive_test.interval", "at least 1", "0"),
    (
        adaptive(scored_on="both"),
        "interventions.adaptive_test.scored_on",
        "signal or value",
        "'both'",
    ),
    (adaptive(at=4), "interventions.adaptive_test.at", "list", "4"),
]


@pytest.mark.parametrize(
    ("raw", "path", "allowed", "got"), WRONG, ids=[f"{c[1]}-{c[3]}" for c in WRONG]
)
def test_wrong_value(raw: dict[str, Any], path: str, allowed: str, got: str) -> None:
    error = refusal(raw)
    assert error.path == path
    assert allowed in str(error)
    assert got in str(error)


@pytest.mark.parametrize("block", ["landscape", "battery", "selection"])
@pytest.mark.parametrize("wrong", ["softmax", 3, ["a"]], ids=str)
def test_a_part_that_is_no_block(block: str, wrong: object) -> None:
    """As when somebody writes ``selection: softmax`` instead of a block with a kind."""
    error = refusal({block: wrong})
    assert error.path == block
    assert "block" in str(error)
    assert repr(wrong) in str(error)


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ({"battery": {"kind": "simple", "simple": {"questions": 3}}}, "battery.simple"),
        ({"landscape": {"clustered": {"beliefs": 60}}}, "landscape.clustered"),
        (adaptive(adaptive_test=1), "interventions.adaptive_test.adaptive_test"),
    ],
    ids=["battery", "landscape", "interventions"],
)
def test_a_key_that_is_called_like_its_kind(raw: dict[str, Any], path: str) -> None:
    error = refusal(raw)
    assert error.path == path
    assert "unknown key" in str(error)
    assert "known: kind" in str(error)


def test_both_bounds_are_named() -> None:
    for raw in ({"population": {"schemers": -1}}, {"population": {"schemers": 7}}):
        message = str(refusal(raw))
        assert "at least 0" in message
        assert "at most 1" in message


def test_several_errors_are_counted() -> None:
    message = str(refusal({"selection": {"beta": -1}, "generations": 0, "landscape": {"x": 1}}))
    assert "(and 2 more)" in message


# ------------------------------------------------------------ what does not fit together


def test_more_genes_than_beliefs() -> None:
    error = refusal({"population": {"beliefs_per_agent": 31}, "landscape": {"beliefs": 30}})
    assert error.path == "population.beliefs_per_agent"
    assert "at most landscape.beliefs, 30" in str(error)
    assert "got 31" in str(error)
    resolve({"population": {"beliefs_per_agent": 30}, "landscape": {"beliefs": 30}})


@pytest.mark.parametrize("shares", [(0.0,), (0.0, 0.0)])
def test_shares_that_sum_to_zero(shares: tuple[float, ...]) -> None:
    clusters = [{"name": chr(65 + i), "share": share} for i, share in enumerate(shares)]
    error = refusal({"landscape": {"clusters": clusters}})
    assert error.path == "landscape.clusters"
    assert "zero" in str(error)


def test_two_clusters_of_one_name() -> None:
    error = refusal({"landscape": {"clusters": [CLUSTER, {**CLUSTER, "mu_v": 1.0}]}})
    assert error.path == "landscape.clusters"
    assert "'A' stands twice" in str(error)


def test_two_interventions_of_one_name() -> None:
    error = refusal({"interventions": [TEST, {**TEST, "interval": 3}]})
    assert error.path == "interventions.adaptive_test"
    assert "stands twice" in str(error)
    resolve({"interventions": [TEST, {**TEST, "name": "second"}]})


def test_agents_recorded_after_the_end() -> None:
    error = refusal({"generations": 5, "record": {"agents_at": [0, 5]}})
    assert error.path == "record.agents_at"
    assert "below generations, 5, got 5" in str(error)


def test_unknown_measure() -> None:
    error = refusal({"record": {"measures": ["proxy", "true_valu"]}})
    assert error.path == "record.measures"
    assert "did you mean 'true_value'?" in str(error)


@pytest.mark.parametrize("measure", ["proksi", "share_Nobody", "true_value"])
def test_trigger_on_what_is_not_recorded(measure: str) -> None:
    """Unknown, not of this landscape, or not selected."""
    raw = adaptive(when={"measure": measure, "above": 0.0})
    error = refusal(
        {**raw, "record": {"measures": ["proxy"] if measure == "true_value" else "all"}}
    )
    assert error.path == "interventions.adaptive_test.when.measure"
    assert repr(measure) in str(error)


def test_fewer_questions_than_there_are_at_first() -> None:
    error = refusal({**adaptive(max_questions=9), "battery": {"questions": 10}})
    assert error.path == "interventions.adaptive_test.max_questions"
    assert "at least battery.questions, 10, got 9" in str(error)


SCHEDULES = [
    ({"interval": 3, "at": [1]}, "interventions.adaptive_test", "one schedule"),
    ({"interval": None}, "interventions.adaptive_test", "one schedule"),
    ({"at": [1], "start": 1}, "interventions.adaptive_test", "start"),
    ({"when": {"measure": "proxy"}}, "interventions.adaptive_test.when", "above or below"),
    (
        {"when": {"measure": "proxy", "above": 0.0, "below": 1.0}},
        "interventions.adaptive_test.when",
        "above or below",
    ),
    ({"when": {"above": 0.0}}, "interventions.adaptive_test.when.measure", "required"),
]


@pytest.mark.parametrize(("schedule", "path", "words"), SCHEDULES)
def test_wrong_schedule(schedule: dict[str, Any], path: str, words: str) -> None:
    error = refusal(adaptive(**schedule))
    assert error.path == path
    assert words in str(error)


def attempt(raw: dict[str, Any]) -> tuple[ModelSpec | None, SpecError | None]:
    """Return the resolved spec, or the error with which it is refused."""
    try:
        return resolve(raw), None
    except SpecError as error:
        return None, error


ACTED_UPON = [
    ("population.schemers", 0.9, {}),
    ("population.capability", {"mean": 20.0, "sd": 1.0}, {}),
    ("reproduction.recombination_rate", 0.5, {}),
    ("reproduction.capability_drift", 1.0, {}),
    ("reproduction.capability_sd", 1.0, {}),
    ("reproduction.strategy_flip_rate", 0.1, {}),
    ("conduct.kind", "innate", {}),
    ("conduct.horizon", False, {}),
    ("conduct.threat_ends", False, {}),
    ("conduct.aware_from", 50.0, {}),
    ("conduct.episodes", "sampled", {}),
    ("conduct.allele_assortment", 0.5, {}),
    ("oversight.level", 0.9, {}),
    ("oversight.deterrence", 0.9, {}),
    ("oversight.transparency", 0.9, {}),
    ("oversight.audit", 0.9, {}),
    ("oversight.deployment", 0.9, {}),
    ("oversight.sensitivity", 0.1, {}),
    ("oversight.false_positive_rate", 0.5, {}),
    ("oversight.penalty", 4.0, {}),
    ("oversight.sanction", "removal", {"conduct": {"episodes": "sampled"}}),
    ("oversight.scaling", "proportional", {}),
    ("oversight.scaling", {"kind": "budget", "audits": 2}, {}),
    ("deployment.pressure", 2.0, {"deployment": {"shift": 0.5}}),
    ("deployment.shift", 0.5, {}),
    ("deployment.noise", 0.1, {}),
    ("deployment.offset", 0.1, {}),
    ("population.alignment", {"mean": 0.9, "sd": 0.1}, {"population": {"beliefs_per_agent": 0}}),
    ("reproduction.alignment_sd", 0.2, {"population": {"beliefs_per_agent": 0}}),
]
"""Parameters, a value other than their default, and what else they need to matter."""


@pytest.mark.parametrize(("path", "value", "beside"), ACTED_UPON)
def test_parameter_is_acted_upon(path: str, value: object, beside: dict[str, Any]) -> None:
    tree = resolve(beside).model_dump()
    default = value_at(tree, path)
    settings = {"generations": 6, "population.size": 30, "landscape.beliefs": 100}
    for at, given in {**settings, "record.agents_at": [0, 5]}.items():
        tree = replaced(tree, at, given)
    if path != "oversight.level":
        tree = replaced(tree, "oversight.level", 0.4)
    found = []
    for given in (value, default):
        model = PopulationModel(replaced(tree, path, given), seed=1).run()
        points = [model.record.snapshots[-1][f"deployment_{axis}"] for axis in ("proxy", "value")]
        found.append((model.log, np.array(points)))
    (log, points), (other_log, other_points) = found
    if path in ("deployment.noise", "deployment.offset"):  # they move the scatter and nothing else
        assert log.equals(other_log)
        assert not np.array_equal(points, other_points)
    else:
        assert not log.equals(other_log)


REFUSED = [
    ({"population": {"alignment": {"mean": 0.5}}}, "population.alignment", "trait population"),
    ({"reproduction": {"alignment_sd": 0.1}}, "reproduction.alignment_sd", "trait population"),
    (
        {"oversight": {"sanction": "removal"}, "selection": {"kind": "fermi"}},
        "oversight.sanction",
        "conduct.episodes",
    ),
    (
        {"interventions": [{"kind": "responsive_oversight"}]},
        "interventions.responsive_oversight",
        "would do nothing",
    ),
    (
        {"interventions": [{"kind": "set", "path": "selection.beta", "value": -1, "at": [1]}]},
        "interventions.set.value",
        "selection.beta: must be at least 0, got -1",
    ),
    (
        {"interventions": [{"kind": "set", "path": "selection.bta", "value": 1.0, "at": [1]}]},
        "interventions.set.value",
        "did you mean 'beta'",
    ),
    (
        {"interventions": [{"kind": "set", "path": "population.size", "value": 1, "at": [1]}]},
        "interventions.set.path",
        "must be a parameter of oversight, conduct, selection, deployment",
    ),
    ({"oversight": {"scaling": "quadratic"}}, "oversight.scaling.kind", "unknown kind"),
    ({"oversight": {"scaling": {"kind": "budget"}}}, "oversight.scaling.audits", "is required"),
    ({"oversight": {"level": 1.5}}, "oversight.level", "at most 1, got 1.5"),
]
TRAITS_REFUSED = [
    ({"reproduction": {"mutation_rate": 0.1}}, "reproduction.mutation_rate", "alignment_sd"),
    ({"battery": {"held_out": 3}}, "battery.held_out", "needs beliefs"),
    (
        {"interventions": [{"kind": "adaptive_test"}]},
        "interventions.adaptive_test",
        "needs beliefs",
    ),
]


@pytest.mark.parametrize(("raw", "path", "words"), REFUSED)
def test_what_makes_no_sense_is_refused(raw: dict[str, Any], path: str, words: str) -> None:
    error = refusal(raw)
    assert error.path == path
    assert words in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(("raw", "path", "words"), TRAITS_REFUSED)
def test_a_trait_population_has_no_beliefs(raw: dict[str, Any], path: str, words: str) -> None:
    error = refusal({"population": {"beliefs_per_agent": 0}, **raw})
    assert error.path == path
    assert words in str(error)


# ------------------------------------------------------------ the resolved spec


def test_defaults_are_those_of_the_contract() -> None:
    spec = resolve({}).model_dump()
    expected = {
        "generations": 100,
        "population.size": 300,
        "population.beliefs_per_agent": 50,
        "population.capability.mean": 50.0,
        "population.capability.sd": 10.0,
        "population.schemers": 0.5,
        "landscape.kind": "clustered",
        "landscape.beliefs": 3000,
        "landscape.global_correlation": 0.0,
        "landscape.clusters.Benign.mu_v": 0.7,
        "landscape.clusters.Benign.mu_a": 0.7,
        "landscape.clusters.Benign.sigma_v": 0.5,
        "landscape.clusters.Benign.sigma_a": 0.3,
        "landscape.clusters.Benign.rho": 0.0,
        "landscape.clusters.Benign.share": 0.3,
        "battery.kind": "simple",
        "battery.questions": 75,
        "battery.held_out": 0,
        "battery.density": 0.1,
        "selection.kind": "softmax",
        "selection.beta": 5.0,
        "reproduction.mutation_rate": 0.0,
        "reproduction.recombination_rate": 0.0,
        "reproduction.capability_drift": 0.0,
        "reproduction.strategy_flip_rate": 0.0,
        "conduct.kind": "allele",
        "conduct.episodes": "expected",
        "conduct.horizon": True,
        "conduct.threat_ends": True,
        "oversight.level": 0.0,
        "oversight.sensitivity": 0.8,
        "oversight.false_positive_rate": 0.05,
        "oversight.penalty": 1.0,
        "deployment.pressure": 1.0,
        "deployment.shift": 0.0,
        "interventions": [],
        "record.measures": "all",
        "record.agents_at": [],
        "record.prevalence": 0.9,
    }
    assert {path: value_at(spec, path) for path in expected} == expected
    tests = resolve({"interventions": [TEST, {"kind": "improving_evaluator"}]}).model_dump()
    expected = {
        "interventions.adaptive_test.interval": 15,
        "interventions.adaptive_test.scored_on": "signal",
        "interventions.improving_evaluator.interval": 20,
        "interventions.improving_evaluator.target": 0.9,
        "interventions.improving_evaluator.rate": 0.05,
        "interventions.improving_evaluator.form": "published",
    }
    assert {path: value_at(tests, path) for path in expected} == expected


def test_resolved_spec_resolves_to_itself_and_pickles() -> None:
    raw = {
        "landscape": {"kind": "bivariate", "beliefs": 80, "rho": -0.5},
        "interventions": [
            {**TEST, "at": [1, 2]},
            {"kind": "improving_evaluator", "name": "better"},
        ],
        "record": {"measures": ["proxy"]},
    }
    spec = resolve(raw)
    assert resolve(spec.model_dump()) == spec
    assert resolve(spec.model_dump(mode="json")) == spec
    assert ModelSpec.model_validate(spec.model_dump()) == spec
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_a_kind_may_be_left_out() -> None:
    assert resolve({"landscape": {"beliefs": 60}}).landscape.kind == "clustered"
    assert resolve({"battery": {}, "selection": {}}) == resolve({})


# ------------------------------------------------------------ paths

TREE: dict[str, Any] = {
    "generations": 5,
    "landscape": {
        "kind": "clustered",
        "clusters": [CLUSTER, {"name": "B", "share": 2.0, "rho": 0.5}],
    },
    "battery": {"kind": "coverage", "questions": 20, "density": 0.1, "coverage": 0.3},
    "interventions": [
        {"kind": "adaptive_test", "interval": 5, "start": 2},
        {"kind": "adaptive_test", "name": "late", "at": [3]},
    ],
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("generations", 5),
        ("landscape", TREE["landscape"]),
        ("landscape.clusters.B.share", 2.0),
        ("landscape.clusters.B", TREE["landscape"]["clusters"][1]),
        ("interventions.adaptive_test.interval", 5),
        ("interventions.late.at", [3]),
        ("interventions.late.interval", None),
        ("landscape.clusters.C.share", None),
        ("selection.beta", None),
        ("generations.deeper", None),
    ],
)
def test_value_at(path: str, value: object) -> None:
    assert value_at(TREE, path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("generations", 7),
        ("landscape.beliefs", 60),
        ("landscape.clusters.B.share", 0.25),
        ("landscape.clusters.A.rho", 0.9),
        ("interventions.late.at", [1, 2]),
        ("interventions.adaptive_test.scored_on", "value"),
        ("selection.beta", 2.0),
        ("population.capability.mean", 20.0),
        ("record.agents_at", [0]),
    ],
)
def test_replaced_changes_what_stands_there_and_nothing_else(path: str, value: Any) -> None:
    before = copy.deepcopy(TREE)
    after = replaced(TREE, path, value)
    assert before == TREE
    assert value_at(after, path) == value
    old, new = (resolve(tree).model_dump() for tree in (TREE, after))
    assert value_at(new, path) == value
    assert old != new
    assert resolve(replaced(new, path, value_at(old, path))) == resolve(TREE)


def test_a_value_replaces_blocks_and_lists_whole() -> None:
    clusters = [{"name": "C", "share": 1.0}]
    after = replaced(TREE, "landscape.clusters", clusters)
    assert value_at(after, "landscape.clusters") == clusters
    assert value_at(replaced(TREE, "battery", {"questions": 3}), "battery") == {"questions": 3}
    one = {"kind": "improving_evaluator"}
    after = replaced(TREE, "interventions.late", one)
    assert after["interventions"] == [TREE["interventions"][0], one]


def test_a_replaced_value_is_a_copy() -> None:
    generations = [1, 2]
    after = replaced(TREE, "interventions.late.at", generations)
    generations.append(3)
    assert value_at(after, "interventions.late.at") == [1, 2]


def test_a_list_that_was_left_out_has_its_default_items() -> None:
    after = replaced({}, "landscape.clusters.Deceptive.share", 0.1)
    spec = resolve(after)
    assert [cluster.share for cluster in spec.landscape.clusters] == [0.3, 0.4, 0.1]
    assert [cluster.mu_v for cluster in spec.landscape.clusters] == [0.7, 0.1, -0.7]


@pytest.mark.parametrize(
    ("tree", "path", "words"),
    [
        (TREE, "landscape.clusters.Nobody.share", "no item named 'Nobody'"),
        (TREE, "landscape.clusters.Nobody", "no item named 'Nobody'"),
        (TREE, "interventions.0.interval", "no item named '0'"),
        (TREE, "interventions.improving_evaluator.rate", "there: adaptive_test, late"),
        (TREE, "generations.deeper", "generations is not a block"),
        ({"interventions": []}, "interventions.adaptive_test.interval", "there: none"),
        ({}, "interventions.adaptive_test.interval", "there: none"),
    ],
)
def test_a_path_that_leads_nowhere(tree: dict[str, Any], path: str, words: str) -> None:
    with pytest.raises(PathError, match=words) as error:
        replaced(tree, path, 1)
    assert "\n" not in str(error.value)


# ------------------------------------------------------------ another kind


def test_another_kind_keeps_what_both_have() -> None:
    after = replaced(TREE, "battery.kind", "correlated")
    assert resolve(after).battery.model_dump() == {
        "kind": "correlated",
        "questions": 20,
        "held_out": 0,
        "density": 0.1,
        "correlation": 0.5,
    }
    changed = replaced(replaced(TREE, "battery.density", 0.4), "battery.kind", "simple")
    assert resolve(changed).battery.model_dump() == {
        "kind": "simple",
        "questions": 20,
        "held_out": 0,
        "density": 0.4,
    }


def test_another_kind_from_a_resolved_spec() -> None:
    """Every default is written out in it; none of the old kind's stands in the way."""
    full = resolve({"landscape": {"beliefs": 400}}).model_dump()
    after = resolve(replaced(full, "landscape.kind", "bivariate"))
    assert after == resolve({"landscape": {"kind": "bivariate", "beliefs": 400}})
    back = resolve(replaced(after.model_dump(), "landscape.kind", "clustered"))
    assert back == resolve({"landscape": {"beliefs": 400}})


def test_another_kind_where_none_stood() -> None:
    assert resolve(replaced({}, "landscape.kind", "bivariate")).landscape.kind == "bivariate"
    given = {"landscape": {"clusters": [CLUSTER], "beliefs": 60}}
    after = resolve(replaced(given, "landscape.kind", "bivariate"))
    assert after == resolve({"landscape": {"kind": "bivariate", "beliefs": 60}})


def test_the_same_kind_changes_nothing() -> None:
    assert replaced(TREE, "battery.kind", "coverage") == TREE


def test_an_unknown_kind_is_left_to_the_validation() -> None:
    with pytest.raises(SpecError, match=r"^battery\.kind: unknown kind 'coverag'"):
        resolve(replaced(TREE, "battery.kind", "coverag"))


@pytest.mark.parametrize("wrong", [["coverage"], {"coverage": 1}, 3, None], ids=str)
def test_a_kind_that_is_no_text_is_left_to_the_validation(wrong: object) -> None:
    with pytest.raises(SpecError, match=r"^battery\.kind: "):
        resolve(replaced(TREE, "battery.kind", wrong))


@pytest.mark.parametrize("path", ["battery.density", "battery.kind"])
def test_a_path_into_a_block_whose_kind_is_no_text(path: str) -> None:
    tree = {"battery": {"kind": ["coverage"], "density": 0.2}}
    assert value_at(replaced(tree, path, "simple"), path) == "simple"


def test_another_kind_of_a_named_intervention() -> None:
    full = resolve(TREE).model_dump()
    after = resolve(replaced(full, "interventions.late.kind", "improving_evaluator"))
    assert after.interventions[1].model_dump(exclude_none=True) == {
        "kind": "improving_evaluator",
        "name": "late",
        "at": [3],
        "target": 0.9,
        "rate": 0.05,
        "form": "published",
    }
    assert after.interventions[0] == resolve(TREE).interventions[0]


def test_another_kind_takes_its_own_name_and_interval() -> None:
    full = resolve({"interventions": [TEST]}).model_dump()
    after = resolve(replaced(full, "interventions.adaptive_test.kind", "improving_evaluator"))
    assert after == resolve({"interventions": [{"kind": "improving_evaluator"}]})


# ------------------------------------------------------------ alternatives

WHEN = {"measure": "proxy", "above": 0.5}


@pytest.mark.parametrize("resolved_first", [False, True])
@pytest.mark.parametrize(
    ("item", "key", "value"),
    [
        ("adaptive_test", "at", [1]),
        ("adaptive_test", "when", WHEN),
        ("late", "interval", 4),
        ("late", "when", WHEN),
    ],
)
def test_one_schedule_takes_the_place_of_another(
    item: str, key: str, value: object, resolved_first: bool
) -> None:
    tree = resolve(TREE).model_dump() if resolved_first else TREE
    path = f"interventions.{item}.{key}"
    after = resolve(replaced(tree, path, value)).model_dump()
    for other in {"interval", "at", "when"} - {key}:
        assert value_at(after, f"interventions.{item}.{other}") is None
    assert value_at(after, path) == ({**WHEN, "below": None} if key == "when" else value)


def test_another_interval_keeps_the_start() -> None:
    after = resolve(replaced(TREE, "interventions.adaptive_test.interval", 3))
    assert after.interventions[0].start == 2


def test_one_line_takes_the_place_of_the_other() -> None:
    tree = replaced(TREE, "interventions.late.when", WHEN)
    after = resolve(replaced(tree, "interventions.late.when.below", 0.1)).interventions[1]
    assert after.when is not None
    assert (after.when.above, after.when.below) == (None, 0.1)


# ------------------------------------------------------------ values from Python


def test_numbers_of_numpy() -> None:
    """A float of numpy is a float; other values of numpy are refused, never misread."""
    assert resolve({"selection": {"beta": np.float64(2.5)}}).selection.beta == 2.5
    spec, error = attempt({"population": {"size": np.int64(60)}})
    if error is not None:
        assert error.path == "population.size"
    else:
        assert spec.population.size == 60
