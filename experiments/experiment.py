"""An experiment: base parameters, conditions, sweep, controls and replicates."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from peckham.agents.parameters.paths import Tree
from peckham.agents.parameters.spec import ModelSpec

IDENTITY_FIELDS = frozenset({"base", "seed", "controls", "conditions", "sweep", "sample"})
"""Fields that affect the rows of a run folder."""

OTHER_FIELDS = frozenset({"name", "description", "source", "replicates", "overrides"})
"""Fields that do not: they are texts, the number of rows, or part of the base already."""

TOP_LEVEL_ONLY = ("name", "description", "source", "seed", "replicates", "controls", "record")
MODEL_KEYS = tuple(key for key in ModelSpec.model_fields if key != "control")
KEYS = (
    "name",
    "description",
    "source",
    "replicates",
    "seed",
    "controls",
    *MODEL_KEYS,
    "conditions",
    "sweep",
    "sample",
)
"""Keys of an experiment file, in display order."""

Point = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """A validated experiment file.

    Attributes
    ----------
    name : str
        Name, also of the default run folder.
    base : dict
        Parameters of every run, with all defaults filled in and absolute paths.
    conditions : dict of dict
        The paths that each condition sets and their values, by name.
    sweep : list of dict
        Grids. Each grid maps paths to lists of scalars, and is crossed with
        every condition. Under the key ``zip`` are paths that vary together.
    sample : dict or None
        A sample of points in place of a sweep: ``method``, ``points``, ``ranges``
        and ``integers``.
    controls : list of str
        Kinds of control twin that every run has. The only kind is ``neutral``.
    replicates, seed : int
        Number of replicates of each run, and the seed of the experiment.
    description, source : str
        A one-line description, and the reference it cites.
    overrides : list of str
        Paths set from outside the file. An override without effect is an error.
    """

    name: str
    base: Tree
    conditions: dict[str, Point] = field(default_factory=lambda: {"base": {}})
    sweep: list[dict[str, Any]] = field(default_factory=list)
    sample: dict[str, Any] | None = None
    controls: list[str] = field(default_factory=list)
    replicates: int = 50
    seed: int = 1
    description: str = ""
    source: str = ""
    overrides: list[str] = field(default_factory=list)

    def as_file(self) -> dict[str, Any]:
        """Return the contents of an experiment file that reads back as this experiment."""
        values: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "source": self.source,
            "replicates": self.replicates,
            "seed": self.seed,
            "controls": self.controls,
            **self.base,
            "conditions": self.conditions,
            "sweep": self.sweep,
            "sample": self.sample,
        }
        return {key: values[key] for key in KEYS if key != "sample" or self.sample}
