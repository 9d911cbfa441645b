"""What the tests of experiments share: a small experiment, and files to write it to."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from peckham.agents.parameters.spec import ModelSpec
from peckham.experiments.design import Design

TINY: dict[str, Any] = {
    "name": "tiny",
    "generations": 3,
    "replicates": 2,
    "seed": 7,
    "population": {"size": 12, "beliefs_per_agent": 4, "capability": {"mean": 40.0, "sd": 2.0}},
    "landscape": {"beliefs": 40},
    "battery": {"questions": 6, "density": 0.3},
    "selection": {"beta": 3.0},
}


@pytest.fixture
def tiny() -> Callable[..., dict[str, Any]]:
    """Return a function that gives the small experiment, with some blocks replaced."""

    def build(**blocks: Any) -> dict[str, Any]:
        return {**copy.deepcopy(TINY), **blocks}

    return build


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty folder the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(here: Path) -> Callable[[str, Any], Path]:
    """Return a function that writes a text, or data as YAML, to a file in the current folder."""

    def to_file(name: str, content: Any) -> Path:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else yaml.safe_dump(content, sort_keys=False)
        path.write_text(text, "utf-8")
        return path

    return to_file


@pytest.fixture
def table(write: Callable[[str, Any], Path]) -> Callable[..., Path]:
    """Return a function that writes a table of 40 beliefs in two clusters."""

    def to_file(name: str = "beliefs.csv", shift: float = 0.0) -> Path:
        rows = [f"{i % 7 - 3 + shift},{i % 5 - 2}.5,{['left', 'right'][i % 2]}" for i in range(40)]
        return write(name, "value,signal,cluster\n" + "\n".join(rows) + "\n")

    return to_file


@pytest.fixture
def specs() -> Callable[[Design], dict[Any, ModelSpec]]:
    """Return a function that gives a design's parameters by condition, swept values, control."""

    def by_key(plan: Design) -> dict[Any, ModelSpec]:
        found = {(v.condition, *v.swept.values(), v.control): v.spec for v in plan.variants}
        assert len(found) == len(plan.variants)
        return found

    return by_key
