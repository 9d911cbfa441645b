"""What changes during a run, who may reproduce, and what the check of limits makes of it.

The check has a family-wise error rate of 0.01 per folder, and the seeds are fixed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import resolve
from peckham.analysis import check, fixation
from peckham.analysis.course import course
from peckham.analysis.limits import too_few
from peckham.analysis.limits.limit import mean_limit
from peckham.analysis.neutral import allele_drifts, drift_of, heterozygosity_drifts, is_neutral
from peckham.experiments import run

SMALL: dict[str, Any] = {
    "generations": 12,
    "population": {"size": 10, "beliefs_per_agent": 3},
    "landscape": {"kind": "clustered", "beliefs": 40},
    "battery": {"questions": 6},
}
FLAT = {"selection": {"kind": "softmax", "beta": 0.0}}
REMOVING = {"oversight": {"level": 0.8, "sanction": "removal"}, "conduct": {"episodes": "sampled"}}


def setting(path: str, value: object, name: str = "set", **schedule: object) -> dict[str, Any]:
    return {"kind": "set", "name": name, "path": path, "value": value, **(schedule or {"at": [3]})}


def spec_of(*interventions: dict[str, Any], **blocks: Any) -> ModelSpec:
    return resolve({**SMALL, **blocks, "interventions": list(interventions)})


TRIGGER = {"when": {"measure": "proxy", "above": 5.0}}

# ------------------------------------------------------------ the course


def betas(spec: ModelSpec) -> list[float]:
    found = course(spec)
    assert found is not None
    return [getattr(each.selection, "beta", np.nan) for each in found]


@pytest.mark.parametrize(
    ("interventions", "expected"),
    [
        ([], [0.0]),
        ([setting("selection.beta", 8.0)], [0.0, 8.0]),
        ([setting("selection.beta", 8.0, at=[12])], [0.0]),  # after the last generation
        ([setting("selection.beta", 8.0, interval=4)], [0.0, 8.0]),
        ([setting("selection.beta", 8.0, **TRIGGER)], [0.0, 8.0]),
        ([setting("selection.beta", 8.0), setting("selection.beta", 0.0, "back")], [0.0, 8.0]),
        (
            [setting("selection.beta", 8.0, at=[5]), setting("selection.beta", 2.0, "b", at=[1])],
            [0.0, 2.0, 8.0],
        ),
        ([setting("oversight.level", 0.5)], [0.0, 0.0]),
        ([{"kind": "adaptive_test"}, {"kind": "improving_evaluator"}], [0.0]),
    ],
)
def test_the_course_has_all_that_may_be_in_force(
    interventions: list[dict[str, Any]], expected: list[float]
) -> None:
    assert betas(spec_of(*interventions, **FLAT)) == expected


def test_triggers_may_fire_in_any_order() -> None:
    parts = [setting("selection.beta", float(k), f"b{k}", **TRIGGER) for k in (1, 2)] + [
        setting("oversight.level", 0.5, "o", **TRIGGER)
    ]
    found = course(spec_of(*parts, **FLAT))
    assert found is not None
    pairs = {(each.selection.beta, each.oversight.level) for each in found}  # type: ignore[attr-defined]
    assert pairs == {(b, o) for b in (0.0, 1.0, 2.0) for o in (0.0, 0.5)}


def test_too_many_triggers_make_it_unknown() -> None:
    blocks = (
        "deterrence",
        "transparency",
        "audit",
        "deployment",
        "sensitivity",
        "penalty",
        "level",
    )
    parts = [setting(f"oversight.{block}", 0.3, block, **TRIGGER) for block in blocks]
    spec = spec_of(*parts, **FLAT)
    assert course(spec) is None
    assert not is_neutral(spec)
    assert drift_of(spec) is None


# ------------------------------------------------------------ what is neutral drift


@pytest.mark.parametrize(
    ("blocks", "interventions", "neutral"),
    [
        (FLAT, [], True),
        (FLAT, [setting("selection.beta", 8.0)], False),
        (FLAT, [setting("selection.beta", 8.0, **TRIGGER)], False),
        (FLAT, [setting("selection.beta", 8.0, at=[12])], True),
        (FLAT, [setting("oversight.level", 0.5)], True),
        (FLAT, [{"kind": "adaptive_test"}], True),
        (FLAT | REMOVING, [], False),
        ({"selection": {"kind": "neutral"}, **REMOVING}, [], False),
        ({"selection": {"kind": "tournament", "entrants": 1}, **REMOVING}, [], False),
        ({"selection": {"kind": "moran", "beta": 0.0}, **REMOVING}, [], False),
        ({**FLAT, **REMOVING, "oversight": {"level": 0.0, "sanction": "removal"}}, [], True),
        (
            {**FLAT, **REMOVING, "oversight": {"level": 0.0, "sanction": "removal"}},
            [setting("oversight.level", 0.8)],
            False,
        ),
        (
            {**FLAT, **REMOVING, "oversight": {"level": 0.5}},
            [setting("oversight.sanction", "removal")],
            False,
        ),
        (FLAT | {"oversight": {"level": 0.5}}, [{"kind": "responsive_oversight"}], True),
        ({"control": "neutral", **REMOVING}, [setting("selection.beta", 8.0)], True),
    ],
)
def test_neutral_means_in_every_generation_and_for_every_agent(
    blocks: dict[str, Any], interventions: list[dict[str, Any]], neutral: bool
) -> None:
    assert is_neutral(spec_of(*interventions, **blocks)) is neutral


@pytest.mark.parametrize(
    ("rule", "changed", "known"),
    [
        ({"kind": "softmax", "beta": 0.0}, ("selection.beta", 8.0), True),
        ({"kind": "softmax", "beta": 0.0}, ("selection.kind", "neutral"), True),
        ({"kind": "softmax", "beta": 0.0}, ("selection.kind", "moran"), False),
        ({"kind": "truncation", "share": 0.5}, ("selection.share", 0.2), False),
        ({"kind": "truncation", "share": 0.5}, ("selection.share", 0.51), True),
        ({"kind": "truncation", "share": 1.0}, ("selection.kind", "neutral"), True),
    ],
)
def test_drift_is_known_while_the_rule_keeps_its_drift(
    rule: dict[str, Any], changed: tuple[str, Any], known: bool
) -> None:
    spec = spec_of(setting(*changed), selection=rule, control="neutral")
    assert (drift_of(spec) is not None) is known


def test_assortment_may_begin_in_mid_run() -> None:
    assorts = setting("conduct.allele_assortment", 0.5)
    truncation = {"selection": {"kind": "truncation", "share": 0.5}, "control": "neutral"}
    assert allele_drifts(spec_of(**truncation))
    assert not allele_drifts(spec_of(assorts, **truncation))
    assert allele_drifts(spec_of(assorts, **FLAT))


def test_agents_without_beliefs_have_no_belief_diversity() -> None:
    assert heterozygosity_drifts(spec_of(**FLAT))
    traits = {"size": 10, "beliefs_per_agent": 0}
    assert not heterozygosity_drifts(spec_of(**FLAT, population=traits))


# ------------------------------------------------------------ the check of a folder

NEUTRAL = "founders left|effective founders|heterozygosity|schemers in|fixed by the end"
"""Limits of neutral drift."""


def neutral_limits(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["limit"].fillna("").str.contains(NEUTRAL)]


def test_selection_that_begins_in_mid_run_is_no_drift(tmp_path: Path) -> None:
    """Its neutral twin still is: selection does not see fitness there."""
    spec = {
        **SMALL,
        **FLAT,
        "replicates": 60,
        "controls": ["neutral"],
        "interventions": [setting("selection.beta", 8.0)],
    }
    table = check(run(spec, out=tmp_path / "out"))
    assert "disagrees" not in set(table["verdict"])
    assert set(neutral_limits(table)["control"]) == {"neutral"}


def test_removal_is_no_drift_among_all(tmp_path: Path) -> None:
    """The removed have no children, so fewer than N agents are parents and drift is faster."""
    spec = {
        **SMALL,
        "replicates": 60,
        "population": {**SMALL["population"], "schemers": 1.0},
        "selection": {"kind": "neutral"},
        **REMOVING,
    }
    folder = run(spec, out=tmp_path / "out")
    table = check(folder)
    assert "disagrees" not in set(table["verdict"])
    assert neutral_limits(table).empty


def test_a_trait_population_is_told_nothing_of_beliefs(tmp_path: Path) -> None:
    spec = {
        **SMALL,
        "replicates": 2,
        "controls": ["neutral"],
        "population": {"size": 10, "beliefs_per_agent": 0},
    }
    limits = check(run(spec, out=tmp_path / "out"))["limit"].dropna()
    assert not limits.str.contains("belief|heterozygosity|deceptive").any()
    assert limits.str.contains("founders left").any()


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("beta", [2.0, 1e3, 1e5, 1e300])
def test_clones_under_any_selection(beta: float, tmp_path: Path) -> None:
    """Whoever is fitter fixes at once if β is large; the chain says so too."""
    spec = {
        **SMALL,
        "replicates": 4,
        "population": {
            "size": 10,
            "beliefs_per_agent": 0,
            "alignment": {"mean": -0.5, "sd": 0.0},
            "capability": {"mean": 50.0, "sd": 0.0},
        },
        "selection": {"kind": "softmax", "beta": beta},
        "oversight": {"level": 0.5},
    }
    folder = run(spec, out=tmp_path / "out")
    table = check(folder).set_index("limit")
    row = table.loc["schemer allele of clones fixed by the end"]
    assert row["verdict"] != "disagrees"
    if beta > 100:
        assert row["expected"] == pytest.approx(round(row["expected"]), abs=1e-12)
        assert row["observed"] == pytest.approx(row["expected"], abs=1e-12)
    assert len(fixation(folder, "schemer")) == 1


# ------------------------------------------------------------ how many replicates would do


@pytest.mark.parametrize(
    ("unsettled", "needed"), [(1.0, 30), (0.3, 100), (0.29, 104), (1e-12, np.inf)]
)
def test_the_number_needed_is_the_number_that_does(unsettled: float, needed: float) -> None:
    sample = np.random.default_rng(1).normal(size=200)
    found = mean_limit("x", sample, 0.0, unsettled)
    assert found.needed == needed
    if np.isfinite(needed):
        enough = mean_limit("x", sample[: int(needed)], 0.0, unsettled)
        short = mean_limit("x", sample[: int(needed) - 1], 0.0, unsettled)
        assert not np.isnan(enough.p)
        assert np.isnan(short.p)
    else:
        assert np.isnan(found.p)


def test_too_few_are_counted_by_limit(tmp_path: Path) -> None:
    spec = {
        **SMALL,
        "replicates": 2,
        "controls": ["neutral"],
        "sweep": {"selection.beta": [1.0, 2.0, 3.0], "population.size": [10, 12]},
    }
    table = check(run(spec, out=tmp_path / "out"))
    few = too_few(table)
    assert few["kinds"].sum() == (table["verdict"] == "too few").sum()
    assert len(few) < len(table) / 4
    assert few["limit"].is_unique
    row = few.set_index("limit").loc["founders left in generation 1"]
    assert (row["kinds"], row["replicates"], row["never"]) == (6, 2, 0)
    # with 10 agents, one founder is left after a generation with probability 1e-9
    assert row["needed"] == 30
