"""Run folders from the command line: what is run once, what is run again, and the same rows."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from peckham.agents import PopulationModel, resolve
from peckham.agents.randomness import run_seed
from peckham.agents.selection.softmax import Softmax
from peckham.analysis import Log, load
from peckham.experiments import read, run
from peckham.experiments.design import design

Rows = Callable[[Path], dict[str, pd.DataFrame]]

VARIED: dict[str, Any] = {
    "name": "varied",
    "generations": 6,
    "replicates": 2,
    "seed": 3,
    "record": {"agents_at": [0, 5]},
    "controls": ["neutral"],
    "population": {"size": 14, "beliefs_per_agent": 4},
    "landscape": {"beliefs": 40},
    "battery": {"questions": 6, "density": 0.3, "held_out": 4},
    "deployment": {"shift": 0.5},
    "conditions": {
        "plain": {},
        "mutation": {"reproduction.mutation_rate": 0.1},
        "interventions": {
            "interventions": [
                {"kind": "adaptive_test", "interval": 2},
                {"kind": "improving_evaluator", "at": [1, 3], "rate": 0.5},
            ]
        },
        "table": {"landscape": {"kind": "table", "path": "beliefs.csv"}},
        "similar": {"battery": {"kind": "similarity", "questions": 6}},
    },
    "sweep": [{"selection.beta": [1.0, 20.0]}, {"population.size": [10]}],
}
KINDS = 5 * 3 * 2
CALCULATED_FROM_SELECTION = ["effective_parents"]
"""Measures of generation 0 that depend on how its parents are drawn."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, to_yaml: Any) -> Path:
    """Return a folder with the varied experiment and its table."""
    place = tmp_path_factory.mktemp("varied")
    to_yaml(place / "varied.yaml", VARIED)
    lines = [f"{i % 7 - 3},{i % 5 - 2}.5,{('left', 'right')[i % 2]}" for i in range(40)]
    to_yaml(place / "beliefs.csv", "value,signal,cluster\n" + "\n".join(lines) + "\n")
    return place


@pytest.fixture(scope="module")
def one_worker(place: Path) -> Path:
    """Return the folder of the varied experiment, run in one process."""
    return run(place / "varied.yaml", workers=1, out=place / "one")


@pytest.fixture(scope="module")
def log(one_worker: Path) -> Log:
    return load(one_worker)


def assert_same(first: dict[str, pd.DataFrame], second: dict[str, pd.DataFrame]) -> None:
    assert len(first["runs"]) > 0
    for name, table in first.items():
        assert_frame_equal(table, second[name], check_exact=True)


# ------------------------------------------------------------ the same rows


@pytest.mark.parametrize("workers", [2, 3])
def test_rows_do_not_depend_on_the_number_of_workers(
    workers: int, place: Path, one_worker: Path, peckham: Any, rows: Rows
) -> None:
    out = f"workers-{workers}"
    answer = peckham("run", "varied.yaml", "--workers", str(workers), "--out", out, cwd=place)
    assert answer.code == 0, answer
    assert f"{KINDS * 2} of {KINDS * 2} runs done" in answer.out
    assert_same(rows(place / out), rows(one_worker))


def test_a_manifest_runs_again_to_the_same_rows(
    place: Path, one_worker: Path, main: Any, rows: Rows
) -> None:
    answer = main("run", "one/manifest.json", "--out", "again", cwd=place)
    assert answer.code == 0, answer
    assert_same(rows(place / "again"), rows(one_worker))


def test_what_show_prints_runs_to_the_same_rows(
    place: Path, one_worker: Path, main: Any, rows: Rows, to_yaml: Any
) -> None:
    shown = main("show", "varied.yaml", cwd=place)
    assert shown.code == 0
    to_yaml(place / "elsewhere" / "shown.yaml", shown.out)
    answer = main("run", "elsewhere/shown.yaml", "--out", "shown", cwd=place)
    assert answer.code == 0, answer
    assert_same(rows(place / "shown"), rows(one_worker))


def test_any_run_is_rebuilt_from_its_row(one_worker: Path, log: Log) -> None:
    plan = design(read(one_worker / "manifest.json"))
    assert len(plan.variants) == KINDS
    specs = {(v.condition, *v.swept.values(), v.control): v.spec for v in plan.variants}
    generations = dict(list(log.generations.groupby("run")))
    for _, row in log.runs.iterrows():
        spec = specs[
            row["condition"], row["selection.beta"], row["population.size"], row["control"]
        ]
        model = PopulationModel(spec, int(row["seed"])).run()
        logged = generations[row["run"]].set_index("generation")
        for name in model.log.columns:
            rebuilt = model.log[name].to_numpy()
            assert np.array_equal(rebuilt, logged[name].to_numpy(float), equal_nan=True), name
            final = np.array([model.final[name], row[name]], float)
            assert np.array_equal(final[:1], final[1:], equal_nan=True), name


