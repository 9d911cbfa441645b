"""The design: conditions × sweep × controls × replicates, each a run with its seed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

from peckham.agents.parameters.paths import PathError, Tree, replaced, value_at
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import SpecError, resolve
from peckham.agents.randomness import run_seed

from .errors import ExperimentError
from .experiment import Experiment, Point
from .inputs import input_name, table_of

AT_ONCE = 64
"""So many seeds are worked out at once: each by itself, between runs, takes five times as long."""


@dataclass(frozen=True)
class Variant:
    """What the replicates of a design have in common: a row key and the parameters.

    Attributes
    ----------
    condition : str
        The condition's name.
    control : {"none", "neutral"}
        Whether it is a neutral twin.
    swept : dict
        The value in force at every path that the experiment sweeps; null where
        a variant has nothing there.
    spec : ModelSpec
        The parameters.
    """

    condition: str
    control: str
    swept: dict[str, Any]
    spec: ModelSpec


@dataclass(frozen=True)
class PlannedRun:
    """One run: its number in the folder, its variant, its replicate and its seed."""

    run: int
    variant: int
    replicate: int
    seed: int


@dataclass(frozen=True)
class Design:
    """All variants of an experiment, and its runs.

    Runs are numbered replicate by replicate, so that more replicates add
    numbers and change none.
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
        """The paths that are swept, in order."""
        return tuple(self.variants[0].swept)

    def __iter__(self) -> Iterator[PlannedRun]:
        for first in range(0, self.replicates, AT_ONCE):
            some = range(first, min(first + AT_ONCE, self.replicates))
            seeds = [run_seed(self.seed, replicate) for replicate in some]
            for replicate, seed in zip(some, seeds, strict=True):
                for variant in range(len(self.variants)):
                    run = replicate * len(self.variants) + variant
                    yield PlannedRun(run, variant, replicate, seed)


def design(experiment: Experiment) -> Design:
    """Return the design of an experiment, every run's parameters resolved and checked.

    A point that two grids have in common is run once.

    Raises
    ------
    ExperimentError
        If the parameters of any run are wrong, or an override is in vain.
    """
    paths = list(dict.fromkeys(path for grid in experiment.sweep for path in grid))
    effective: set[str] = set()
    variants: dict[str, Variant] = {}
    for condition, settings in experiment.conditions.items():
        for point in points(experiment.sweep):
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
                effective |= {path for path in kept if is_there(dump, path)}
                swept = {path: in_force(spec, dump, path) for path in paths}
                variant = Variant(condition, control, swept, spec)
                variants.setdefault(json.dumps([condition, dump]), variant)
    in_vain = [path for path in experiment.overrides if path not in effective]
    if in_vain:
        raise ExperimentError(
            f"{in_vain[0]}: every run sets this by its condition or sweep, so the override "
            "would do nothing; change it there"
        )
    return Design(tuple(variants.values()), experiment.replicates, experiment.seed)


def points(grids: list[dict[str, list[Any]]]) -> Iterator[Point]:
    """Yield the points of each grid; without a grid, one point that sets nothing."""
    for grid in grids or [{}]:
        for values in product(*grid.values()):
            yield dict(zip(grid, values, strict=True))


def varied(tree: Tree, point: Point, place: str) -> Tree:
    """Return the tree with the values of a point in place."""
    for path, value in point.items():
        try:
            tree = replaced(tree, path, value)
        except PathError as error:
            raise ExperimentError(f"{place}{error}") from None
    return tree


def in_force(spec: ModelSpec, dump: Tree, path: str) -> Any:
    """Return the value at a path; of a table its place in a run folder, wherever it is now."""
    table = table_of(spec)
    if path == "landscape.path" and table:
        return input_name(table)
    value = value_at(dump, path)
    # a scaling may be given by its kind alone
    return value.get("kind") if isinstance(value, dict) else value


def is_there(dump: Tree, path: str) -> bool:
    """Return whether a run has anything at a path, be it null."""
    above, _, last = path.rpartition(".")
    if last == "name":  # an item that was given another name is no longer at its path
        return True
    holder = value_at(dump, above) if above else dump
    return last in holder if isinstance(holder, dict) else value_at(dump, path) is not None


def covers(path: str, other: str) -> bool:
    """Return whether setting a path replaces what stands at another."""
    return other == path or other.startswith(f"{path}.")


def where(condition: str, point: Point, conditions: int) -> str:
    """Say in which runs something happened, if there are several kinds."""
    parts = [f"{path} = {value}" for path, value in point.items()]
    if conditions > 1:
        parts.insert(0, f"condition {condition}")
    return f" (at {', '.join(parts)})" if parts else ""
