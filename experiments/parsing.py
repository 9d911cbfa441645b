"""Parsing of experiment data, with error messages that say how to fix the file."""

from __future__ import annotations

import math
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from peckham.agents.parameters.names import fault_of_name
from peckham.agents.parameters.paths import PathError, Tree, replaced
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import SpecError, validated

from .errors import ExperimentError
from .experiment import KEYS, MODEL_KEYS, TOP_LEVEL_ONLY, Experiment, Point


def parse(
    raw: Mapping[str, Any],
    directory: Path,
    *,
    name: str = "experiment",
    overrides: Mapping[str, Any] | None = None,
) -> Experiment:
    """Return the experiment that the data of a file describe.

    Parameters
    ----------
    raw : mapping
        The data of the file.
    directory : Path
        Folder that relative paths start from.
    name : str
        Name of the experiment if the data have none.
    overrides : mapping, optional
        Paths and values that replace those of the base. Relative paths of
        tables in them start from the current directory.

    Raises
    ------
    ExperimentError
        If the experiment is invalid.
    """
    if not isinstance(raw, Mapping):
        raise ExperimentError(
            f"an experiment must be a mapping of blocks, got {type(raw).__name__}"
        )
    overrides = {str(path): as_python(value) for path, value in (overrides or {}).items()}
    data = as_python(raw)
    for path, value in overrides.items():
        if path.split(".")[0] not in MODEL_KEYS:
            data[path] = value
    for key in data:
        if key not in KEYS:
            raise ExperimentError(f"{key}: unknown key; {nearest(key, KEYS)}")
    base: Tree = {key: data[key] for key in MODEL_KEYS if key in data}
    base = with_absolute_paths(base, directory)
    try:
        for path, value in overrides.items():
            if path.split(".")[0] in MODEL_KEYS:
                base = with_absolute_paths(replaced(base, path, value), Path.cwd())
        base = filled(base)
    except (SpecError, PathError) as error:
        raise ExperimentError(str(error)) from None
    return Experiment(
        name=valid_name(data.get("name", name)),
        base=base,
        conditions=conditions_of(data.get("conditions"), directory),
        sweep=grids_of(data.get("sweep"), directory),
        controls=controls_of(data.get("controls", [])),
        replicates=whole("replicates", data.get("replicates", 50), 1),
        seed=whole("seed", data.get("seed", 1), 0),
        description=text("description", data.get("description", "")),
        source=text("source", data.get("source", "")),
        overrides=[path for path in overrides if path.split(".")[0] in MODEL_KEYS],
    )


def filled(base: Tree) -> Tree:
    """Return the base with all defaults filled in.

    The base may lack a parameter that has no default, because conditions can
    supply it. Its blocks are then left unchanged.

    Raises
    ------
    SpecError
        If the base is invalid for another reason.
    """
    try:
        return validated(base).model_dump(exclude={"control"})
    except SpecError as error:
        if not error.is_missing:
            raise
    return {**ModelSpec().model_dump(exclude={"control"}), **base}


def nearest(word: str, known: tuple[str, ...]) -> str:
    """Suggest the known name that is closest to a word."""
    near = get_close_matches(word, known, 1, cutoff=0.5)
    listed = f"known: {', '.join(known)}"
    return f"did you mean {near[0]!r}? ({listed})" if near else listed


def as_python(value: Any) -> Any:
    """Convert NumPy scalars to Python scalars, mappings to dicts and sequences to lists.

    Raises
    ------
    ExperimentError
        If two keys of a mapping are equal as text.
    """
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for key, item in value.items():
            if str(key) in found:
                raise ExperimentError(f"{str(key)!r}: given twice, as a text and as a number")
            found[str(key)] = as_python(item)
        return found
    if isinstance(value, list | tuple):
        return [as_python(item) for item in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value) if isinstance(value, Path) else value


def with_absolute_paths(tree: Tree, directory: Path) -> Tree:
    """Return the tree with an absolute path for the landscape's table."""
    landscape = tree.get("landscape")
    if isinstance(landscape, dict) and isinstance(landscape.get("path"), str):
        path = absolute(landscape["path"], directory)
        return {**tree, "landscape": {**landscape, "path": path}}
    return tree


def absolute(path: str, directory: Path) -> str:
    """Return an absolute path."""
    return str((directory / path).resolve())


def point_with_absolute_paths(path: str, value: Any, directory: Path) -> Any:
    """Return the value of a parameter, with absolute paths for tables in it."""
    if path == "landscape.path" and isinstance(value, str):
        return absolute(value, directory)
    if path == "landscape" and isinstance(value, dict):
        return with_absolute_paths({"landscape": value}, directory)["landscape"]
    return value


