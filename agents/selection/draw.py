"""Drawing parents: what a selection rule writes to, and draws in proportion to weights."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised

STEPS = 3
"""Slots by which a search advances before it tests whether it has arrived."""


@summarised
class Draw(NamedTuple):
    """The parents that a rule has drawn.

    Attributes
    ----------
    parents : ndarray of int32, shape (N,)
        The slot that the next agent of each slot descends from.
    born : ndarray of bool, shape (N,)
        Slots whose agent was replaced.
    weights : ndarray of float64, shape (N,)
        Expected offspring of each slot divided by N, where the rule has them
        in closed form; otherwise scratch space.
    """

    parents: NDArray[np.int32]
    born: NDArray[np.bool_]
    weights: NDArray[np.float64]


@summarised
class Workspace(NamedTuple):
    """Scratch space of the rules.

    Attributes
    ----------
    uniforms : ndarray of float64, shape (3N,)
    cumulated, guide, tree
        See `find_slots` and `births_and_deaths`.
    order, scratch, ranks : ndarray of int32, shape (N,)
        See `sort_slots` and `rank_slots`.
    """

    uniforms: NDArray[np.float64]
    cumulated: NDArray[np.float64]
    guide: NDArray[np.int32]
    tree: NDArray[np.float64]
    order: NDArray[np.int32]
    scratch: NDArray[np.int32]
    ranks: NDArray[np.int32]


def blank_draw(size: int) -> Draw:
    """Return room for the parents of `size` agents."""
    return Draw(np.zeros(size, np.int32), np.zeros(size, np.bool_), np.zeros(size))


def blank_workspace(size: int) -> Workspace:
    """Return scratch space for `size` agents."""
    return Workspace(
        uniforms=np.empty(3 * size),
        cumulated=np.empty(size),
        guide=np.empty(size, np.int32),
        tree=np.empty(size + 1),
        order=np.empty(size, np.int32),
        scratch=np.empty(size, np.int32),
        ranks=np.empty(size, np.int32),
    )


@kernel
def fill(rng: np.random.Generator, numbers: NDArray[np.float64]) -> None:
    """Fill an array with the next uniform numbers of a stream, as its ``random`` would."""
    for k in range(numbers.size):
        numbers[k] = rng.random()


@kernel(inline=True)
def draw_events(
    rng: np.random.Generator, numbers: int, draw: Draw, workspace: Workspace
) -> NDArray[np.float64]:
    """Return the uniforms of N events, shape (N, numbers), and make every slot its own parent."""
    size = draw.parents.size
    uniforms = workspace.uniforms[: numbers * size]
    fill(rng, uniforms)
    for i in range(size):
        draw.parents[i], draw.born[i] = i, False
    return uniforms.reshape(size, numbers)


@kernel
def find_slots(
    weights: NDArray[np.float64],
    uniforms: NDArray[np.float64],
    parents: NDArray[np.int32],
    cumulated: NDArray[np.float64],
    guide: NDArray[np.int32],
) -> None:
    """Write, for each uniform u, the first slot whose cumulated weight exceeds u·total.

    The weights are divided by their sum; `cumulated` and `guide` are scratch space.
    """
    size = weights.size
    total = 0.0
    last = 0  # the last slot with any weight, should u·total round up to the total
    for i in range(size):
        total += weights[i]
        cumulated[i] = total
        if weights[i] > 0.0:
            last = i
    # guide[k]: where the search starts for targets in the k-th of N equal parts of the total,
    # after all slots whose cumulated weight lies in parts before
    guide[:] = 0
    parts_of_total = size / total
    for i in range(size):
        guide[min(np.uint32(cumulated[i] * parts_of_total), np.uint32(size - 1))] += 1
    before = 0
    for k in range(size):
        here = guide[k]
        guide[k] = min(before, last)
        before += here
    end, one = np.uint32(last), np.uint32(1)  # unsigned: no check for negative indices
    for j in range(size):
        target = uniforms[j] * total
        slot = np.uint32(guide[np.uint32(uniforms[j] * size)])
        for _ in range(STEPS):  # without an exit: how many steps it takes is hard to predict
            slot += np.uint32((slot < end) & (cumulated[slot] <= target))
        while slot > 0 and cumulated[slot - one] > target:  # rounding at the edge of a part
            slot -= one
        while slot < end and cumulated[slot] <= target:
            slot += one
        parents[j] = slot
    for i in range(size):
        weights[i] /= total


@kernel
def draw_in_proportion(uniforms: NDArray[np.float64], draw: Draw, workspace: Workspace) -> None:
    """Draw N parents independently, with replacement, in proportion to ``draw.weights``.

    One uniform per slot, in slot order, is turned into a parent by inverting the cumulative
    distribution. The weights are at least 0, not all 0, and are divided by their sum. If
    all are 1, no search is needed.
    """
    weights, parents = draw.weights, draw.parents
    size, last = weights.size, np.int32(weights.size - 1)
    draw.born[:] = True
    even = True
    for i in range(size):
        even &= weights[i] == 1.0
    if even:
        for j in range(size):
            parents[j] = min(np.int32(uniforms[j] * size), last)
        weights[:] = 1.0 / size
    else:
        find_slots(weights, uniforms, parents, workspace.cumulated, workspace.guide)
