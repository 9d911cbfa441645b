"""Sweeps: grids crossed with conditions, and the value in force in every row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peckham.analysis import load
from peckham.experiments import ExperimentError, read, run
from peckham.experiments.design import design

Tiny = Callable[..., dict[str, Any]]


def keys(raw: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return condition and swept values of every kind of run."""
    return [(v.condition, *v.swept.values()) for v in design(read(raw)).variants]


def test_a_grid_is_the_product_of_its_lists(tiny: Tiny) -> None:
    raw = tiny(sweep={"selection.beta": [0.0, 5.0], "population.size": [10, 20, 30]})
    expected = [("base", beta, size) for beta in (0.0, 5.0) for size in (10, 20, 30)]
    assert sorted(keys(raw)) == expected
    for variant in design(read(raw)).variants:
        assert variant.spec.selection.beta == variant.swept["selection.beta"]
        assert variant.spec.population.size == variant.swept["population.size"]


def test_grids_are_crossed_with_conditions_not_with_each_other(tiny: Tiny) -> None:
    raw = tiny(
        conditions={"a": {}, "b": {"reproduction.mutation_rate": 0.1}},
        sweep=[{"selection.beta": [1.0, 2.0]}, {"battery.questions": [7, 8]}],
    )
    expected = [
        (condition, *point)
        for condition in "ab"
        for point in ((1.0, 6), (2.0, 6), (3.0, 7), (3.0, 8))  # 3.0 and 6 are the base's
    ]
    assert sorted(keys(raw)) == expected


def test_a_point_that_grids_share_is_run_once(tiny: Tiny) -> None:
    raw = tiny(
        sweep=[
            {"selection.beta": [1.0, 3.0]},  # 3.0 is the base's, so this is the base's point
            {"battery.questions": [6, 7]},  # and so is 6
            {"selection.beta": [1.0], "battery.questions": [6, 7]},
        ]
    )
    found = keys(raw)
    assert sorted(found) == [("base", 1.0, 6), ("base", 1.0, 7), ("base", 3.0, 6), ("base", 3.0, 7)]


def test_shared_points_are_run_once_for_each_condition_and_control(tiny: Tiny) -> None:
    raw = tiny(
        controls=["neutral"],
        conditions={"a": {}, "b": {}},
        sweep=[{"selection.beta": [3.0]}, {"battery.questions": [6]}],
    )
    plan = design(read(raw))
    assert sorted((v.condition, v.control) for v in plan.variants) == [
        ("a", "neutral"),
        ("a", "none"),
        ("b", "neutral"),
        ("b", "none"),
    ]
    assert plan.size == 8


def test_one_is_one_as_an_integer_and_as_a_real_number(tiny: Tiny) -> None:
    assert keys(tiny(sweep=[{"selection.beta": [1]}, {"selection.beta": [1.0]}])) == [("base", 1.0)]


def test_the_value_in_force_is_the_conditions_where_the_grid_leaves_it(tiny: Tiny) -> None:
    raw = tiny(
        conditions={"a": {}, "b": {"selection.beta": 9.0}},
        sweep=[{"selection.beta": [1.0]}, {"battery.questions": [7]}],
    )
    assert sorted(keys(raw)) == [("a", 1.0, 6), ("a", 3.0, 7), ("b", 1.0, 6), ("b", 9.0, 7)]


def test_items_of_lists_can_be_swept(tiny: Tiny) -> None:
    raw = tiny(
        interventions=[{"kind": "adaptive_test"}],
        sweep={
            "landscape.clusters.Deceptive.share": [0.1, 0.3],
            "interventions.adaptive_test.interval": [2],
        },
    )
    for variant in design(read(raw)).variants:
        share = variant.swept["landscape.clusters.Deceptive.share"]
        assert variant.spec.landscape.clusters[2].share == share
        assert variant.spec.interventions[0].interval == 2
    assert {key[1] for key in keys(raw)} == {0.1, 0.3}


def test_kinds_can_be_swept(tiny: Tiny) -> None:
    raw = tiny(sweep={"landscape.kind": ["bivariate", "clustered"]})
    variants = design(read(raw)).variants
    assert [v.spec.landscape.kind for v in variants] == ["bivariate", "clustered"]
    assert all(v.spec.landscape.size == 40 for v in variants)


