"""What the tests of the command line share: calling it, and looking at what it wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from peckham.analysis import load

SCRIPT = Path(sys.executable).with_name("peckham")
COMMAND = (
    [str(SCRIPT)]
    if SCRIPT.exists()
    else [sys.executable, "-c", "from peckham.analysis.cli import main; main()"]
)
TIMEOUT = 300
"""Seconds after which a command counts as stuck; none should come near it."""

TINY: dict[str, Any] = {
    "name": "tiny",
    "generations": 3,
    "replicates": 2,
    "population": {"size": 12, "beliefs_per_agent": 4},
    "landscape": {"beliefs": 40},
    "battery": {"questions": 6, "density": 0.3},
}


@dataclass(frozen=True)
class Answer:
    """What a command said, and its exit code."""

    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture(scope="session")
def peckham() -> Call:
    """Return a function that runs ``peckham`` in a process of its own."""

    def call(*arguments: str | Path, cwd: Path, command: list[str] | None = None) -> Answer:
        done = subprocess.run(
            [*(command or COMMAND), *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
            env={**os.environ, "PYTHONUTF8": "1"},
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return call


@pytest.fixture
def main(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Call:
    """Return a function that runs ``peckham`` in this process, which is quicker."""
    from peckham.analysis.cli import main

    def call(*arguments: str | Path, cwd: Path) -> Answer:
        monkeypatch.chdir(cwd)
        monkeypatch.setattr(sys, "argv", ["peckham", *map(str, arguments)])
        capfd.readouterr()
        code: Any = 0
        try:
            main()
        except SystemExit as end:
            code = end.code or 0
        out, err = capfd.readouterr()
        return Answer(code, out, err)

    return call


@pytest.fixture(scope="session")
def tree() -> Callable[[Path], dict[str, bytes | None]]:
    """Return a function that gives all files below a folder and their content, folders too."""

    def look(folder: Path) -> dict[str, bytes | None]:
        return {
            str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))
        }

    return look


@pytest.fixture(scope="session")
def rows() -> Callable[[Path], dict[str, pd.DataFrame]]:
    """Return a function that gives the tables of a run folder, without the time runs took."""

    def read(path: Path) -> dict[str, pd.DataFrame]:
        log = load(path)
        tables = {name: getattr(log, name) for name in ("runs", "generations", "events", "agents")}
        tables["runs"] = tables["runs"].drop(columns="seconds")
        return tables

    return read


@pytest.fixture(scope="session")
def tiny() -> Callable[..., dict[str, Any]]:
    """Return a function that gives a small experiment, with some blocks replaced."""
    return lambda **blocks: {**TINY, **blocks}


@pytest.fixture(scope="session")
def to_yaml() -> Callable[[Path, Any], Path]:
    """Return a function that writes a text, or data as YAML, to a file."""

    def write(path: Path, content: Any) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        path.write_text(text, "utf-8")
        return path

    return write
