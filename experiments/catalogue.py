"""The scenarios that come with the program."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from .errors import ExperimentError
from .yaml_files import loads

FOLDER = files("peckham.experiments") / "scenarios"


def scenario_names() -> list[str]:
    """Return the scenarios' names in alphabetical order."""
    return sorted(
        entry.name.removesuffix(".yaml")
        for entry in FOLDER.iterdir()
        if entry.name.endswith(".yaml")
    )


def scenario(name: str) -> dict[str, Any]:
    """Return a scenario's experiment file as data.

    Raises
    ------
    ExperimentError
        If there is no such scenario.
    """
    from difflib import get_close_matches

    names = scenario_names()
    if name not in names:
        near = get_close_matches(name, names, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
        raise ExperimentError(
            f"no scenario is called {name!r}, and no file of that name is here; {hint}"
        )
    data = loads((FOLDER / f"{name}.yaml").read_text("utf-8"), name)
    assert isinstance(data, dict)
    return data
