"""What a selection rule decides: who is whose parent."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.parameters.registry import Part
from peckham.agents.parameters.summaries import summarised

from .draw import Draw, blank_draw, blank_workspace


@summarised
class Parentage(NamedTuple):
    """The outcome of one selection.

    Attributes
    ----------
    parents : ndarray of int32, shape (N,)
        The slot that the next agent of each slot descends from; the slot
        itself where the agent was not replaced.
    born : ndarray of bool, shape (N,)
        Slots whose agent was replaced; the others stay as they are and do not mutate.
    probabilities : ndarray of float64, shape (N,), or None
        Expected offspring of each slot divided by N, where the rule has them
        in closed form.
    """

    parents: NDArray[np.int32]
    born: NDArray[np.bool_]
    probabilities: NDArray[np.float64] | None


class SelectionPart(Part):
    """Base of the selection rules.

    Attributes
    ----------
    has_weights : bool
        Whether agents are drawn by weights, which the chance to be spared multiplies.
        Operators in Python are not told that chance, so it counts for kernels only.
    """

    family: ClassVar[str] = "selection"
    has_weights: ClassVar[bool] = False

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
        """Draw one more parent per slot, independently of the first, shape (N,).

        By default this is a second selection by the same rule.
        """
        return self.select(fitness, rng, removed).parents


class CompiledRule(SelectionPart):
    """Base of the rules that are a kernel with one number, the strength of selection.

    The kernel takes fitness, the chance of each agent to be spared (0: it can have no
    children; only rules with weights use other chances), the strength, a random
    stream, the `Draw` to write to and a `Workspace`.
    `peckham.agents.selection.rules` lists these kernels.

    Attributes
    ----------
    draws : callable
        The kernel.
    draws_second : callable
        The kernel that draws second parents.
    in_closed_form : bool
        Whether the kernel fills in the expected offspring.
    strength_field : str
        The parameter that the kernel takes as strength; empty if it takes 0.
    """

    draws: ClassVar[Any]
    draws_second: ClassVar[Any]
    in_closed_form: ClassVar[bool] = True
    strength_field: ClassVar[str] = "beta"

    def strength_among(self, size: int) -> float:
        """Return the strength in a population of `size` agents, where it depends on that."""
        return float(getattr(self, self.strength_field)) if self.strength_field else 0.0

    def select(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> Parentage:
        """Draw parents; see `SelectionPart.select`."""
        draw = self._drawn(type(self).draws, fitness, rng, removed)
        return Parentage(draw.parents, draw.born, draw.weights if self.in_closed_form else None)

    def second_parents(
        self,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.int32]:
        """Draw one more parent per slot; see `SelectionPart.second_parents`."""
        return self._drawn(type(self).draws_second, fitness, rng, removed).parents

    def _drawn(
        self,
        kernel: Any,
        fitness: NDArray[np.float64],
        rng: np.random.Generator,
        removed: NDArray[np.bool_] | None,
    ) -> Draw:
        size = fitness.size
        spared = np.ones(size) if removed is None else 1.0 - np.asarray(removed, float)
        draw = blank_draw(size)
        kernel(fitness, spared, self.strength_among(size), rng, draw, blank_workspace(size))
        return draw
