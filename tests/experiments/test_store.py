"""The run folder: parts that are whole or not there, and one writer at a time."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal

from peckham.analysis import load
from peckham.experiments import ExperimentError, resume, run, status
from peckham.experiments.parts import committed
from peckham.experiments.store import RunFolder

Tiny = Callable[..., dict[str, Any]]
TABLES = ("runs", "generations", "events", "agents")


@pytest.fixture
def many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a flush every two runs."""
    monkeypatch.setattr("peckham.experiments.execution.FLUSH_RUNS", 2)


def rows(path: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a run folder, without the time that runs took."""
    log = load(path)
    return {table: getattr(log, table).drop(columns="seconds", errors="ignore") for table in TABLES}


def assert_same_rows(one: Path, other: Path) -> None:
    first, second = rows(one), rows(other)
    for table in TABLES:
        assert_frame_equal(first[table], second[table], check_exact=True)


def stems(path: Path, table: str) -> list[str]:
    return sorted(part.stem for part in (path / table).glob("part-*.parquet"))


@pytest.fixture
def experiment(tiny: Tiny) -> dict[str, Any]:
    return tiny(
        replicates=4,
        record={"agents_at": [0]},
        conditions={"a": {}, "b": {"reproduction.mutation_rate": 0.2}},
    )


@pytest.mark.usefixtures("many_parts")
def test_parts_of_a_flush_share_a_stem(experiment: dict[str, Any], here: Path) -> None:
    path = run(experiment, out=here / "out")
    assert len(stems(path, "runs")) == 4
    for table in TABLES:
        assert stems(path, table) == stems(path, "runs")
    found = sorted(entry.name for entry in path.iterdir() if not entry.name.startswith("."))
    assert found == ["agents", "events", "generations", "manifest.json", "runs"]


@pytest.mark.usefixtures("many_parts")
def test_at_any_moment_what_is_committed_is_whole(experiment: dict[str, Any], here: Path) -> None:
    path = here / "out"
    seen: list[int] = []

    def look(done: int, total: int) -> None:
        for part in path.glob("*/part-*.parquet"):
            assert pq.read_table(part).num_rows >= 0
        log = load(path)
        assert log.manifest["status"] == {"state": "running"}
        runs = sorted(log.runs["run"])
        for table in ("generations", "agents"):
            assert sorted(getattr(log, table)["run"].unique()) == runs
        seen.append(len(runs))

    run(experiment, out=path, progress=look)
    assert seen == sorted(seen)
    assert {0, 2, 4, 6} <= set(seen)


@pytest.mark.usefixtures("many_parts")
def test_orphans_are_not_read_and_are_dropped(experiment: dict[str, Any], here: Path) -> None:
    whole = run(experiment, out=here / "whole")
    path = here / "broken"
    shutil.copytree(whole, path)
    lost = sorted((path / "runs").glob("part-*.parquet"))[1]
    runs_lost = pq.read_table(lost)["run"].to_pylist()
    lost.unlink()  # as if the flush had not come to its last rename
    (path / "generations" / "part-000099.parquet.tmp").write_bytes(b"half a file")
    (path / "generations" / "part-000098.parquet").write_bytes(b"half a file")
    (path / "manifest.json.tmp").write_bytes(b"half")
    log = load(path)
    for table in TABLES:
        assert not set(getattr(log, table)["run"]) & set(runs_lost)
    standing = status(path)
    assert (standing.state, standing.done, standing.left) == ("interrupted", 6, 2)
    resume(path)
    assert_same_rows(path, whole)
    assert not list(path.rglob("*.tmp"))
    for table in TABLES:
        assert stems(path, table) == stems(path, "runs")


def test_a_flush_that_fails_commits_nothing(
    experiment: dict[str, Any], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peckham.experiments import store

    write = store.write_table

    def full_disk(table: Any, path: Path) -> None:
        if path.parent.name == "runs":
            raise OSError("No space left on device")
        write(table, path)

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_table", full_disk)
        with pytest.raises(OSError, match="No space left"):
            run(experiment, out=here / "out")
    assert load(here / "out").runs.empty
    assert load(here / "out").generations.empty
    assert_same_rows(resume(here / "out"), run(experiment, out=here / "whole"))


@pytest.mark.usefixtures("many_parts")
@pytest.mark.parametrize("table", TABLES)
def test_an_interrupt_in_mid_flush_loses_no_run_that_was_done(
    table: str, experiment: dict[str, Any], here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peckham.experiments import store

    write = store.write_table
    interrupted: list[Path] = []

    def interrupting(rows: Any, path: Path) -> None:
        if path.parent.name == table and not interrupted:
            interrupted.append(path)
            signal.raise_signal(signal.SIGINT)  # as if Ctrl-C were pressed just now
        write(rows, path)

    with monkeypatch.context() as patch:
        patch.setattr(store, "write_table", interrupting)
        with pytest.raises(KeyboardInterrupt):
            run(experiment, out=here / "out")
    assert len(interrupted) == 1
    kept = load(here / "out").runs["run"].tolist()
    assert kept[:2] == [0, 1]  # both were done before the flush began
    assert len(kept) == len(set(kept)) < 8
    assert_same_rows(resume(here / "out"), run(experiment, out=here / "whole"))


def test_one_process_writes_at_a_time(experiment: dict[str, Any], here: Path) -> None:
    path = run(experiment, out=here / "out")
    before = (path / "manifest.json").read_bytes()
    with RunFolder(path).locked():
        assert status(path).state == "running"
        with pytest.raises(ExperimentError, match="another process"):
            resume(path, replicates=6)
        with pytest.raises(ExperimentError, match="another process"), RunFolder(path).locked():
            pass
    assert (path / "manifest.json").read_bytes() == before
    assert status(path).state == "finished"
    assert load(resume(path, replicates=6)).runs["replicate"].max() == 5


def test_a_run_that_never_got_to_its_manifest_leaves_no_obstacle(
    tiny: Tiny, table: Callable[..., Path], here: Path
) -> None:
    raw = tiny(landscape={"kind": "table", "path": str(table())})
    (here / "out" / "inputs").mkdir(parents=True)
    (here / "out" / "inputs" / "beliefs-00000000.csv").write_text("value,si")
    (here / "out" / "manifest.json.tmp").write_text('{"giv')
    assert len(load(run(raw, out=here / "out")).runs) == 2
    (here / "empty").mkdir()
    assert len(load(run(raw, out=here / "empty")).runs) == 2


@pytest.mark.parametrize(
    "damage",
    ["", "not json", "[]", "{}", '{"identity": {}, "resolved": {}}'],
    ids=["empty", "no json", "a list", "nothing in it", "hollow"],
)
def test_a_damaged_manifest_is_the_users_to_mend(
    damage: str, experiment: dict[str, Any], here: Path
) -> None:
    path = run(experiment, out=here / "out")
    (path / "manifest.json").write_text(damage)
    for act in (status, resume, lambda path: run(experiment, out=path), load):
        with pytest.raises(ExperimentError, match=r"manifest\.json|identity|changed"):
            act(path)


def test_an_experiment_that_was_changed_in_the_folder_is_not_resumed(
    experiment: dict[str, Any], here: Path
) -> None:
    path = run(experiment, out=here / "out")
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    manifest["resolved"]["selection"]["beta"] = 99.0
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    before = {p: p.read_bytes() for p in path.rglob("*") if p.is_file()}
    with pytest.raises(ExperimentError, match="changed"):
        resume(path, replicates=9)
    assert {p: p.read_bytes() for p in path.rglob("*") if p.is_file()} == before


def test_rows_of_another_version_are_not_added_to(experiment: dict[str, Any], here: Path) -> None:
    path = run(experiment, out=here / "out")
    manifest = json.loads((path / "manifest.json").read_text("utf-8"))
    manifest["identity"]["version"] -= 1  # when the same settings meant other rows
    (path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    with pytest.raises(ExperimentError, match="version"):
        resume(path, replicates=9)
    assert len(load(path).runs) == 8


def test_parts_go_on_after_those_of_another_writer(tmp_path: Path) -> None:
    tables = {"runs": pa.table({"run": [1]})}
    first, second = RunFolder(tmp_path), RunFolder(tmp_path)
    for folder in (first, second, first):
        with folder.locked():
            folder.append(tables)
            folder.append(tables)
    assert [path.stem for path in committed(tmp_path, "runs")] == [f"part-{n:06}" for n in range(6)]
