"""Scratch space of a stretch, made beforehand, for compiled code makes no arrays there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.reproduction.hand import Hand, empty_hand

from .terms import FERMI, MORAN, SOFTMAX


class Scratch(NamedTuple):
    """What a generation overwrites.

    Attributes
    ----------
    parents, born : ndarray, shape (N,)
        The outcome of selection.
    fitness, weights : ndarray of float64, shape (N,)
        Of each slot; weights are its expected offspring divided by N in the end.
    by_clone : ndarray of float64, shape (N,)
        The weight of an agent of each clone.
    uniforms : ndarray of float64, shape (N·numbers a slot,)
        Of selection.
    by_slot : ndarray of float64, shape (N, numbers a slot)
        The same, a row a slot.
    cumulated, guide, tree
        Of `inverse_cdf` and `births_and_deaths`.
    nobody : ndarray of int32, shape (N,)
        -1 everywhere.
    barred : ndarray of bool, shape (N,)
        False everywhere.
    expected : ndarray of float64, shape (0, 2)
        In place of uniforms: episodes are expected.
    hand : Hand
        Of mutation.
    progress : ndarray of int64, shape (2,)
        Of mutation, see `replace_beliefs`.
    """

    parents: NDArray[np.int32]
    born: NDArray[np.bool_]
    fitness: NDArray[np.float64]
    weights: NDArray[np.float64]
    by_clone: NDArray[np.float64]
    uniforms: NDArray[np.float64]
    by_slot: NDArray[np.float64]
    cumulated: NDArray[np.float64]
    guide: NDArray[np.int32]
    tree: NDArray[np.float64]
    nobody: NDArray[np.int32]
    barred: NDArray[np.bool_]
    expected: NDArray[np.float64]
    hand: Hand
    progress: NDArray[np.int64]


def scratch_for(rule: int, size: int, genes: int, pool: int) -> Scratch:
    """Return scratch space for N agents with K beliefs out of B."""
    numbers = {SOFTMAX: 1, MORAN: 2, FERMI: 3}[rule]
    uniforms = np.empty(size * numbers)
    return Scratch(
        parents=np.empty(size, np.int32),
        born=np.empty(size, np.bool_),
        fitness=np.empty(size),
        weights=np.empty(size),
        by_clone=np.empty(size),
        uniforms=uniforms,
        by_slot=uniforms.reshape(size, numbers),
        cumulated=np.empty(size),
        guide=np.empty(size, np.int32),
        tree=np.empty(size + 1),
        nobody=np.full(size, -1, np.int32),
        barred=np.zeros(size, np.bool_),
        expected=np.empty((0, 2)),
        hand=empty_hand(size, genes, pool),
        progress=np.empty(2, np.int64),
    )
