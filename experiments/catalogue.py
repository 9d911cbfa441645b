"""The scenarios included in the package."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from .errors import ExperimentError
from .yaml_files import loads

FOLDER = files("peckham.experiments") / "scenarios"


def scenario_names() -> list[str]:
    """Return the names of the scenarios in alphabetical order."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in FOLDER.iterdir()
        if entry.name.endswith(".yaml")
    )


def scenario(name: str) -> dict[str, Any]:
    """Return the contents of a scenario's experiment file.

    Raises
    ------
    ExperimentError
        If there is no scenario of this name.
    """
    from difflib import get_close_matches

    names = scenario_names()
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known scenarios: {', '.join(names)}"
        raise ExperimentError(f"there is no scenario or file named {name!r}; {hint}")
    data = loads((FOLDER / f"{name}.yaml").read_text("utf-8"), name)
    assert isinstance(data, dict)
    return data
