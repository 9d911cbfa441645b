"""Samples: points drawn from ranges of parameters, in place of a grid."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peckham.agents.randomness import stream

from .errors import ExperimentError, ExperimentWarning
from .experiment import Point
from .settings_paths import check_root, nearest

METHODS = ("sobol", "latin_hypercube", "morris", "random")
KEYS = ("method", "points", "ranges", "integers")
LEVELS = 4
"""Levels of each parameter in a Morris design."""

MOST_POINTS = 1_000_000


def sample_of(value: object, has_sweep: bool) -> dict[str, Any] | None:
    """Return the sample of an experiment file after checking it.

    Raises
    ------
    ExperimentError
        If it is wrong, or there is a sweep too.
    """
    if value is None:
        return None
    if has_sweep:
        raise ExperimentError(
            "sample: an experiment has a sweep or a sample, not both; leave out one"
        )
    if not isinstance(value, dict):
        raise ExperimentError(f"sample: must be a mapping of {', '.join(KEYS)}, got {value!r}")
    for key in value:
        if key not in KEYS:
            raise ExperimentError(f"sample.{key}: unknown key; {nearest(key, KEYS)}")
    method, points = value.get("method"), value.get("points")
    if method not in METHODS:
        raise ExperimentError(f"sample.method: must be one of {', '.join(METHODS)}, got {method!r}")
    if isinstance(points, bool) or not isinstance(points, int) or not 1 <= points <= MOST_POINTS:
        raise ExperimentError(
            f"sample.points: must be a whole number, 1 to {MOST_POINTS}, got {points!r}"
        )
    ranges = value.get("ranges")
    if not isinstance(ranges, dict) or not ranges:
        raise ExperimentError(
            f"sample.ranges: must be a mapping of paths to [low, high], got {ranges!r}"
        )
    integers = value.get("integers", [])
    if not isinstance(integers, list) or not all(path in ranges for path in integers):
        raise ExperimentError(
            f"sample.integers: must be a list of paths of sample.ranges, got {integers!r}"
        )
    for path, ends in ranges.items():
        check_range(path, ends, path in integers)
    check_number(method, points, len(ranges))
    return {"method": method, "points": points, "ranges": ranges, "integers": integers}


def check_range(path: str, ends: object, is_integer: bool) -> None:
    """Raise if the range of a path is wrong."""
    check_root(path, "sample.ranges")
    key = f"sample.ranges.{path}"
    if not isinstance(ends, list) or len(ends) != 2:
        raise ExperimentError(f"{key}: must be [low, high], got {ends!r}")
    for end in ends:
        if isinstance(end, bool) or not isinstance(end, int | float) or not math.isfinite(end):
            raise ExperimentError(f"{key}: low and high must be finite numbers, got {end!r}")
        if is_integer and end != int(end):
            raise ExperimentError(f"{key}: an integer needs whole ends, got {end!r}")
    if not ends[0] < ends[1]:
        raise ExperimentError(f"{key}: low must be below high, got {ends!r}")


def check_number(method: str, points: int, paths: int) -> None:
    """Raise or warn if a method has no design with this number of points."""
    if method == "morris" and points % (paths + 1):
        low = points // (paths + 1) * (paths + 1)
        near = [str(n) for n in (low, low + paths + 1) if n > 0]
        raise ExperimentError(
            f"sample.points: a Morris design of {paths} paths needs a multiple of {paths + 1}, "
            f"such as {' or '.join(near)}, got {points}"
        )
    if method == "sobol" and points & (points - 1):
        warnings.warn(
            f"sample.points: a Sobol sequence is balanced at powers of 2 only, got {points}",
            ExperimentWarning,
            stacklevel=2,
        )


def sampled_points(sample: dict[str, Any], seed: int) -> Iterator[Point]:
    """Yield the points of a sample. They depend on it and on the experiment's seed only.

    Parameters
    ----------
    sample : dict
        As `sample_of` returns it.
    seed : int
        The seed of the experiment. The points are drawn from its stream ``sample``.
    """
    ranges, integers = sample["ranges"], set(sample["integers"])
    shares = unit_points(sample["method"], sample["points"], len(ranges), seed)
    for row in shares.tolist():
        point: Point = {}
        for (path, (low, high)), share in zip(ranges.items(), row, strict=True):
            if path not in integers:
                point[path] = float(low + share * (high - low))
            elif sample["method"] == "morris":  # the ends are levels too
                point[path] = round(low + share * (high - low))
            else:
                point[path] = int(low) + min(int(share * (high - low + 1)), int(high - low))
        yield point


def unit_points(method: str, points: int, paths: int, seed: int) -> NDArray[np.float64]:
    """Return the points of a design in the unit cube, shape (points, paths)."""
    rng = stream(seed, "sample")
    if method == "random":
        return rng.random((points, paths))
    if method == "morris":
        return morris_points(points, paths, rng)
    from scipy.stats import qmc

    if method == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(paths, rng=rng).random(points))
    with warnings.catch_warnings():  # of the number of points, which was said
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(qmc.Sobol(paths, rng=rng).random(points))


def morris_points(points: int, paths: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the trajectories of a Morris design (Morris 1991, doi:10.2307/1269043)."""
    from SALib.sample import morris

    problem = {
        "num_vars": paths,
        "names": [f"x{k}" for k in range(paths)],
        "bounds": [[0.0, 1.0]] * paths,
    }
    seed = int(rng.integers(2**31))
    return np.asarray(
        morris.sample(problem, points // (paths + 1), num_levels=LEVELS, seed=seed), float
    )
