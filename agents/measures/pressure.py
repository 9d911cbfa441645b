"""Measures of the strength of selection."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing

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
        self.nats = np.zeros(1)

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Note what selection has used up to this generation."""
        out[1] = self.nats[0]

    def selected(
        self, model: PopulationModel, parentage: Parentage, out: NDArray[np.float64]
    ) -> None:
        """Measure the selection that followed."""
        if parentage.probabilities is None:
            self.nats[0] = np.nan
        else:
            concentration(parentage.probabilities, self.nats, out)


@borrowing
def concentration(
    probabilities: NDArray[np.float64], nats: NDArray[np.float64], out: NDArray[np.float64]
) -> None:
    """Write 1/Σp² to `out`, and add ln N − entropy, at least 0, to `nats`."""
    squares = 0.0
    more = np.log(probabilities.size)
    for p in probabilities:
        squares += p * p
        if p > 0.0:
            more += p * np.log(p)
    out[0] = 1.0 / squares
    nats[0] += max(0.0, more)
