"""Reading run folders into pandas."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from peckham.analysis import Log, load
from peckham.experiments import ExperimentError, run

KEYS = ["run", "condition", "selection.beta", "control", "replicate"]


@pytest.fixture
def log(small: Path) -> Log:
    return load(small)


def test_every_table_starts_with_the_keys(log: Log) -> None:
    assert log.keys == KEYS
    assert log.swept == ["selection.beta"]
    for table in (log.runs, log.generations, log.events, log.agents):
        assert isinstance(table, pd.DataFrame)
        assert list(table.columns[: len(KEYS)]) == KEYS
    assert {"seed", "status", "error", "seconds", "environment", "proxy"} <= set(log.runs)
    assert {"generation", "proxy", "questions"} <= set(log.generations)
    assert {"generation", "kind", "id", "event"} <= set(log.events)
    assert {"generation", "slot", "beliefs"} <= set(log.agents)


def test_rows_are_sorted_whatever_the_order_of_the_parts(log: Log) -> None:
    assert log.runs["run"].tolist() == list(range(24))
    order = list(zip(log.generations["run"], log.generations["generation"], strict=True))
    assert order == [(number, g) for number in range(24) for g in range(3)]
    order = list(zip(log.agents["run"], log.agents["slot"], strict=True))
    assert order == [(number, slot) for number in range(24) for slot in range(12)]
    events = list(zip(log.events["run"], log.events["generation"], strict=True))
    assert events == sorted(events)
    for table in (log.runs, log.generations, log.events, log.agents):
        assert table.index.tolist() == list(range(len(table)))


def test_conditions_can_be_chosen(small: Path, log: Log) -> None:
    chosen = load(small, conditions=["bivariate"])
    for name in ("runs", "generations", "events", "agents"):
        whole = getattr(log, name)
        expected = whole[whole["condition"] == "bivariate"].reset_index(drop=True)
        assert len(expected) < len(whole)
        assert_frame_equal(getattr(chosen, name), expected, check_dtype=False)
    both = load(small, conditions=["bivariate", "clustered"])
    assert_frame_equal(both.runs, log.runs)


def test_columns_can_be_chosen_and_keys_are_always_there(small: Path, log: Log) -> None:
    chosen = load(small, columns=["true_value", "proxy"])
    assert set(chosen.generations) == {*KEYS, "generation", "proxy", "true_value"}
    assert set(chosen.runs) == {
        *KEYS,
        "seed",
        "status",
        "error",
        "seconds",
        "environment",
        "stopped_at",
        "proxy",
        "true_value",
    }
    assert chosen.generations["proxy"].equals(log.generations["proxy"])
    assert load(small, columns=[]).generations.columns.tolist() == [*KEYS, "generation"]


def test_one_name_is_a_list_of_one(small: Path) -> None:
    log = load(small, conditions="bivariate", columns="proxy")
    assert set(log.runs["condition"]) == {"bivariate"}
    assert "proxy" in log.generations
    assert "true_value" not in log.generations


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"conditions": ["clustred"]}, "no condition 'clustred'; it has clustered, bivariate"),
        ({"columns": ["proxi"]}, "no column 'proxi'"),
    ],
)
def test_wrong_names_are_refused(
    arguments: dict[str, list[str]], message: str, small: Path
) -> None:
    with pytest.raises(ExperimentError, match=message):
        load(small, **arguments)


def test_what_is_no_run_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="no folder"):
        load(tmp_path / "nowhere")
    with pytest.raises(ExperimentError, match="not a run folder"):
        load(tmp_path)
    (tmp_path / "manifest.json").write_text('{"some": "other program"}')
    with pytest.raises(ExperimentError, match="not the manifest of a run folder"):
        load(tmp_path)


def test_types_survive(log: Log) -> None:
    runs = log.runs
    assert runs["run"].dtype == np.int64
    assert runs["seed"].dtype == np.int64
    assert runs["selection.beta"].dtype == np.float64
    assert pd.api.types.is_integer_dtype(runs["unique_genomes"])
    assert pd.api.types.is_integer_dtype(log.generations["questions"])
    assert log.agents["schemer"].dtype == bool
    assert log.runs.loc[log.runs["condition"] == "bivariate", "share_Benign"].isna().all()


def test_whole_numbers_stay_whole_where_some_are_null(tmp_path: Path) -> None:
    raw = {
        "generations": 1,
        "replicates": 1,
        "population": {"size": 10, "beliefs_per_agent": 3},
        "interventions": [{"kind": "adaptive_test", "at": [0]}],
        "sweep": {"interventions.adaptive_test.max_questions": [None, 80]},
    }
    runs = load(run(raw, out=tmp_path / "out")).runs
    column = runs["interventions.adaptive_test.max_questions"]
    assert pd.api.types.is_integer_dtype(column)
    assert column.isna().tolist() == [True, False]
    assert column[1] == 80


def test_the_manifest_comes_along(log: Log, small: Path) -> None:
    assert log.path == small
    assert log.manifest["resolved"]["name"] == "small"
    assert log.manifest["resolved"]["sweep"] == [{"selection.beta": [0.0, 8.0]}]


def test_a_folder_without_agents_has_an_empty_table(tmp_path: Path) -> None:
    raw = {"generations": 1, "replicates": 1, "population": {"size": 10}}
    log = load(run(raw, out=tmp_path / "out"))
    assert log.agents.empty
    assert log.keys == ["run", "condition", "control", "replicate"]
    assert log.agents.columns.tolist() == log.keys


def test_a_table_is_read_once_when_it_is_first_looked_at(small: Path, tmp_path: Path) -> None:
    path = tmp_path / "copy"
    shutil.copytree(small, path)
    log = load(path)
    shutil.rmtree(path / "generations")
    runs = log.runs  # needs no other table
    shutil.rmtree(path / "runs")
    assert log.runs is runs
    assert len(runs) == 24


# ------------------------------------------------------------ models


def test_a_log_gives_each_run_back(tmp_path: Path) -> None:
    rows = "\n".join(f"{k % 7 - 3},{k % 5 - 2}.5" for k in range(40))
    (tmp_path / "beliefs.csv").write_text(f"value,signal\n{rows}\n")
    raw = {
        "generations": 3,
        "replicates": 2,
        "controls": ["neutral"],
        "population": {"size": 10, "beliefs_per_agent": 3},
        "landscape": {"kind": "table", "path": str(tmp_path / "beliefs.csv")},
        "battery": {"questions": 6},
        "conditions": {"a": {}, "b": {"selection.kind": "neutral"}},
        "sweep": {"reproduction.mutation_rate": [0.0, 0.3]},
    }
    log = load(run(raw, out=tmp_path / "out"))
    (tmp_path / "beliefs.csv").unlink()
    assert len(log.runs) == 16
    measures = ["proxy", "true_value", "unique_genomes", "fitness"]
    for number in log.runs["run"]:
        found = log.model(number).run().log[measures].reset_index(drop=True)
        recorded = log.generations.loc[log.generations["run"] == number, measures]
        assert_frame_equal(found, recorded.reset_index(drop=True), check_dtype=False)
    for number in (-1, 16):
        with pytest.raises(ExperimentError, match=r"no run .*; its runs are 0 to 15"):
            log.model(number)


def test_a_model_has_the_events_of_its_run(log: Log) -> None:
    for number in (0, 7, 23):
        found = log.model(number).run().events
        recorded = log.events[log.events["run"] == number].drop(columns=log.keys)
        assert len(found) > 0
        assert list(found.columns) == list(recorded.columns)
        order = ["generation", "kind", "id", "event"]
        found, recorded = (t.sort_values(order, ignore_index=True) for t in (found, recorded))
        texts = {name: recorded.dtypes[name] for name in ("kind", "event", "cluster")}
        assert_frame_equal(found.astype(texts), recorded, check_dtype=False)
        assert found.dtypes[["generation", "id", "value", "origin"]].tolist() == (
            recorded.dtypes[["generation", "id", "value", "origin"]].tolist()
        )
