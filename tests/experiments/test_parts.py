"""Damaged run folders: one line that names the file and the way out, and nothing read twice."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from peckham.analysis import load
from peckham.experiments import ExperimentError, read, resume, run, status
from peckham.experiments.errors import ExperimentWarning
from peckham.experiments.store import RunFolder

Tiny = Callable[..., dict[str, Any]]
TABLES = ("runs", "generations", "events", "agents")


@pytest.fixture
def whole(tiny: Tiny, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a run folder with two parts of two runs."""
    monkeypatch.setattr("peckham.experiments.execution.FLUSH_RUNS", 2)
    return run(tiny(replicates=4, record={"agents_at": [0]}), out=here / "whole")


@pytest.fixture
def folder(whole: Path) -> Path:
    """Return a copy of the folder, to damage."""
    path = whole.with_name("folder")
    shutil.copytree(whole, path)
    return path


def read_all(path: Path) -> None:
    log = load(path)
    for table in TABLES:
        getattr(log, table)


def one_line(caught: pytest.ExceptionInfo[ExperimentError], *words: str) -> None:
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("content", [b"", b"PAR1", b"half a file", None])
def test_a_damaged_part_is_named_and_its_runs_can_be_repeated(
    table: str, content: bytes | None, folder: Path, whole: Path
) -> None:
    part = folder / table / "part-000001.parquet"
    part.write_bytes(part.read_bytes()[:-20] if content is None else content)
    with pytest.raises(ExperimentError) as caught:
        read_all(folder)
    one_line(caught, str(part), "delete part-000001.parquet in", f"resume {folder}")
    for each in TABLES:
        (folder / each / part.name).unlink()
    resume(folder)
    for each in TABLES:
        one, other = getattr(load(folder), each), getattr(load(whole), each)
        assert_frame_equal(
            one.drop(columns="seconds", errors="ignore"),
            other.drop(columns="seconds", errors="ignore"),
        )


@pytest.mark.parametrize("table", ["generations", "events", "agents"])
def test_a_missing_part_is_named(table: str, folder: Path) -> None:
    (folder / table / "part-000000.parquet").unlink()
    with pytest.raises(ExperimentError) as caught:
        read_all(folder)
    one_line(caught, f"{table}/part-000000.parquet is missing", "peckham resume")


def test_a_copy_with_the_name_of_a_part_is_refused(folder: Path) -> None:
    for table in TABLES:
        shutil.copy(folder / table / "part-000000.parquet", folder / table / "part-000007.parquet")
    for look in (read_all, resume, status):
        with pytest.raises(ExperimentError) as caught:
            look(folder)
        one_line(caught, "part-000000.parquet", "part-000007.parquet", "both hold run 0")


@pytest.mark.parametrize(
    "name", ["part-000000 (copy).parquet", "part-000000.parquet.bak", "part-x.parquet", "notes.txt"]
)
def test_what_is_not_a_part_is_reported_and_stays(name: str, folder: Path, whole: Path) -> None:
    stray = folder / "runs" / name
    shutil.copy(folder / "runs" / "part-000000.parquet", stray)
    for look in (read_all, status):
        with pytest.warns(ExperimentWarning, match="not a part of a table"):
            look(folder)
    with pytest.warns(ExperimentWarning):
        assert_frame_equal(load(folder).runs, load(whole).runs)
    resume(folder, replicates=5)
    assert stray.exists()


def test_a_folder_without_rows_has_empty_tables_with_their_columns(
    folder: Path, whole: Path
) -> None:
    for table in TABLES:
        shutil.rmtree(folder / table)
    empty, full = load(folder), load(whole)
    for table in TABLES:
        one, other = getattr(empty, table), getattr(full, table)
        assert len(one) == 0
        assert list(one) == list(other)
    assert list(load(folder, columns=["proxy"]).runs) == list(load(whole, columns=["proxy"]).runs)


def test_no_conditions_are_no_rows(whole: Path) -> None:
    assert load(whole, conditions=[]).runs.empty
    assert load(whole, conditions=[]).generations.empty


# ------------------------------------------------------------ under which versions


@pytest.fixture
def elsewhere(folder: Path) -> Path:
    """Return a folder that was begun under another version of numpy."""
    found = json.loads((folder / "manifest.json").read_text("utf-8"))
    for place in (found, *found["environments"]):
        place["versions"] = {**place["versions"], "numpy": "1.0"}
    (folder / "manifest.json").write_text(json.dumps(found), "utf-8")
    return folder


