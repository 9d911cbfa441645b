"""The design of an experiment: conditions × sweep × controls × replicates."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from peckham.agents.parameters.paths import PathError, Tree, replaced, value_at
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import SpecError, resolve
from peckham.agents.randomness import run_seed

from .errors import ExperimentError
from .experiment import Experiment, Point
from .inputs import input_name, table_of
from .samples import sampled_points
from .sweeps import grid_paths, grid_points, swept_paths

SEED_BATCH = 64
"""Number of seeds computed together, which is five times as fast as one by one between runs."""


@dataclass(frozen=True)
class Variant:
    """One kind of run: the row key and parameters that its replicates share.

    Attributes
    ----------
    condition : str
        Name of the condition.
    control : {"none", "neutral"}
        ``neutral`` for a neutral twin, else ``none``.
    swept : dict
        The value of every path that the experiment sweeps. It is null if the
        variant has no such parameter.
    spec : ModelSpec
        The parameters.
    points : tuple of str
        The points of the sweep that lead to it, as JSON. Variants of two conditions
        that have a point in common differ by their conditions only.
    """

    condition: str
    control: str
    swept: dict[str, Any]
    spec: ModelSpec
    points: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlannedRun:
    """One run: its number in the folder, variant, replicate and seed."""

    run: int
    variant: int
    replicate: int
    seed: int


@dataclass(frozen=True)
class Design:
    """All variants and runs of an experiment.

    Runs are numbered replicate by replicate, so that adding replicates does not
    change the existing numbers.
    """

    variants: tuple[Variant, ...]
    replicates: int
    seed: int

    @property
    def size(self) -> int:
        """Number of runs."""
        return len(self.variants) * self.replicates

    @property
    def swept(self) -> tuple[str, ...]:
        """The swept paths, in order."""
        return tuple(self.variants[0].swept)

    def __iter__(self) -> Iterator[PlannedRun]:
        for first in range(0, self.replicates, SEED_BATCH):
            batch = range(first, min(first + SEED_BATCH, self.replicates))
            seeds = [run_seed(self.seed, replicate) for replicate in batch]
            for replicate, seed in zip(batch, seeds, strict=True):
                for variant in range(len(self.variants)):
                    run = replicate * len(self.variants) + variant
                    yield PlannedRun(run, variant, replicate, seed)


def design(experiment: Experiment) -> Design:
    """Return the design of an experiment, with the parameters of every run resolved and checked.

    A point that belongs to two grids is run once.

    Raises
    ------
    ExperimentError
        If the parameters of any run are invalid, or an override has no effect.
    """
    check_conditions(experiment)
    paths = swept_paths(experiment.sweep, experiment.sample)
    every_point = list(points(experiment))
    effective: set[str] = set()
    variants: dict[str, Variant] = {}
    for condition, settings in experiment.conditions.items():
        for point in every_point:
            place = where(condition, point, len(experiment.conditions))
            tree = varied(experiment.base, settings, f"conditions.{condition}: ")
            tree = varied(tree, point, f"sweep{place}: ")
            applied = [*settings, *point]
            kept = {o for o in experiment.overrides if not any(covers(p, o) for p in applied)}
            for control in ("none", *experiment.controls):
                try:
                    spec = resolve({**tree, "control": control})
                except SpecError as error:
                    raise ExperimentError(f"{error}{place}") from None
                dump = spec.model_dump()
                effective |= {path for path in kept if has_path(dump, path)}
                swept = {path: value_in_use(spec, dump, path) for path in paths}
                check_point(point, swept, place)
                key = json.dumps([condition, dump])
                known = variants.setdefault(key, Variant(condition, control, swept, spec))
                here = json.dumps(point, sort_keys=True)
                variants[key] = replace(known, points=(*known.points, here))
    unused = [path for path in experiment.overrides if path not in effective]
    if unused:
        raise ExperimentError(
            f"{unused[0]}: every run sets this by its condition or sweep, so the override "
            "would do nothing; change it in the condition or sweep"
        )
    distinct = with_one_type_per_path(list(variants.values()), paths)
    check_keys(distinct)
    return Design(tuple(distinct), experiment.replicates, experiment.seed)


def check_conditions(experiment: Experiment) -> None:
    """Raise if every point of the sweep overrides everything that a condition sets."""
    sampled = experiment.sample["ranges"] if experiment.sample else {}
    grids = [[*grid_paths(grid)] for grid in experiment.sweep] or [[*sampled]]
    for condition, settings in experiment.conditions.items():
        overridden = [
            path
            for path in settings
            if all(any(covers(swept, path) for swept in grid) for grid in grids)
        ]
        if settings and len(overridden) == len(settings):
            raise ExperimentError(
                f"conditions.{condition}: every point of the sweep sets {', '.join(overridden)}, "
                "so the condition would do nothing; leave it out of the condition or of the sweep"
            )


def check_point(point: Point, swept: dict[str, Any], place: str) -> None:
    """Raise if a path of a point no longer leads to what the point set.

    The column of that path would be null, and would not tell the runs apart.
    """
    for path, value in point.items():
        if value is not None and swept[path] is None:
            raise ExperimentError(
                f"sweep.{path}: the value {value!r} is not at this path in the run, because the "
                "point renames the item or clears the setting; give the item a name, or sweep "
                f"another path{place}"
            )


def with_one_type_per_path(variants: list[Variant], paths: list[str]) -> list[Variant]:
    """Return the variants with text in place of the values of paths that mix types."""
    mixed = [
        path
        for path in paths
        if len({kind_of_scalar(v.swept[path]) for v in variants} - {None}) > 1
    ]
    if not mixed:
        return variants
    return [
        replace(v, swept=v.swept | {path: as_text(v.swept[path]) for path in mixed})
        for v in variants
    ]


def kind_of_scalar(value: Any) -> str | None:
    """Return the type of the column that can hold a value, None if it is null."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"


