"""The published results, stored as package data with a citation and caveats."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

from peckham.agents.measures.measure import RENAMED
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
    """Return the citation, the caveats, and the published conditions of each scenario."""
    return loads((FOLDER / "about.yaml").read_text("utf-8"), "about.yaml")


@lru_cache
def figures(which: str) -> pd.DataFrame:
    """Return a table of published results.

    Parameters
    ----------
    which : {"final", "trajectories"}
        ``final`` has one row per run with its final measures. ``trajectories``
        has one row per condition and generation, with means and standard
        deviations (ddof 1) over runs.
    """
    table = pd.read_csv(StringIO((FOLDER / about()["files"][which]).read_text("utf-8")))
    return table.rename(columns=RENAMED)


@dataclass(frozen=True)
class RunSet:
    """The published runs of one condition, identified by suite and condition."""

    suite: str
    condition: str

    def __str__(self) -> str:
        return f"{self.suite}/{self.condition}"

    def of(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of these runs in a table of results."""
        return table[(table["suite"] == self.suite) & (table["condition"] == self.condition)]


@lru_cache
def published_conditions() -> dict[str, tuple[RunSet, ...]]:
    """Return the published sets of runs, keyed by `fingerprint` of their parameters.

    A condition may have several sets, published with different seeds. A set that
    was published under several names is listed once. A condition whose runs are
    not in the package has no set.
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
    """Return the parameters of a scenario's condition with some settings replaced."""
    settings = dict(settings)
    tree = experiment.base
    for path, value in experiment.conditions.get(settings.pop("condition", ""), {}).items():
        tree = replaced(tree, path, value)
    for path, value in settings.items():
        tree = replaced(tree, path, value)
    return resolve(tree)


def fingerprint(spec: ModelSpec) -> str:
    """Return all parameters that affect the results of a run, as text. Recording does not."""
    return json.dumps(spec.model_dump(exclude={"record"}))