def test_other_versions_are_not_mixed_without_a_word(elsewhere: Path) -> None:
    before = (elsewhere / "manifest.json").read_text("utf-8")
    with pytest.raises(ExperimentError) as caught:
        resume(elsewhere, replicates=6)
    one_line(caught, "numpy 1.0 (here ", "--anyway")
    assert (elsewhere / "manifest.json").read_text("utf-8") == before
    resume(elsewhere)  # nothing to do
    assert (load(elsewhere).runs["environment"] == 0).all()


def test_anyway_says_which_rows_were_made_where(elsewhere: Path) -> None:
    resume(elsewhere, replicates=6, anyway=True)
    log = load(elsewhere)
    assert log.runs["environment"].tolist() == [0, 0, 0, 0, 1, 1]
    first, second = log.manifest["environments"]
    assert first["versions"]["numpy"] == "1.0"
    assert second["versions"]["numpy"] != "1.0"
    assert [start["environment"] for start in log.manifest["starts"]] == [0, 1]
    resume(elsewhere, replicates=7)  # the present environment is known now
    assert load(elsewhere).runs["environment"].tolist() == [0, 0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize("key", ["commit", "dirty"])
def test_another_commit_is_another_environment(key: str, folder: Path) -> None:
    found = json.loads((folder / "manifest.json").read_text("utf-8"))
    if found["commit"] is None:
        pytest.skip("git does not know a commit of this source")
    found["environments"][0][key] = {"commit": "0" * 40, "dirty": not found["dirty"]}[key]
    (folder / "manifest.json").write_text(json.dumps(found), "utf-8")
    with pytest.raises(ExperimentError, match=r"(commit 0|uncommitted changes: ).*--anyway"):
        resume(folder, replicates=5)


def test_a_folder_of_the_first_version_is_read_and_resumed(folder: Path, whole: Path) -> None:
    found = json.loads((folder / "manifest.json").read_text("utf-8"))
    del found["environments"], found["starts"]
    (folder / "manifest.json").write_text(json.dumps(found), "utf-8")
    for part in (folder / "runs").iterdir():
        pq.write_table(pq.read_table(part).drop_columns(["environment", "stopped_at"]), part)
    assert (load(folder).runs["environment"] == 0).all()
    resume(folder, replicates=5)
    assert load(folder).runs["environment"].tolist() == [0] * 5
    assert load(folder).runs["stopped_at"].isna().all()
    assert len(load(folder).manifest["starts"]) == 2
    assert RunFolder(folder).finished_runs().keys() == {0, 1, 2, 3, 4}


def test_measures_have_their_new_names_in_old_folders(tiny: Tiny, here: Path) -> None:
    """A folder of version 0.1.0 called them belief_alignment and oversight."""
    old = {"belief_signal": "belief_alignment", "oversight_level": "oversight"}
    late = {"kind": "set", "path": "selection.beta", "value": 1}
    raw = tiny(
        oversight={"level": 0.2},
        record={"measures": ["proxy", *old], "agents_at": [1]},
        interventions=[{**late, "when": {"measure": "belief_signal", "above": 0.6}}],
    )
    path = run(raw, out=here / "out")
    first = load(path)
    text = (path / "manifest.json").read_text("utf-8")
    for new, name in old.items():
        text = text.replace(f'"{new}"', f'"{name}"')
    (path / "manifest.json").write_text(text, "utf-8")
    for part in path.glob("*/part-*.parquet"):
        table = pq.read_table(part)
        pq.write_table(table.rename_columns([old.get(n, n) for n in table.column_names]), part)
    for table in TABLES:
        assert_frame_equal(getattr(load(path), table), getattr(first, table))
    only = load(path, columns=["belief_alignment"]).generations
    assert list(only) == [*first.keys, "generation", "belief_signal"]
    resume(path, replicates=3)
    assert load(path).runs["belief_signal"].notna().all()
    again = run(raw, out=here / "again", replicates=3)
    assert_frame_equal(
        load(path).runs.drop(columns="seconds"), load(again).runs.drop(columns="seconds")
    )
    found = read({"record": {"measures": ["belief_alignment"]}}).base["record"]
    assert found["measures"] == ["belief_signal"]