def test_every_row_of_every_table_has_the_value_in_force(tiny: Tiny, tmp_path: Path) -> None:
    raw = tiny(
        record={"agents_at": [0]},
        conditions={"a": {}, "b": {"landscape": {"kind": "bivariate", "beliefs": 40}}},
        sweep=[
            {"selection.beta": [0, 2.5]},
            {"population.size": [10]},
            {"landscape.kind": ["bivariate"]},
        ],
        controls=["neutral"],
    )
    log = load(run(raw, out=tmp_path / "out"))
    plan = design(read(raw))
    assert log.swept == ["selection.beta", "population.size", "landscape.kind"]
    expected = {planned.run: plan.variants[planned.variant] for planned in plan}
    for table in (log.runs, log.generations, log.events, log.agents):
        assert not table.empty
        for _, row in table[log.keys].drop_duplicates().iterrows():
            variant = expected[row["run"]]
            assert row["condition"] == variant.condition
            assert row["control"] == variant.control
            assert {path: row[path] for path in log.swept} == variant.swept
    assert log.runs["selection.beta"].dtype == np.float64
    assert log.runs["population.size"].dtype == np.int64
    assert set(log.runs["landscape.kind"]) == {"clustered", "bivariate"}
    sizes = log.agents.groupby("run")["slot"].nunique()
    assert (sizes == log.runs.set_index("run")["population.size"]).all()


def test_a_path_that_a_kind_of_run_does_not_have_is_null(tiny: Tiny, tmp_path: Path) -> None:
    raw = tiny(sweep=[{"battery.kind": ["similarity"]}, {"battery.density": [0.5]}], replicates=1)
    runs = load(run(raw, out=tmp_path / "out")).runs
    assert runs.loc[runs["battery.kind"] == "similarity", "battery.density"].isna().all()
    assert runs.loc[runs["battery.kind"] == "simple", "battery.density"].tolist() == [0.5]


def test_tables_can_be_swept(
    tiny: Tiny, table: Callable[..., Path], write: Callable[[str, Any], Path], here: Path
) -> None:
    table("one.csv")
    table("two.csv", shift=2.0)
    raw = tiny(
        landscape={"kind": "table", "path": "one.csv"},
        sweep={"landscape.path": ["one.csv", "two.csv"]},
    )
    path = run(write("e.yaml", raw), out=here / "out")
    runs = load(path).runs
    assert runs["run"].tolist() == [0, 1, 2, 3]
    assert runs["landscape.path"].nunique() == 2
    assert runs.groupby("landscape.path")["status"].apply(list).tolist() == [["done"] * 2] * 2
    first, second = (group["belief_value"].mean() for _, group in runs.groupby("landscape.path"))
    assert abs(first - second) > 1.0
    again = load(run(path / "manifest.json", out=here / "again")).runs
    assert again["landscape.path"].tolist() == runs["landscape.path"].tolist()


BAD = {
    "no list": ({"selection.beta": 3}, r"sweep\.selection\.beta: must be a list"),
    "an empty list": ({"selection.beta": []}, r"sweep\.selection\.beta: must be a list"),
    "a block": ({"selection": [{"kind": "neutral"}]}, "scalars"),
    "not finite": ({"selection.beta": [float("inf")]}, "finite"),
    "a value twice": ({"selection.beta": [1, 1]}, "twice"),
    "a text": ("selection.beta", "mapping"),
    "an unknown block": ({"selektion.beta": [1]}, "did you mean 'selection'"),
    "an unknown parameter": ({"selection.bta": [1]}, "did you mean 'beta'"),
    "out of range": ({"selection.beta": [1, -1]}, r"selection\.beta.*-1"),
    "through a number": ({"selection.beta.deep": [1]}, "leads nowhere"),
}


@pytest.mark.parametrize(("sweep", "message"), BAD.values(), ids=BAD.keys())
def test_bad_sweeps_are_refused(sweep: Any, message: str, tiny: Tiny) -> None:
    with pytest.raises(ExperimentError, match=message):
        design(read(tiny(sweep=sweep)))


def test_an_error_says_at_which_point_it_is(tiny: Tiny) -> None:
    raw = tiny(
        conditions={"few": {}, "many": {"population.beliefs_per_agent": 30}},
        sweep={"landscape.beliefs": [40, 20]},
    )
    with pytest.raises(ExperimentError, match=r"30.*condition many.*landscape\.beliefs = 20"):
        design(read(raw))


def test_arrays_and_tuples_are_lists(tiny: Tiny) -> None:
    assert keys(tiny(sweep={"selection.beta": np.array([1.0, 2.0])})) == keys(
        tiny(sweep={"selection.beta": (1.0, 2.0)})
    )


def test_a_scaling_can_be_swept_by_its_kind_alone(tmp_path: Path) -> None:
    swept = {"oversight.scaling": ["constant", "proportional"], "oversight.level": [0.4]}
    spec = {
        "generations": 2,
        "replicates": 1,
        "population": {"size": 6, "beliefs_per_agent": 2},
        "sweep": swept,
    }
    runs = load(run(spec, out=tmp_path / "out")).runs
    assert runs["oversight.scaling"].tolist() == ["constant", "proportional"]
    assert runs["oversight_level"].nunique() == 2
