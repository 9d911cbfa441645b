"""The published figures, as package data with their citation and caveats."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

from peckham.agents.parameters.paths import replaced
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import resolve
from peckham.experiments.design import design
from peckham.experiments.experiment import Experiment
from peckham.experiments.reading import read
from peckham.experiments.yaml_files import loads

FOLDER = files("peckham.analysis.published") / "eicher2026"


@lru_cache
def about() -> dict[str, Any]:
    """Return the citation, the caveats, and which condition of which scenario was published."""
    return loads((FOLDER / "about.yaml").read_text("utf-8"), "about.yaml")


@lru_cache
def figures(which: str) -> pd.DataFrame:
    """Return published figures.

    Parameters
    ----------
    which : {"final", "trajectories"}
        A row a run with its final measures, or a row a condition and
        generation with means and standard deviations (ddof 1) over runs.
    """
    return pd.read_csv(StringIO((FOLDER / about()["files"][which]).read_text("utf-8")))


@dataclass(frozen=True)
class RunSet:
    """The published runs of one condition: the name of its suite and its own."""

    suite: str
    condition: str

    def __str__(self) -> str:
        return f"{self.suite}/{self.condition}"

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return its rows of a table of figures."""
        return table[(table["suite"] == self.suite) & (table["condition"] == self.condition)]


@lru_cache
def published_conditions() -> dict[str, tuple[RunSet, ...]]:
    """Return what was published, by `fingerprint` of the parameters.

    A condition may have been published several times, with other seeds, and
    the same runs under several names: these are listed once. A condition
    whose runs are not part of the package has none.
    """
    found: dict[str, list[RunSet]] = {}
    seen: set[bytes] = set()
    for suite, entry in about()["suites"].items():
        experiment = read(entry["scenario"])
        for variant in design(experiment).variants:
            found.setdefault(fingerprint(variant.spec), [])
        for name, settings in entry["conditions"].items():
            runs = RunSet(suite, name)
            numbers = runs.of(figures("final")).drop(columns=["suite", "condition"])
            content = numbers.to_numpy().tobytes()
            if content not in seen:
                found[fingerprint(published_spec(experiment, settings))].append(runs)
            seen.add(content)
    return {key: tuple(runs) for key, runs in found.items()}


def published_spec(experiment: Experiment, settings: dict[str, Any]) -> ModelSpec:
    """Return the parameters of a scenario's condition with some settings over them."""
    settings = dict(settings)
    tree = experiment.base
    for path, value in experiment.conditions.get(settings.pop("condition", ""), {}).items():
        tree = replaced(tree, path, value)
    for path, value in settings.items():
        tree = replaced(tree, path, value)
    return resolve(tree)


def fingerprint(spec: ModelSpec) -> str:
    """Return what decides about the results of a run, as text: all but what is recorded."""
    return json.dumps(spec.model_dump(exclude={"record"}))