def as_text(value: Any) -> str | None:
    """Return a scalar as YAML writes it."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value)


def check_keys(variants: list[Variant]) -> None:
    """Raise if the rows of two kinds of run would have equal keys."""
    known: set[tuple[Any, ...]] = set()
    for variant in variants:
        # 0.0 and -0.0 are equal in every table, and so are 1 and 1.0
        key = (variant.condition, variant.control, *variant.swept.values())
        if key in known:
            at = where(variant.condition, variant.swept, len(variants))
            raise ExperimentError(
                f"sweep: two kinds of run cannot be told apart by their condition and swept "
                f"values{at}; leave out one of them, or sweep a path that differs"
            )
        known.add(key)


def points(experiment: Experiment) -> Iterator[Point]:
    """Yield the points of the sweep or of the sample, or one empty point if there is neither."""
    if experiment.sample:
        yield from sampled_points(experiment.sample, experiment.seed)
    else:
        yield from grid_points(experiment.sweep)


def varied(tree: Tree, point: Point, place: str) -> Tree:
    """Return the tree with the values of a point set."""
    for path, value in point.items():
        try:
            tree = replaced(tree, path, value)
        except PathError as error:
            raise ExperimentError(f"{place}{error}") from None
    return tree


def value_in_use(spec: ModelSpec, dump: Tree, path: str) -> Any:
    """Return the value at a path. A table's path is replaced by its place in the run folder."""
    table = table_of(spec)
    if path == "landscape.path" and table:
        return input_name(table)
    value = value_at(dump, path)
    # a scaling may be given by its kind alone
    return value.get("kind") if isinstance(value, dict) else value


def has_path(dump: Tree, path: str) -> bool:
    """Return whether a run has a value at a path, including null."""
    above, _, last = path.rpartition(".")
    if last == "name":  # a renamed item is no longer at its old path
        return True
    holder = value_at(dump, above) if above else dump
    return last in holder if isinstance(holder, dict) else value_at(dump, path) is not None


def covers(path: str, other: str) -> bool:
    """Return whether setting `path` replaces the value at `other`."""
    return other == path or other.startswith(f"{path}.")


def where(condition: str, point: Point, conditions: int) -> str:
    """Describe which kind of run an error is about, if there are several."""
    parts = [f"{path} = {value}" for path, value in point.items()]
    if conditions > 1:
        parts.insert(0, f"condition {condition}")
    return f" (at {', '.join(parts)})" if parts else ""
