"""Parsing of experiment data, with error messages that say how to fix the file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peckham.agents.parameters.names import fault_of_name
from peckham.agents.parameters.paths import PathError, Tree, replaced
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import SpecError, validated

from .errors import ExperimentError
from .experiment import KEYS, MODEL_KEYS, Experiment, Point
from .samples import sample_of
from .settings_paths import check_root, nearest, point_with_absolute_paths, with_absolute_paths
from .sweeps import grids_of


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
        sample=sample_of(data.get("sample"), bool(data.get("sweep"))),
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
