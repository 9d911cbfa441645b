"""A measure, and the groups in which measures are taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel
    from peckham.agents.selection.parentage import Parentage


@dataclass(frozen=True)
class Measure:
    """One column of a record.

    Attributes
    ----------
    name : str
        The column.
    meaning : str
        What it says, with its symbol.
    unit : str
        ``score``, ``share``, ``count``, ``nats``, ...
    low, high : float
        Range of its values.
    needs : str
        What it is computed from.
    """

    name: str
    meaning: str
    unit: str
    low: float = -np.inf
    high: float = np.inf
    needs: str = "scores"

    @property
    def whole(self) -> bool:
        """Whether the values are whole numbers."""
        return self.unit == "count"


class Group:
    """Measures that are taken together; one object a run.

    A group is told of four moments in a generation and fills its part of the
    record's row. All it does not fill is null.
    """

    measures: ClassVar[tuple[Measure, ...]] = ()
    of_beliefs: ClassVar[bool] = False
    """Whether all of it is null in a trait population."""
    of_descent: ClassVar[bool] = False
    """Whether it tells who descends from whom, so that it changes even among clones."""

    most_events: int = 0
    """How many events there can be in a generation."""

    def __init__(self, model: PopulationModel) -> None:
        pass

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""

    def selected(
        self, model: PopulationModel, parentage: Parentage, out: NDArray[np.float64]
    ) -> None:
        """Measure the selection that followed."""

    def settle(self, model: PopulationModel) -> None:
        """Take note of the newborn under the old battery and signals, before a change."""

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Return what is counted once more after the last reproduction."""
        return {}
