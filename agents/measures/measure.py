"""A measure, and the groups in which measures are taken."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

RENAMED = {"belief_alignment": "belief_signal", "oversight": "oversight_level"}
"""Names that measures had in version 0.1.0. Its experiments and run folders are still read."""


def current_name(name: str) -> str:
    """Return the name of a measure, also for the name that it had in version 0.1.0."""
    return RENAMED.get(name, name)


@dataclass(frozen=True)
class Measure:
    """One column of a record.

    Attributes
    ----------
    name, meaning : str
        The column, and what it says, with its symbol.
    unit : str
        ``score``, ``share``, ``count``, ``nats``, ...
    low, high : float
        Range of the values.
    needs : str
        What it is computed from.
    better : {"lower", "higher", "none"}
        Whether lower or higher values are better, where that can be said.
    """

    name: str
    meaning: str
    unit: str
    low: float = -np.inf
    high: float = np.inf
    needs: str = "scores"
    better: str = "none"

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers."""
        return self.unit == "count"


def row_class(names: Iterable[str], module: str) -> Any:
    """Return a named tuple of floats that kernels of a module can make.

    Numba finds the class in the module when it reads its cache, so it must be
    assigned there to the name ``Row``.
    """
    return namedtuple("Row", tuple(names), module=module)


class Group:
    """Measures that are taken together.

    The built-in groups are kernels that `peckham.agents.measures.recorder`
    calls. A user-defined group is one file in this folder with a subclass that
    defines `measures` and `observe`. Each run has its own object. Measures
    that it does not write are null.

    Attributes
    ----------
    measures : tuple of Measure
        Its columns.
    of_beliefs : bool
        Whether all of it is null in a trait population.
    in_python : bool
        Whether its operators are called.
    """

    measures: ClassVar[tuple[Measure, ...]] = ()
    of_beliefs: ClassVar[bool] = False
    in_python: ClassVar[bool] = True

    def observe(self, state: Any, row: dict[str, float]) -> None:
        """Measure the generation before its selection.

        Parameters
        ----------
        state : State
            The run; read it only.
        row : dict
            Written to: measures by name.
        """

    def close(self, state: Any) -> Mapping[str, float]:
        """Return the measures that are taken again after the last reproduction."""
        return {}


class CompiledGroup(Group):
    """Base of the groups that are kernels."""

    in_python: ClassVar[bool] = False