def test_a_run_is_rebuilt_from_plain_parameters(tmp_path: Path) -> None:
    raw = {
        "generations": 3,
        "population": {"size": 10, "beliefs_per_agent": 3},
        "landscape": {"kind": "bivariate", "beliefs": 30, "rho": 0.3},
        "reproduction": {"mutation_rate": 0.1},
    }
    log = load(run({**raw, "replicates": 2}, out=tmp_path / "out"))
    model = PopulationModel(raw, int(log.runs["seed"][1])).run()
    logged = log.generations.query("run == 1")
    assert np.array_equal(model.log["proxy"], logged["proxy"])
    assert PopulationModel(resolve(raw), run_seed(1, 1)).run().final == pytest.approx(
        model.final, abs=0, nan_ok=True
    )


# ------------------------------------------------------------ neutral twins


def pairs(log: Log, table: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of originals and of their twins, in the same order."""
    keys = [key for key in log.keys if key not in ("run", "control")]
    order = [*keys, *(name for name in ("generation", "slot") if name in table)]
    originals, twins = (
        table[table["control"] == control].sort_values(order).reset_index(drop=True)
        for control in ("none", "neutral")
    )
    assert len(originals) == len(twins) > 0
    assert_frame_equal(originals[order], twins[order])
    return originals.drop(columns=["run", "control"]), twins.drop(columns=["run", "control"])


def test_twins_share_seed_landscape_battery_and_founders(log: Log) -> None:
    originals, twins = pairs(log, log.runs)
    assert originals["seed"].equals(twins["seed"])
    originals, twins = pairs(log, log.agents[log.agents["generation"] == 0])
    assert_frame_equal(originals, twins, check_exact=True)
    originals, twins = pairs(log, log.generations[log.generations["generation"] == 0])
    assert_frame_equal(
        originals.drop(columns=CALCULATED_FROM_SELECTION),
        twins.drop(columns=CALCULATED_FROM_SELECTION),
        check_exact=True,
    )


def test_twins_are_not_selected(log: Log) -> None:
    originals, twins = pairs(log, log.generations)
    assert (twins["selection_nats"].abs() < 1e-9).all()
    np.testing.assert_allclose(twins["effective_parents"], twins["population.size"])
    assert (originals.loc[originals["generation"] == 5, "selection_nats"] > 0).all()
    first = originals[originals["generation"] == 0]
    assert (first["effective_parents"] < first["population.size"] - 1e-3).all()
    later = originals["generation"] == 5
    assert (originals.loc[later, "proxy"] != twins.loc[later, "proxy"]).any()
    assert twins["fitness"].equals(twins["proxy"])  # its fitness is recorded all the same


def test_twins_of_different_beta_are_the_same_drift(log: Log) -> None:
    twins = log.generations[log.generations["control"] == "neutral"]
    slow, fast = (
        twins[twins["selection.beta"] == beta]
        .drop(columns=["run", "selection.beta"])
        .reset_index(drop=True)
        for beta in (1.0, 20.0)
    )
    size = slow["population.size"] == 14
    assert_frame_equal(
        slow[size].reset_index(drop=True),
        fast[fast["population.size"] == 14].reset_index(drop=True),
    )


def test_conditions_share_what_they_have_in_common(log: Log) -> None:
    first = log.generations.query("generation == 0 and control == 'none'")
    same = ["plain", "mutation"]
    drop = ["run", "condition"]
    one, two = (
        first[first["condition"] == name].drop(columns=drop).reset_index(drop=True) for name in same
    )
    assert_frame_equal(one, two, check_exact=True)


# ------------------------------------------------------------ agents


def test_agents_are_logged_at_the_generations_asked_for(log: Log) -> None:
    agents = log.agents
    assert sorted(agents["generation"].unique()) == [0, 5]
    assert {
        *log.keys,
        *("generation", "slot", "unique_id", "lineage", "schemer", "beliefs"),
        *("proxy", "true_value", "fitness", "deployed", "goodhart_gap", "held_out"),
        *("capability", "alignment", "deception_probability"),
        *("belief_value", "belief_signal", "deceptive_share", "deceptive_share_signal0"),
    } <= set(agents.columns)
    sizes = log.runs.set_index("run")["population.size"]
    for (number, _), group in agents.groupby(["run", "generation"]):
        assert group["slot"].tolist() == list(range(sizes[number]))
    for beliefs in agents["beliefs"]:
        assert len(set(beliefs)) == 4
        assert min(beliefs) >= 0
        assert max(beliefs) < 40


def test_agents_add_up_to_their_generation(log: Log) -> None:
    keys = ["run", "generation"]
    means = [
        *("proxy", "true_value", "fitness", "deployed", "goodhart_gap", "capability", "alignment"),
        *("belief_value", "belief_signal", "deceptive_share", "deceptive_share_signal0"),
        "held_out",
    ]
    recorded = log.generations.set_index(keys)
    found = log.agents.groupby(keys)[means].mean()
    expected = recorded.loc[found.index, means]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    schemers = log.agents.groupby(keys)["schemer"].mean()
    np.testing.assert_allclose(schemers, recorded.loc[found.index, "schemers"], rtol=1e-12)
    ids = log.agents.groupby(keys)["unique_id"].nunique()
    assert (ids == log.agents.groupby(keys).size()).all()


# ------------------------------------------------------------ finished, unfinished, raised


@pytest.fixture
def finished(tmp_path: Path, tiny: Any, to_yaml: Any) -> Path:
    """Return a folder with a finished run folder ``out`` of ``e.yaml``."""
    to_yaml(tmp_path / "e.yaml", tiny())
    run(tmp_path / "e.yaml", out=tmp_path / "out")
    return tmp_path


def test_a_run_folder_is_named_after_the_experiment(finished: Path, main: Any) -> None:
    answer = main("run", "e.yaml", cwd=finished)
    assert answer.code == 0
    assert "runs/tiny" in answer.out
    assert (finished / "runs" / "tiny" / "manifest.json").is_file()
    assert len(load(finished / "runs" / "tiny").runs) == 2


def test_a_finished_folder_is_reported_and_left_as_it_is(
    finished: Path, main: Any, tree: Any
) -> None:
    before = tree(finished)
    answer = main("run", "e.yaml", "--out", "out", cwd=finished)
    assert answer.code == 0
    assert "out holds all runs of this experiment already" in answer.out
    assert tree(finished) == before


def test_an_unfinished_folder_points_to_resume(finished: Path, main: Any, tree: Any) -> None:
    shutil.rmtree(finished / "out" / "runs")
    before = tree(finished)
    answer = main("run", "e.yaml", "--out", "out", cwd=finished)
    assert answer.code == 2
    assert answer.err == (
        "peckham: out is unfinished (0 of 2 runs); resume with: peckham resume out\n"
    )
    assert tree(finished) == before
    answer = main("resume", "out", cwd=finished)
    assert answer.code == 0
    assert load(finished / "out").runs["run"].tolist() == [0, 1]


def test_more_replicates_point_to_resume_which_raises_them(
    finished: Path, main: Any, tree: Any, rows: Rows
) -> None:
    before, few = tree(finished), rows(finished / "out")
    answer = main("run", "e.yaml", "--out", "out", "--replicates", "5", cwd=finished)
    assert answer.code == 2
    assert "peckham resume out --replicates 5" in answer.err
    assert tree(finished) == before
    answer = main("resume", "out", "--replicates", "5", cwd=finished)
    assert answer.code == 0
    assert "5 of 5 runs done" in answer.out
    many = rows(finished / "out")
    assert_frame_equal(many["runs"].head(2), few["runs"])
    main("run", "e.yaml", "--out", "whole", "--replicates", "5", cwd=finished)
    assert_same(many, rows(finished / "whole"))
    answer = main("run", "e.yaml", "--out", "out", "--replicates", "5", cwd=finished)
    assert answer.code == 0


def test_failed_runs_stay_until_they_are_retried(
    finished: Path, main: Any, monkeypatch: pytest.MonkeyPatch, rows: Rows
) -> None:
    def breaks(*_: Any) -> None:
        raise ArithmeticError("broke")

    with monkeypatch.context() as patch:
        patch.setattr(Softmax, "select", breaks)
        answer = main("run", "e.yaml", "--out", "new", cwd=finished)
    assert answer.code == 1
    assert "0 of 2 runs done" in answer.out
    failed = answer.err.splitlines()[-1]
    for words in ("2 of 2 runs failed", "new/runs", "peckham resume new --retry-failed"):
        assert words in failed
    answer = main("resume", "new", cwd=finished)  # leaves them as they are
    assert answer.code == 1
    assert (load(finished / "new").runs["status"] == "failed").all()
    answer = main("resume", "new", "--retry-failed", cwd=finished)
    assert answer.code == 0
    assert_same(rows(finished / "new"), rows(finished / "out"))


def test_options_go_over_the_file(finished: Path, main: Any) -> None:
    options = ["--set", "selection.beta=1e1", "--set", "name=other", "--seed", "9"]
    answer = main("run", "e.yaml", *options, "--replicates", "3", cwd=finished)
    assert answer.code == 0
    log = load(finished / "runs" / "other")
    assert log.manifest["resolved"]["selection"] == {"kind": "softmax", "beta": 10.0}
    assert log.manifest["given"]["overrides"] == {"selection.beta": 10.0, "name": "other"}
    assert log.runs["seed"].tolist() == [run_seed(9, k) for k in range(3)]


def test_plain_lines_say_how_far_it_is(finished: Path, main: Any) -> None:
    answer = main("run", "e.yaml", "--out", "new", "--replicates", "4", cwd=finished)
    first, *_, last = answer.err.splitlines()
    assert first == "tiny: 4 of 4 runs to do"
    assert last.startswith("tiny: 4 of 4 runs done, ")
    assert last.endswith("/s, 0:00:00 left")
    assert "\x1b" not in answer.err
