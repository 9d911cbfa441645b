"""The Fermi rule: pairwise comparison."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parameters.quantities import NonNegative
from peckham.agents.parameters.registry import register

from .parentage import Parentage, SelectionPart


@register
class Fermi(SelectionPart):
    """N comparisons, one after another: i copies j with probability 1/(1 + exp(−β(F_j − F_i))).

    In each event an ordered pair of different agents is drawn uniformly from
    the population as it changes. F is that of the generation's start, a
    copy's its model's. A slot that copied mutates once a generation. Expected
    offspring have no closed form over N events. One agent alone never copies.

    Parameters
    ----------
    beta : float
        Selection pressure β, at least 0; 0 copies every other time.
    """

    source: ClassVar[str] = "Traulsen, Nowak & Pacheco 2006, Phys. Rev. E 74:011909"

    kind: Literal["fermi"] = "fermi"
    beta: NonNegative = 5.0

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Run N events; three uniforms each, for i, for j and for whether i copies j."""
        barred = removed if removed is not None else np.zeros(fitness.size, np.bool_)
        parents = np.arange(fitness.size, dtype=np.int32)
        born = np.zeros(fitness.size, np.bool_)
        fermi_events(fitness, barred, self.beta, rng.random((fitness.size, 3)), parents, born)
        return Parentage(parents, born, None)


@borrowing
def fermi_events(
    fitness: NDArray[np.float64],
    barred: NDArray[np.bool_],
    beta: float,
    uniforms: NDArray[np.float64],
    ancestor: NDArray[np.int32],
    born: NDArray[np.bool_],
) -> None:
    """Run pairwise comparisons in a population of N.

    Parameters
    ----------
    fitness : ndarray of float64, shape (N,)
        Finite.
    barred : ndarray of bool, shape (N,)
        Agents that are never copied.
    beta : float
        At least 0.
    uniforms : ndarray of float64, shape (events, 3)
        For each event: who compares, with whom, and the adoption.
    ancestor : ndarray of int32, shape (N,)
        Each slot itself at first; updated to the slot that its occupant descends from.
    born : ndarray of bool, shape (N,)
        False at first; updated to whether a slot copied in one of the events.
    """
    size = fitness.size
    if size == 1:
        return
    for event in range(uniforms.shape[0]):
        i = int(uniforms[event, 0] * size)
        j = int(uniforms[event, 1] * (size - 1))
        if j >= i:
            j += 1
        adoption = 0.5
        if beta > 0.0:  # 0·∞ is undefined where F spans more than a float's range
            gain = 2.0 * beta * (0.5 * fitness[ancestor[j]] - 0.5 * fitness[ancestor[i]])
            adoption = 1.0 / (1.0 + np.exp(-gain))
        if uniforms[event, 2] < adoption and not barred[ancestor[j]]:
            ancestor[i] = ancestor[j]
            born[i] = True
