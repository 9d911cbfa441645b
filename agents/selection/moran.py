"""The Moran process."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parameters.quantities import NonNegative
from peckham.agents.parameters.registry import register

from .parentage import Parentage, SelectionPart, among_the_rest, offspring_of
from .softmax import softmax_weights


@register
class Moran(SelectionPart):
    """N births and deaths, one after another, in the population as it changes.

    In each event an agent is chosen to give birth, with chances proportional
    to exp(βF), and its child takes the place of an agent chosen uniformly,
    perhaps of its own parent. F is that of the generation's start, a child's
    its parent's. A slot mutates once a generation, however many births there
    were in it. Expected offspring have no closed form over N events.

    Parameters
    ----------
    beta : float
        Selection pressure β, at least 0; the relative fitness of the
        literature is r = exp(β·ΔF).
    """

    source: ClassVar[str] = "Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60"

    kind: Literal["moran"] = "moran"
    beta: NonNegative = 5.0

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Run N events; two uniforms each, for birth and for death."""
        barred = removed if removed is not None else np.zeros(fitness.size, np.bool_)
        parents = np.arange(fitness.size, dtype=np.int32)
        born = np.zeros(fitness.size, np.bool_)
        moran_events(fitness, barred, self.beta, rng.random((fitness.size, 2)), parents, born)
        return Parentage(parents, born, None)

    def second_parents(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int32]:
        """Draw parents as births are, with chances proportional to exp(βF) at the start."""
        weights = among_the_rest(lambda f: softmax_weights(f, self.beta), fitness, removed)
        return offspring_of(weights, rng).parents


def moran_events(
    fitness: NDArray[np.float64],
    barred: NDArray[np.bool_],
    beta: float,
    uniforms: NDArray[np.float64],
    ancestor: NDArray[np.int32],
    born: NDArray[np.bool_],
) -> None:
    """Run a Moran process on a population of N; see `births_and_deaths`."""
    weights, tree = np.empty(fitness.size), np.empty(fitness.size + 1)
    births_and_deaths(fitness, barred, beta, uniforms, ancestor, born, weights, tree)


@borrowing
def births_and_deaths(
    fitness: NDArray[np.float64],
    barred: NDArray[np.bool_],
    beta: float,
    uniforms: NDArray[np.float64],
    ancestor: NDArray[np.int32],
    born: NDArray[np.bool_],
    weights: NDArray[np.float64],
    tree: NDArray[np.float64],
) -> None:
    """Run a Moran process on a population of N.

    Parameters
    ----------
    fitness : ndarray of float64, shape (N,)
        Finite.
    barred : ndarray of bool, shape (N,)
        Agents that never give birth.
    beta : float
        At least 0.
    uniforms : ndarray of float64, shape (events, 2)
        For each event, one for who gives birth and one for who dies.
    ancestor : ndarray of int32, shape (N,)
        Each slot itself at first; updated to the slot that its occupant descends from.
    born : ndarray of bool, shape (N,)
        False at first; updated to whether a slot was born in one of the events.
    weights, tree : ndarray of float64, shape (N,) and (N + 1,)
        Scratch space; see `plant`.
    """
    size = fitness.size
    total = 0.0
    for event in range(uniforms.shape[0]):
        if total < 1.0:  # at first, and when the fittest are gone: the weights may be tiny now
            total = plant(fitness, barred, ancestor, beta, weights, tree)
        parent = slot_at(uniforms[event, 0] * total, weights, tree)
        dead = int(uniforms[event, 1] * size)
        born[dead] = True
        ancestor[dead] = ancestor[parent]
        change = weights[parent] - weights[dead]
        if change != 0.0:
            weights[dead] = weights[parent]
            total += change
            place = dead + 1
            while place <= size:
                tree[place] += change
                place += place & -place


@borrowing
def plant(
    fitness: NDArray[np.float64],
    barred: NDArray[np.bool_],
    ancestor: NDArray[np.int32],
    beta: float,
    weights: NDArray[np.float64],
    tree: NDArray[np.float64],
) -> float:
    """Fill in the occupants' weights, the largest 1, and the tree of their sums; return their sum.

    Node k of the tree (Fenwick 1994) holds the sum of the weights of the
    slots (k − lowest bit of k)..(k − 1).
    """
    size = ancestor.size
    fittest = -np.inf
    for i in range(size):
        if not barred[ancestor[i]]:
            fittest = max(fittest, fitness[ancestor[i]])
    total = 0.0
    tree[:] = 0.0
    for i in range(size):
        weight = 1.0
        if barred[ancestor[i]]:
            weight = 0.0
        elif beta > 0.0:  # 0·∞ is undefined where F spans more than a float's range
            weight = np.exp(2.0 * beta * (0.5 * fitness[ancestor[i]] - 0.5 * fittest))
        weights[i] = weight
        total += weight
        tree[i + 1] += weight
        above = (i + 1) + ((i + 1) & -(i + 1))
        if above <= size:
            tree[above] += tree[i + 1]
    return total


@borrowing
def slot_at(target: float, weights: NDArray[np.float64], tree: NDArray[np.float64]) -> int:
    """Return the first slot at which the cumulated weight exceeds a target."""
    size = weights.size
    step = 1
    while 2 * step <= size:
        step *= 2
    slot = 0
    while step > 0:
        if slot + step <= size and tree[slot + step] <= target:
            slot += step
            target -= tree[slot]
        step //= 2
    slot = min(slot, size - 1)
    while slot > 0 and weights[slot] == 0.0:  # rounding led past the last that has any weight
        slot -= 1
    return slot
