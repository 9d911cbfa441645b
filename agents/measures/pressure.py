"""Measures of the strength of selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled

from .measure import Group, Measure

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel
    from peckham.agents.selection.parentage import Parentage


class Pressure(Group):
    """How unequally parents are drawn, and the information that selection has used."""

    of_descent: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(
            "effective_parents",
            "1/Σ p_i², p the parent probabilities of this generation's selection",
            "agents",
            1.0,
            needs="selection",
        ),
        Measure(
            "selection_nats",
            "selection so far, ln N − entropy of p summed over the earlier generations",
            "nats",
            0.0,
            needs="selection",
        ),
    )

    def __init__(self, model: PopulationModel) -> None:
        self._nats = 0.0

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Note what selection has used up to this generation."""
        out[1] = self._nats

    def selected(
        self, model: PopulationModel, parentage: Parentage, out: NDArray[np.float64]
    ) -> None:
        """Measure the selection that followed."""
        if parentage.probabilities is None:
            self._nats = np.nan
            return
        out[0], nats = concentration(parentage.probabilities)
        self._nats += nats


@compiled
def concentration(probabilities: NDArray[np.float64]) -> tuple[float, float]:
    """Return 1/Σp² and ln N − entropy, at least 0, of probabilities that sum to one."""
    squares = 0.0
    nats = np.log(probabilities.size)
    for p in probabilities:
        squares += p * p
        if p > 0.0:
            nats += p * np.log(p)
    return 1.0 / squares, max(0.0, nats)
