"""Paths that conditions, sweeps and samples set, and paths of tables in their values."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

from peckham.agents.parameters.paths import Tree

from .errors import ExperimentError
from .experiment import MODEL_KEYS, TOP_LEVEL_ONLY


def nearest(word: str, known: tuple[str, ...]) -> str:
    """Suggest the known name that is closest to a word."""
    near = get_close_matches(word, known, 1, cutoff=0.5)
    listed = f"known: {', '.join(known)}"
    return f"did you mean {near[0]!r}? ({listed})" if near else listed


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


def check_root(path: object, key: str) -> str:
    """Return a path if it may be set by conditions and sweeps."""
    if not isinstance(path, str):
        raise ExperimentError(
            f"{key}: a path must be a string such as selection.beta, got {path!r}"
        )
    root = path.split(".")[0]
    if root in (*TOP_LEVEL_ONLY, "conditions", "sweep", "sample"):
        raise ExperimentError(
            f"{key}: {root} is allowed only at the top level of the file; move it there"
        )
    if root not in MODEL_KEYS:
        raise ExperimentError(f"{key}: {path}: unknown key {root!r}; {nearest(root, MODEL_KEYS)}")
    return path
