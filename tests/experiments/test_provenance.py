"""Provenance: a run folder says what made it, and stands on its own."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import subprocess
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from pandas.testing import assert_frame_equal

from peckham.agents.randomness import run_seed
from peckham.analysis import load
from peckham.experiments import read, resume, run
from peckham.experiments.design import design

Tiny = Callable[..., dict[str, Any]]
ROOT = Path(__file__).resolve().parents[2]


def manifest_of(path: Path) -> dict[str, Any]:
    found = json.loads((path / "manifest.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def test_the_manifest_says_what_made_the_folder(tiny: Tiny, here: Path) -> None:
    raw = tiny(conditions={"a": {}, "b": {"selection.beta": 1.0}})
    path = run(
        raw, out=here / "out", overrides={"battery.density": 0.5}, seed=11, replicates=3, workers=1
    )
    manifest = manifest_of(path)
    assert manifest["given"]["overrides"] == {"battery.density": 0.5}
    assert manifest["given"]["seed"] == 11
    assert manifest["given"]["replicates"] == 3
    assert manifest["given"]["workers"] == 1
    resolved = manifest["resolved"]
    assert (resolved["seed"], resolved["replicates"], resolved["name"]) == (11, 3, "tiny")
    assert resolved["battery"] == {"kind": "simple", "questions": 6, "held_out": 0, "density": 0.5}
    assert resolved["conditions"] == {"a": {}, "b": {"selection.beta": 1.0}}
    assert manifest["seeds"] == {"experiment": 11, "runs": [run_seed(11, k) for k in range(3)]}
    assert manifest["seeds"]["runs"] == load(path).runs.query("condition == 'a'")["seed"].tolist()
    assert len(manifest["identity"]["hash"]) == 64
    assert isinstance(manifest["identity"]["version"], int)
    assert manifest["versions"]["python"] == platform.python_version()
    for package in ("numpy", "numba", "mesa", "pandas", "pyarrow", "peckham"):
        assert manifest["versions"][package] == metadata.version(package)
    assert manifest["machine"]["system"]
    assert manifest["machine"]["cores"] >= 1
    assert manifest["status"] == {"state": "finished"}


def test_the_manifest_names_the_file_as_given(
    tiny: Tiny, write: Callable[[str, Any], Path], here: Path
) -> None:
    write("mine.yaml", tiny())
    assert manifest_of(run("mine.yaml", out=here / "out"))["given"]["experiment"] == "mine.yaml"


def test_the_manifest_names_the_commit(tiny: Tiny, here: Path) -> None:
    manifest = manifest_of(run(tiny(), out=here / "out"))
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        assert manifest["commit"] is None
        assert manifest["dirty"] is None
        return

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    assert manifest["commit"] == git("rev-parse", "HEAD")
    assert isinstance(manifest["dirty"], bool)


def test_what_is_resolved_is_the_whole_design(tiny: Tiny, here: Path) -> None:
    raw = tiny(
        controls=["neutral"],
        interventions=[{"kind": "adaptive_test", "name": "late", "at": [1, 2]}],
        conditions={"a": {}, "b": {"battery.kind": "similarity"}},
        sweep=[{"selection.beta": [1, 2]}, {"interventions.late.max_questions": [None, 8]}],
    )
    path = run(raw, out=here / "out")
    assert design(read(path / "manifest.json")) == design(read(raw))


# ------------------------------------------------------------ tables


def test_tables_are_copied_into_the_folder(
    tiny: Tiny, table: Callable[..., Path], here: Path
) -> None:
    first, second = table("one.csv"), table("deep/one.csv", shift=1.0)
    raw = tiny(
        landscape={"kind": "table", "path": str(first)},
        conditions={"a": {}, "b": {"landscape.path": str(second)}},
    )
    path = run(raw, out=here / "out")
    digests = {hashlib.sha256(p.read_bytes()).hexdigest() for p in (path / "inputs").iterdir()}
    assert digests == {hashlib.sha256(p.read_bytes()).hexdigest() for p in (first, second)}
    resolved = manifest_of(path)["resolved"]
    for copied in (resolved["landscape"]["path"], resolved["conditions"]["b"]["landscape.path"]):
        assert not Path(copied).is_absolute()
        assert (path / copied).is_file()


def test_a_folder_can_be_moved_and_needs_the_original_table_no_more(
    tiny: Tiny, table: Callable[..., Path], here: Path
) -> None:
    source = table("one.csv")
    raw = tiny(landscape={"kind": "table", "path": str(source)})
    whole = run(raw, out=here / "whole", replicates=4)
    path = run(raw, out=here / "out")
    source.unlink()
    moved = here / "far" / "away"
    moved.parent.mkdir()
    path.rename(moved)
    resume(moved, replicates=4)
    assert_frame_equal(
        load(moved).runs.drop(columns="seconds"), load(whole).runs.drop(columns="seconds")
    )


def test_a_table_that_was_changed_in_the_folder_is_noticed(
    tiny: Tiny, table: Callable[..., Path], here: Path
) -> None:
    path = run(tiny(landscape={"kind": "table", "path": str(table("one.csv"))}), out=here / "out")
    (copy,) = (path / "inputs").iterdir()
    copy.write_text(copy.read_text("utf-8").replace("-3", "-4", 1), "utf-8")
    with pytest.raises(ValueError, match=r"inputs.*changed|changed.*inputs"):
        resume(path, replicates=4)
