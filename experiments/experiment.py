"""An experiment: a base, what varies around it, and how often it is repeated."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from peckham.agents.parameters.paths import Tree
from peckham.agents.parameters.spec import ModelSpec

IDENTITY_FIELDS = frozenset({"base", "seed", "controls", "conditions", "sweep"})
"""Fields that change the rows of a run folder."""

OTHER_FIELDS = frozenset({"name", "description", "source", "replicates", "overrides"})
"""Fields that do not: names, texts, how many rows, and what is already in the base."""

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
)
"""Keys of an experiment file, in the order in which they are shown."""

Point = dict[str, Any]


@dataclass(frozen=True)
class Experiment:
    """A validated experiment file.

    Attributes
    ----------
    name : str
        Names the run folder.
    base : dict
        The parameters of every run, each default filled in; paths are absolute.
    conditions : dict of dict
        By name, the paths a condition sets and their values.
    sweep : list of dict
        Grids; each maps paths to lists of scalars and is crossed with every
        condition.
    controls : list of str
        Twins that every run also has: ``neutral``.
    replicates, seed : int
        How often each run is repeated, and the seed of all.
    description, source : str
        A line on what it is, and what it cites.
    overrides : list of str
        Paths that were set from outside the file; what is set in vain is an error.
    """

    name: str
    base: Tree
    conditions: dict[str, Point] = field(default_factory=lambda: {"base": {}})
    sweep: list[dict[str, list[Any]]] = field(default_factory=list)
    controls: list[str] = field(default_factory=list)
    replicates: int = 50
    seed: int = 1
    description: str = ""
    source: str = ""
    overrides: list[str] = field(default_factory=list)

    def as_file(self) -> dict[str, Any]:
        """Return the experiment as the data of a file, which reads back as the same experiment."""
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
        }
        return {key: values[key] for key in KEYS}
