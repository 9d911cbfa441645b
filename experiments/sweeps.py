"""Sweeps: grids of values, ranges, and paths that vary together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from .errors import ExperimentError
from .experiment import Point
from .settings_paths import check_root, nearest, point_with_absolute_paths

ZIP = "zip"
"""The key of a grid under which paths vary together."""

RANGE = ("start", "stop", "num", "step", "log")
MOST_VALUES = 10_000


def grids_of(value: object, directory: Path) -> list[dict[str, Any]]:
    """Return the grids of a sweep, given as one grid or a list of grids, with ranges written out.

    Raises
    ------
    ExperimentError
        If a grid is wrong.
    """
    if value is None:
        return []
    grids: list[Any] = value if isinstance(value, list) else [value]
    found = []
    for grid in grids:
        if not isinstance(grid, dict):
            raise ExperimentError(
                f"sweep: must be a mapping of paths to lists, or a list of mappings, got {grid!r}"
            )
        crossed = {path: values for path, values in grid.items() if path != ZIP}
        read: dict[str, Any] = {
            path: values_of(path, values, directory) for path, values in crossed.items()
        }
        if ZIP in grid:
            read[ZIP] = zipped(grid[ZIP], [*crossed], directory)
        if read:
            found.append(read)
    return found


def zipped(value: object, crossed: Sequence[str], directory: Path) -> dict[str, list[Any]]:
    """Return the paths of a grid that vary together.

    Raises
    ------
    ExperimentError
        If their values differ in number, or a path is crossed too.
    """
    if not isinstance(value, dict) or not value:
        raise ExperimentError(f"sweep.{ZIP}: must be a mapping of paths to lists, got {value!r}")
    read = {
        path: values_of(path, values, directory, is_zipped=True) for path, values in value.items()
    }
    counts = {path: len(values) for path, values in read.items()}
    if len(set(counts.values())) > 1:
        listed = ", ".join(f"{path} has {count}" for path, count in counts.items())
        raise ExperimentError(f"sweep.{ZIP}: all lists must be equally long, but {listed}")
    for path in read:
        if path in crossed:
            raise ExperimentError(
                f"sweep.{ZIP}.{path}: the same grid sweeps {path} outside {ZIP} too; leave one out"
            )
    rows = list(zip(*read.values(), strict=True))
    if len({tuple((isinstance(v, bool), v) for v in row) for row in rows}) < len(rows):
        raise ExperimentError(f"sweep.{ZIP}: a combination of values is listed twice")
    return read


def values_of(path: str, values: object, directory: Path, *, is_zipped: bool = False) -> list[Any]:
    """Return the values of a swept path; a range is written out.

    Raises
    ------
    ExperimentError
        If they are wrong.
    """
    check_root(path, "sweep")
    if isinstance(values, dict):
        return spread(path, values)
    if not isinstance(values, list) or not values:
        raise ExperimentError(
            f"sweep.{path}: must be a list of scalars or a range such as "
            f"{{start: 0, stop: 1, num: 5}}, got {values!r}"
        )
    for scalar in values:
        if isinstance(scalar, dict | list):
            raise ExperimentError(f"sweep.{path}: must hold scalars only, got {scalar!r}")
        if isinstance(scalar, float) and not math.isfinite(scalar):
            raise ExperimentError(f"sweep.{path}: must be finite, got {scalar!r}")
    if not is_zipped and len({(isinstance(s, bool), s) for s in values}) < len(values):
        raise ExperimentError(f"sweep.{path}: a value is listed twice in {values!r}")
    return [point_with_absolute_paths(path, scalar, directory) for scalar in values]


def spread(path: str, given: dict[str, Any]) -> list[Any]:
    """Return the values of a range, both ends included. They are integers if all are whole.

    Raises
    ------
    ExperimentError
        If the range is wrong.
    """
    key = f"sweep.{path}"
    for name in given:
        if name not in RANGE:
            raise ExperimentError(f"{key}.{name}: unknown key; {nearest(name, RANGE)}")
    if ("num" in given) == ("step" in given) or not {"start", "stop"} <= given.keys():
        raise ExperimentError(f"{key}: a range needs start, stop, and one of num and step, got "
                              f"{given!r}")  # fmt: skip
    for name in ("start", "stop", "step"):
        number = given.get(name, 0)
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise ExperimentError(f"{key}.{name}: must be a number, got {number!r}")
        if not math.isfinite(number):
            raise ExperimentError(f"{key}.{name}: must be finite, got {number!r}")
    log = given.get("log", False)
    if not isinstance(log, bool):
        raise ExperimentError(f"{key}.log: must be true or false, got {log!r}")
    values = stepped(key, given, log) if "step" in given else spaced(key, given, log)
    ends = (given["start"], given["stop"], given.get("step", 0))
    if all(isinstance(end, int) for end in ends) and all(v == int(v) for v in values):
        return [int(v) for v in values]
    return [float(v) for v in values]


def stepped(key: str, given: dict[str, Any], log: bool) -> list[Decimal]:
    """Return start, start + step and so on up to stop, in decimals."""
    start, stop, step = (Decimal(repr(given[name])) for name in ("start", "stop", "step"))
    if log:
        raise ExperimentError(f"{key}.log: needs num in place of step")
    if step == 0 or (stop - start) / step < 0:
        raise ExperimentError(f"{key}.step: must lead from {start} to {stop}, got {step}")
    count = int((stop - start) / step) + 1
    if count > MOST_VALUES:
        raise ExperimentError(f"{key}: at most {MOST_VALUES} values, got {count}; raise the step")
    return [start + k * step for k in range(count)]


def spaced(key: str, given: dict[str, Any], log: bool) -> list[float]:
    """Return num values from start to stop, evenly or geometrically spaced."""
    start, stop, num = given["start"], given["stop"], given["num"]
    least = 1 if start == stop else 2
    if isinstance(num, bool) or not isinstance(num, int) or not least <= num <= MOST_VALUES:
        raise ExperimentError(
            f"{key}.num: must be a whole number, {least} to {MOST_VALUES}, got {num!r}"
        )
    if start == stop and num > 1:
        raise ExperimentError(f"{key}: start and stop are equal, so num must be 1, got {num}")
    if log and not (start > 0 and stop > 0):
        raise ExperimentError(f"{key}.log: start and stop must be above 0, got {start} and {stop}")
    found = np.geomspace(start, stop, num) if log else np.linspace(start, stop, num)
    # fifteen digits, so that a tenth of the way from 0 to 3 is 0.3
    return [float(f"{value:.15g}") for value in found]


def grid_paths(grid: dict[str, Any]) -> Iterator[str]:
    """Yield the paths of a grid, in order."""
    for path, values in grid.items():
        if path == ZIP:
            yield from values
        else:
            yield path


def grid_points(grids: Sequence[dict[str, Any]]) -> Iterator[Point]:
    """Yield the points of each grid, or one empty point if there is no grid."""
    for grid in grids or [{}]:
        axes = []
        for path, values in grid.items():
            if path == ZIP:
                rows = zip(*values.values(), strict=True)
                axes.append([dict(zip(values, row, strict=True)) for row in rows])
            else:
                axes.append([{path: value} for value in values])
        for chosen in product(*axes):
            yield {path: value for part in chosen for path, value in part.items()}


def swept_paths(grids: Sequence[dict[str, Any]], sample: dict[str, Any] | None) -> list[str]:
    """Return the paths that a sweep or a sample sets, in order."""
    if sample:
        return list(sample["ranges"])
    return list(dict.fromkeys(path for grid in grids for path in grid_paths(grid)))
