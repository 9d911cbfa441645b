"""The parents of a generation, and how a rule in Python draws them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised

from .draw import Draw, Workspace, blank_draw, blank_workspace
from .parentage import SelectionPart

NO_PARENT = -1
"""In place of another parent's slot."""


@summarised
class Parents(NamedTuple):
    """The parents of the next generation.

    `second` is the second parent of a merged child, and `allele` the parent of its strategy
    allele alone; both are below 0 where there is none. `fitness` is F as selection sees it,
    and `spared` the chance of each agent not to be removed. `other` and `workspace` are
    scratch space.
    """

    first: Draw
    other: Draw
    second: NDArray[np.int32]
    allele: NDArray[np.int32]
    fitness: NDArray[np.float64]
    spared: NDArray[np.float64]
    workspace: Workspace


def blank_parents(size: int) -> Parents:
    """Return room for the parents of `size` agents."""
    return Parents(
        first=blank_draw(size),
        other=blank_draw(size),
        second=np.full(size, NO_PARENT, np.int32),
        allele=np.full(size, NO_PARENT, np.int32),
        fitness=np.zeros(size),
        spared=np.ones(size),
        workspace=blank_workspace(size),
    )


def select_in_python(state: Any, rule: SelectionPart, rng: np.random.Generator) -> None:
    """Draw parents by the operator of a rule, from the ``selection`` stream."""
    parents, settings = state.arrays.parents, state.settings
    removed = None if (parents.spared > 0.0).all() else parents.spared == 0.0
    chosen = rule.select(parents.fitness, rng, removed)
    parents.first.parents[:], parents.first.born[:] = chosen.parents, chosen.born
    in_closed_form = chosen.probabilities is not None
    if in_closed_form:
        parents.first.weights[:] = chosen.probabilities
    if settings.in_closed_form != in_closed_form:
        state.replace(settings=settings._replace(in_closed_form=in_closed_form))


def pair_in_python(
    state: Any, rule: SelectionPart, stream: Callable[[str], np.random.Generator]
) -> None:
    """Draw second parents, and parents of strategy alleles, by the operator of a rule."""
    parents, settings = state.arrays.parents, state.settings
    removed = None if (parents.spared > 0.0).all() else parents.spared == 0.0
    for rate, name, chosen in (
        (settings.recombination_rate, "recombination", parents.second),
        (settings.allele_assortment, "strategy", parents.allele),
    ):
        chosen[:] = NO_PARENT
        if rate > 0:
            drawn = rule.second_parents(parents.fitness, stream(name), removed)
            choose_second(parents.first.born, drawn.astype(np.int32), rate, stream(name), chosen)


@kernel
def choose_second(
    born: NDArray[np.bool_],
    drawn: NDArray[np.int32],
    rate: float,
    rng: np.random.Generator,
    second: NDArray[np.int32],
) -> None:
    """Give newborn children another parent, each with probability `rate`.

    `drawn` has one more parent per slot, drawn by the selection rule; it may be the first
    again. One uniform is drawn per slot. The other children get `NO_PARENT`.
    """
    for i in range(born.size):
        chosen = rng.random() < rate
        second[i] = drawn[i] if chosen and born[i] else NO_PARENT
