"""The published figures, as package data with their citation and caveats."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from io import StringIO
from typing import Any

import pandas as pd

from peckham.agents.parameters import ModelSpec
from peckham.experiments.design import Variant, design
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


def published_conditions() -> dict[str, tuple[str, str]]:
    """Return (suite, published name) of each condition by its resolved parameters."""
    found = {}
    for suite, entry in about()["suites"].items():
        variants = design(read(entry["scenario"])).variants
        for name, key in entry["conditions"].items():
            for variant in variants:
                if matches(variant, key):
                    found[fingerprint(variant.spec)] = (suite, name)
    return found


def matches(variant: Variant, key: dict[str, Any]) -> bool:
    """Return whether a variant has the condition's name and the swept values of a key."""
    return all(
        (variant.condition if path == "condition" else variant.swept.get(path)) == value
        for path, value in key.items()
    )


def fingerprint(spec: ModelSpec) -> str:
    """Return what decides about the results of a run, as text: all but what is recorded."""
    return json.dumps(spec.model_dump(exclude={"record"}))
