"""What a selection rule returns: who is whose parent."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parameters.registry import Part

STRIDES = 3
"""Slots by which a search goes on at least before it asks whether it has arrived."""


class Parentage(NamedTuple):
    """The outcome of one selection.

    Attributes
    ----------
    parents : ndarray of int32, shape (N,)
        The slot whose occupant the next occupant of each slot descends from;
        the slot itself where it was not replaced.
    born : ndarray of bool, shape (N,)
        Slots that were replaced; the others stay as they are and do not mutate.
    probabilities : ndarray of float64, shape (N,), or None
        Expected offspring of each slot divided by N, where the rule has them
        in closed form.
    second : ndarray of int32, shape (N,), or None
        The slot of a merged child's second parent, -1 for a child that has
        one parent; None if no child can have two.
    allele : ndarray of int32, shape (N,), or None
        The slot that a child's strategy allele comes from where that is
        another than its parents, else -1; None if none can.
    """

    parents: NDArray[np.int32]
    born: NDArray[np.bool_]
    probabilities: NDArray[np.float64] | None
    second: NDArray[np.int32] | None = None
    allele: NDArray[np.int32] | None = None


class SelectionPart(Part):
    """Base of the selection rules."""

    family: ClassVar[str] = "selection"

    @abstractmethod
    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Draw parents.

        Parameters
        ----------
        fitness : ndarray of float64, shape (N,)
            F of every agent, finite.
        rng : numpy.random.Generator
            The ``selection`` stream.
        removed : ndarray of bool, shape (N,), optional
            Agents that can have no children; not all.
        """

    def second_parents(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int32]:
        """Draw, for each slot, one more parent independently of the first, shape (N,).

        It is the one that the slot gets in a second selection, unless a rule
        has a better way.
        """
        return self.select(fitness, rng, removed).parents


def among_the_rest(
    weigh: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    fitness: NDArray[np.float64],
    removed: NDArray[np.bool_] | None,
) -> NDArray[np.float64]:
    """Return the weights of those who may have children, and 0 for those who were removed."""
    if removed is None:
        return weigh(fitness)
    weights = np.zeros_like(fitness)
    weights[~removed] = weigh(fitness[~removed])
    return weights


def offspring_of(weights: NDArray[np.float64], rng: np.random.Generator) -> Parentage:
    """Draw N parents independently, with replacement, in proportion to their weights.

    Exactly N uniform numbers are taken, one a slot in slot order, and turned
    into parents by inverting the cumulative distribution.

    Parameters
    ----------
    weights : ndarray of float64, shape (N,)
        At least 0, not all 0. Divided by their sum in place.
    rng : numpy.random.Generator
        The ``selection`` stream.
    """
    size = weights.size
    parents, born = np.empty(size, np.int32), np.empty(size, np.bool_)
    cumulated, guide = np.empty(size), np.empty(size, np.int32)
    inverse_cdf(weights, rng.random(size), parents, born, cumulated, guide)
    return Parentage(parents, born, weights)


@borrowing
def find_slots(
    weights: NDArray[np.float64],
    uniforms: NDArray[np.float64],
    parents: NDArray[np.int32],
    cumulated: NDArray[np.float64],
    guide: NDArray[np.int32],
) -> None:
    """Write the slots, see `inverse_cdf`."""
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
        for _ in range(STRIDES):  # no way out: how many it takes is hard to foresee
            slot += np.uint32((slot < end) & (cumulated[slot] <= target))
        while slot > 0 and cumulated[slot - one] > target:  # rounding at the edge of a part
            slot -= one
        while slot < end and cumulated[slot] <= target:
            slot += one
        parents[j] = slot
    for i in range(size):
        weights[i] /= total


@borrowing
def draw_evenly(
    weights: NDArray[np.float64],
    uniforms: NDArray[np.float64],
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
) -> None:
    """Do what `inverse_cdf` does where all weights are 1, without a search; fill in the weights."""
    size, last = weights.size, np.int32(weights.size - 1)
    for j in range(size):
        parents[j] = min(np.int32(uniforms[j] * size), last)
    weights[:] = 1.0 / size
    born[:] = True


@borrowing
def inverse_cdf(
    weights: NDArray[np.float64],
    uniforms: NDArray[np.float64],
    parents: NDArray[np.int32],
    born: NDArray[np.bool_],
    cumulated: NDArray[np.float64],
    guide: NDArray[np.int32],
) -> None:
    """Write, for each uniform u, the first slot whose cumulated weight exceeds u·total.

    Parameters
    ----------
    weights : ndarray of float64, shape (N,)
        Divided by their sum.
    uniforms : ndarray of float64, shape (N,)
    parents, born : ndarray, shape (N,)
        Filled: the slots, and that everybody is born.
    cumulated, guide : ndarray, shape (N,)
        Scratch space.
    """
    size = weights.size
    even = True
    for i in range(size):
        even &= weights[i] == 1.0
    if even:
        draw_evenly(weights, uniforms, parents, born)
        return
    find_slots(weights, uniforms, parents, cumulated, guide)
    born[:] = True
