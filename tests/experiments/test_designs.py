"""Ranges, zipped grids and samples: the points that they give, and their errors."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from peckham.analysis import compare, load
from peckham.experiments import ExperimentError, ExperimentWarning, read, resume, run
from peckham.experiments.design import design
from peckham.experiments.samples import sampled_points

TINY: dict[str, Any] = {
    "generations": 3,
    "replicates": 2,
    "population": {"size": 8, "beliefs_per_agent": 3},
    "landscape": {"beliefs": 40},
    "battery": {"questions": 6},
}


def swept(sweep: Any, path: str = "selection.beta") -> list[Any]:
    """Return the values of a path in the design of a sweep."""
    return [variant.swept[path] for variant in design(read({**TINY, "sweep": sweep})).variants]


# ------------------------------------------------------------ ranges


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"start": 0, "stop": 1, "num": 5}, [0.0, 0.25, 0.5, 0.75, 1.0]),
        ({"start": 0, "stop": 3, "num": 11}, [0, 0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4, 2.7, 3]),
        ({"start": 0.1, "stop": 0.7, "step": 0.1}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]),
        ({"start": 0, "stop": 1, "step": 0.3}, [0.0, 0.3, 0.6, 0.9]),
        ({"start": 5, "stop": 1, "step": -2}, [5, 3, 1]),
        ({"start": 1, "stop": 1000, "num": 4, "log": True}, [1, 10, 100, 1000]),
        ({"start": 2, "stop": 2, "num": 1}, [2]),
    ],
)
def test_ranges_have_both_ends(values: dict[str, Any], expected: list[Any]) -> None:
    assert swept({"selection.beta": values}) == expected


def test_whole_ranges_fit_parameters_that_are_counts() -> None:
    found = swept({"battery.questions": {"start": 10, "stop": 30, "step": 10}}, "battery.questions")
    assert found == [10, 20, 30]
    assert all(type(value) is int for value in found)
    with pytest.raises(ExperimentError, match=r"battery\.questions"):
        swept({"battery.questions": {"start": 10, "stop": 15, "num": 3}}, "battery.questions")


# ------------------------------------------------------------ zip


def test_zipped_paths_vary_together_and_are_crossed_with_the_others() -> None:
    grid = {
        "oversight.level": [0.0, 0.5],
        "zip": {
            "selection.beta": [1.0, 2.0, 3.0],
            "population.size": {"start": 8, "stop": 12, "num": 3},
        },
    }
    plan = design(read({**TINY, "sweep": grid}))
    points = [tuple(variant.swept.values()) for variant in plan.variants]
    assert plan.swept == ("oversight.level", "selection.beta", "population.size")
    assert points == [
        (o, b, s) for o in (0.0, 0.5) for b, s in zip((1, 2, 3), (8, 10, 12), strict=True)
    ]


def test_a_zipped_value_may_come_twice_but_not_a_combination() -> None:
    assert len(swept({"zip": {"selection.beta": [1.0, 1.0], "population.size": [8, 9]}})) == 2
    with pytest.raises(ExperimentError, match="a combination of values is listed twice"):
        swept({"zip": {"selection.beta": [1.0, 1.0], "population.size": [8, 8]}})


# ------------------------------------------------------------ samples


SAMPLE: dict[str, Any] = {
    "method": "sobol",
    "points": 8,
    "ranges": {"selection.beta": [1.0, 9.0], "battery.questions": [4, 7]},
    "integers": ["battery.questions"],
}


@pytest.mark.parametrize(
    ("method", "points"), [("sobol", 64), ("latin_hypercube", 50), ("random", 40), ("morris", 30)]
)
def test_points_lie_in_their_ranges_and_depend_on_the_seed_alone(method: str, points: int) -> None:
    sample = {**SAMPLE, "method": method, "points": points}
    found = pd.DataFrame(sampled_points(sample, 1))
    assert len(found) == points
    assert found["selection.beta"].between(1, 9).all()
    assert set(found["battery.questions"]) == {4, 5, 6, 7}
    assert found["battery.questions"].dtype == int
    pd.testing.assert_frame_equal(found, pd.DataFrame(sampled_points(sample, 1)))
    assert not found.equals(pd.DataFrame(sampled_points(sample, 2)))
    if method == "latin_hypercube":  # one point in each of fifty strata
        strata = np.floor((found["selection.beta"] - 1) / 8 * points)
        assert sorted(strata) == list(range(points))
    if method == "sobol":  # balanced: as many points in each quarter
        quarters = np.floor((found["selection.beta"] - 1) / 2).value_counts()
        assert set(quarters) == {16}
    if method == "morris":  # of three points of a trajectory, neighbours differ in one path
        for first in range(0, points, 3):
            steps = found.iloc[first : first + 3].diff().iloc[1:]
            assert ((steps.abs() > 1e-12).sum(axis=1) == 1).all()


def test_sampled_runs_are_paired_resumable_and_keyed_by_their_values(tmp_path: Path) -> None:
    spec = {
        **TINY,
        "conditions": {"calm": {}, "watched": {"oversight.level": 0.5}},
        "sample": SAMPLE,
    }
    path = run(spec, out=tmp_path / "out")
    log = load(path)
    assert log.swept == ["selection.beta", "battery.questions"]
    runs = log.runs
    assert len(runs) == 2 * 8 * 2
    points = pd.DataFrame(sampled_points(SAMPLE, 1))
    for condition in ("calm", "watched"):
        mine = runs[(runs["condition"] == condition) & (runs["replicate"] == 0)]
        assert mine["selection.beta"].tolist() == points["selection.beta"].tolist()
    assert len(compare(path, on="proxy")) == 8
    resume(path, replicates=3)
    assert len(load(path).runs) == 2 * 8 * 3
    again = run({**spec, "replicates": 3}, out=tmp_path / "again")
    left, right = (load(each).runs.drop(columns="seconds") for each in (path, again))
    pd.testing.assert_frame_equal(
        left.drop(columns="environment"), right.drop(columns="environment")
    )
    model = log.model(5)
    assert model.spec.selection.beta == runs.set_index("run").loc[5, "selection.beta"]


@pytest.mark.filterwarnings("ignore::peckham.experiments.ExperimentWarning")
def test_show_prints_what_run_accepts(tmp_path: Path) -> None:
    for name, block in {
        "sample": {"sample": SAMPLE},
        "zip": {"sweep": {"zip": {"selection.beta": [1.0, 2.0], "population.size": [8, 9]}}},
    }.items():
        given = tmp_path / f"{name}.yaml"
        given.write_text(yaml.safe_dump({**TINY, **block}))
        shown = subprocess.run(
            [sys.executable, "-c", "from peckham.analysis.cli import main; main()", "show", given],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        (tmp_path / "shown.yaml").write_text(shown)
        one, two = design(read(given)), design(read(tmp_path / "shown.yaml"))
        assert [v.swept for v in one.variants] == [v.swept for v in two.variants]
        assert [v.spec for v in one.variants] == [v.spec for v in two.variants]


def test_points_that_come_twice_are_run_once() -> None:
    sample = {"method": "random", "points": 40, "ranges": {"battery.questions": [4, 6]},
              "integers": ["battery.questions"]}  # fmt: skip
    assert len(design(read({**TINY, "sample": sample})).variants) == 3


def test_a_sobol_sequence_of_another_length_is_allowed_with_a_warning() -> None:
    with pytest.warns(ExperimentWarning, match="balanced at powers of 2 only, got 6"):
        found = read({**TINY, "sample": {**SAMPLE, "points": 6}})
    assert len(design(found).variants) == 6


# ------------------------------------------------------------ one clear line


BETA = "selection.beta"


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"sweep": {BETA: {"start": 0, "stop": 1}}}, "needs start, stop, and one of num and step"),
        ({"sweep": {BETA: {"start": 0, "stop": 1, "num": 2, "step": 1}}}, "one of num and step"),
        ({"sweep": {BETA: {"start": 0, "stop": 1, "num": 1}}}, "num: must be a whole number, 2 to"),
        ({"sweep": {BETA: {"start": 0, "stop": 1, "step": 0}}}, "step: must lead from 0 to 1"),
        ({"sweep": {BETA: {"start": 0, "stop": 1, "step": -0.1}}}, "step: must lead from 0 to 1"),
        ({"sweep": {BETA: {"start": 0, "stop": 1, "step": 1e-9}}}, "at most 10000 values"),
        ({"sweep": {BETA: {"start": 0, "stop": 1, "num": 3, "log": True}}}, "must be above 0"),
        ({"sweep": {BETA: {"start": 1, "stop": 2, "step": 1, "log": True}}}, "needs num in place"),
        ({"sweep": {BETA: {"start": "a", "stop": 2, "num": 2}}}, "start: must be a number"),
        ({"sweep": {BETA: {"star": 1, "stop": 2, "num": 2}}}, "star: unknown key; did you mean"),
        ({"sweep": {"zip": {}}}, "zip: must be a mapping of paths to lists"),
        ({"sweep": {"zip": {BETA: [1, 2], "population.size": [8]}}}, "equally long"),
        ({"sweep": {BETA: [1], "zip": {BETA: [2]}}}, "outside zip too"),
        ({"sweep": {"zip": {"bta": [2]}}}, "unknown key 'bta'"),
        ({"sample": SAMPLE, "sweep": {BETA: [1]}}, "a sweep or a sample, not both"),
        ({"sample": {**SAMPLE, "method": "sobl"}}, "sample.method: must be one of sobol"),
        ({"sample": {**SAMPLE, "points": 0}}, "sample.points: must be a whole number, 1 to"),
        ({"sample": {**SAMPLE, "ranges": {}}}, "sample.ranges: must be a mapping"),
        ({"sample": {**SAMPLE, "ranges": {BETA: [2, 1]}, "integers": []}}, "must be below high"),
        ({"sample": {**SAMPLE, "ranges": {BETA: [1, 2.5]}, "integers": [BETA]}}, "whole ends"),
        ({"sample": {**SAMPLE, "integers": ["x"]}}, "sample.integers: must be a list of paths of"),
        ({"sample": {**SAMPLE, "point": 3}}, "sample.point: unknown key; did you mean 'points'"),
        ({"sample": {**SAMPLE, "method": "morris"}}, "multiple of 3, such as 6 or 9, got 8"),
        ({"sample": {**SAMPLE, "ranges": {"seed": [1, 2]}, "integers": []}}, "allowed only"),
        ({"sample": {**SAMPLE, "ranges": {BETA: [-5, -1]}, "integers": []}}, "selection.beta"),
        ({"conditions": {"a": {BETA: 3}}, "sample": {**SAMPLE, "ranges": {BETA: [1, 2]},
                                                    "integers": []}}, "would do nothing"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(block: dict[str, Any], said: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        design(read({**TINY, **block}))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_manifest_keeps_the_sample(tmp_path: Path) -> None:
    path = run({**TINY, "replicates": 1, "sample": SAMPLE}, out=tmp_path / "out")
    manifest = json.loads((path / "manifest.json").read_text())
    assert manifest["resolved"]["sample"] == SAMPLE
    assert run(path / "manifest.json", out=tmp_path / "out") == path
