"""The Moran process."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.quantities import Strength
from peckham.agents.parameters.registry import register

from .draw import Draw, Workspace, draw_events
from .parentage import CompiledRule
from .softmax import draw_softmax


@kernel
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
    while slot > 0 and weights[slot] == 0.0:  # rounding passed the last slot with any weight
        slot -= 1
    return slot


@kernel
def fill_tree(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    ancestor: NDArray[np.int32],
    beta: float,
    weights: NDArray[np.float64],
    tree: NDArray[np.float64],
) -> float:
    """Fill in the weights, the largest 1, and the tree of their sums; return their sum.

    Node k of the tree (Fenwick 1994) holds the sum of the weights of the
    slots (k − lowest bit of k)..(k − 1).
    """
    size = ancestor.size
    fittest = -np.inf
    for i in range(size):
        if spared[ancestor[i]] > 0.0:
            fittest = max(fittest, fitness[ancestor[i]])
    total = 0.0
    tree[:] = 0.0
    for i in range(size):
        weight = 1.0
        if spared[ancestor[i]] == 0.0:
            weight = 0.0
        elif beta > 0.0:  # as in `weigh`, β and the difference are finite numbers
            weight = np.exp(2.0 * (beta * (0.5 * fitness[ancestor[i]] - 0.5 * fittest)))
        weights[i] = weight
        total += weight
        tree[i + 1] += weight
        above = (i + 1) + ((i + 1) & -(i + 1))
        if above <= size:
            tree[above] += tree[i + 1]
    return total


@kernel
def births_and_deaths(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    beta: float,
    uniforms: NDArray[np.float64],
    ancestor: NDArray[np.int32],
    born: NDArray[np.bool_],
    weights: NDArray[np.float64],
    tree: NDArray[np.float64],
) -> None:
    """Run a Moran process on a population of N.

    Each event has two uniforms: who gives birth, and who dies. Agents that are not spared never
    give birth. `ancestor` has each slot itself at first, and the slot that its agent
    descends from at the end; `born` says in which slots a birth occurred. `weights` and
    `tree` are scratch space, see `fill_tree`.
    """
    size = fitness.size
    total = 0.0
    for event in range(uniforms.shape[0]):
        if total < 1.0:  # at first, and once the fittest are gone, when weights may be tiny
            total = fill_tree(fitness, spared, ancestor, beta, weights, tree)
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


@kernel
def draw_by_moran(
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
    draw: Draw,
    workspace: Workspace,
) -> None:
    """Run N events; two uniforms each, for birth and for death."""
    events = draw_events(rng, 2, draw, workspace)
    births_and_deaths(
        fitness, spared, strength, events, draw.parents, draw.born, draw.weights, workspace.tree
    )


@register
class Moran(CompiledRule):
    """N births and deaths, one after another, in the population as it changes.

    In each event an agent is chosen to give birth, with chances proportional
    to exp(βF), and its child replaces an agent chosen uniformly, which may be
    its own parent. F is taken at the generation's start; a child has its
    parent's. A slot mutates once per generation, however many births occurred
    in it. Expected offspring over N events have no closed form. Second parents
    are drawn as births are, at the generation's start.

    Parameters
    ----------
    beta : float
        Selection pressure β, at least 0; the relative fitness of the
        literature is r = exp(β·ΔF).
    """

    source: ClassVar[str] = "Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60"
    draws: ClassVar[Any] = draw_by_moran
    draws_second: ClassVar[Any] = draw_softmax
    in_closed_form: ClassVar[bool] = False

    kind: Literal["moran"] = "moran"
    beta: Strength = 5.0
