"""What the tests of the analysis share: run folders to read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peckham.experiments import run

SMALL: dict[str, Any] = {
    "name": "small",
    "generations": 3,
    "replicates": 3,
    "population": {"size": 12, "beliefs_per_agent": 4},
    "landscape": {"beliefs": 40},
    "battery": {"questions": 6, "density": 0.3},
    "record": {"agents_at": [1]},
    "controls": ["neutral"],
    "conditions": {
        "clustered": {},
        "bivariate": {"landscape": {"kind": "bivariate", "beliefs": 40}},
    },
    "sweep": {"selection.beta": [0.0, 8.0]},
}


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of 24 small runs, in many parts that are not in the order of the runs."""
    path = tmp_path_factory.mktemp("small") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("peckham.experiments.execution.FLUSH_RUNS", 5)
        run(SMALL, out=path)
    parts = sorted((path / "runs").glob("part-*.parquet"))
    assert len(parts) == 5
    for table in ("runs", "generations", "events", "agents"):  # the first part becomes the last
        folder = path / table
        (folder / parts[0].name).rename(folder / "part-000099.parquet")
    return path


@pytest.fixture(scope="session")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of the seven published scenarios, three runs each, at full size."""
    return run("eicher2026-scenarios", replicates=3, out=tmp_path_factory.mktemp("l4") / "out")