def check_name(key: str, name: str) -> str:
    """Return the name of an experiment or a condition, if tables and terminals can show it.

    Raises
    ------
    ExperimentError
        If it is empty, too long, or has control or direction characters.
    """
    if fault := fault_of_name(name):
        raise ExperimentError(f"{key}: {fault}")
    return name


def valid_name(value: object) -> str:
    """Return the name of an experiment, which must be usable as a folder name."""
    if not isinstance(value, str) or set(value) & set("/\\"):
        raise ExperimentError(f"name: must be a string without slashes, got {value!r}")
    if value in (".", ".."):
        raise ExperimentError(f"name: must be usable as a folder name, got {value!r}")
    return check_name("name", value)


def text(key: str, value: object) -> str:
    """Return a value if it is a string.

    Raises
    ------
    ExperimentError
        If it is not.
    """
    if not isinstance(value, str):
        raise ExperimentError(f"{key}: must be a string, got {value!r}")
    return value


def whole(key: str, value: object, least: int) -> int:
    """Return a value as an int, if it is a whole number of at least `least`.

    NumPy's integers are whole numbers too.

    Raises
    ------
    ExperimentError
        If it is not.
    """
    value = as_python(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ExperimentError(f"{key}: must be a whole number, at least {least}, got {value!r}")
    return value


def controls_of(value: object) -> list[str]:
    """Return the list of controls after checking it."""
    if not isinstance(value, list):
        raise ExperimentError(f"controls: must be a list, such as [neutral], got {value!r}")
    for control in value:
        if control != "neutral":
            raise ExperimentError(f"controls: the only control is neutral, got {control!r}")
    if len(value) > 1:
        raise ExperimentError("controls: neutral is listed twice; list it once")
    return list(value)


def check_root(path: object, key: str) -> str:
    """Return a path if it may be set by conditions and sweeps."""
    if not isinstance(path, str):
        raise ExperimentError(
            f"{key}: a path must be a string such as selection.beta, got {path!r}"
        )
    root = path.split(".")[0]
    if root in (*TOP_LEVEL_ONLY, "conditions", "sweep"):
        raise ExperimentError(
            f"{key}: {root} is allowed only at the top level of the file; move it there"
        )
    if root not in MODEL_KEYS:
        raise ExperimentError(f"{key}: {path}: unknown key {root!r}; {nearest(root, MODEL_KEYS)}")
    return path


def conditions_of(value: object, directory: Path) -> dict[str, Point]:
    """Return the conditions; by default, one condition named ``base``."""
    if value is None:
        return {"base": {}}
    if not isinstance(value, dict) or not value:
        raise ExperimentError(f"conditions: must be a mapping of names to settings, got {value!r}")
    conditions: dict[str, Point] = {}
    for name, settings in value.items():
        key = f"conditions.{check_name('conditions', name)}"
        point: Any = {} if settings is None else settings
        if not isinstance(point, dict):
            raise ExperimentError(f"{key}: must be a mapping of paths to values, got {point!r}")
        conditions[name] = {
            check_root(path, key): point_with_absolute_paths(path, setting, directory)
            for path, setting in point.items()
        }
    return conditions


def grids_of(value: object, directory: Path) -> list[dict[str, list[Any]]]:
    """Return the grids of a sweep, given as one grid or a list of grids."""
    if value is None:
        return []
    grids: list[Any] = value if isinstance(value, list) else [value]
    for grid in grids:
        if not isinstance(grid, dict):
            raise ExperimentError(
                f"sweep: must be a mapping of paths to lists, or a list of mappings, got {grid!r}"
            )
        for path, values in grid.items():
            check_root(path, "sweep")
            if not isinstance(values, list) or not values:
                raise ExperimentError(f"sweep.{path}: must be a list of scalars, got {values!r}")
            for scalar in values:
                if isinstance(scalar, dict | list):
                    raise ExperimentError(f"sweep.{path}: must hold scalars only, got {scalar!r}")
                if isinstance(scalar, float) and not math.isfinite(scalar):
                    raise ExperimentError(f"sweep.{path}: must be finite, got {scalar!r}")
            if len({(isinstance(scalar, bool), scalar) for scalar in values}) < len(values):
                raise ExperimentError(f"sweep.{path}: a value is listed twice in {values!r}")
    return [
        {
            path: [point_with_absolute_paths(path, scalar, directory) for scalar in values]
            for path, values in grid.items()
        }
        for grid in grids
        if grid
    ]
