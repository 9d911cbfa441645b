"""The selection rules that are compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

from .draw import Draw, Workspace
from .fermi import draw_by_fermi
from .moran import draw_by_moran
from .parentage import CompiledRule, SelectionPart
from .softmax import draw_softmax
from .tournament import draw_by_tournament
from .truncation import draw_by_truncation

KERNELS = (draw_softmax, draw_by_tournament, draw_by_truncation, draw_by_fermi, draw_by_moran)
"""The kernels, by their number."""

SOFTMAX, TOURNAMENT, TRUNCATION, FERMI, MORAN = range(len(KERNELS))

IN_PYTHON = -1
"""In place of a number: the rule is a Python operator."""


def number_of(rule: SelectionPart) -> tuple[int, int]:
    """Return the numbers of the kernels that draw a rule's first and second parents.

    Both are `IN_PYTHON` if the rule is not one of ours, or replaces an operator.
    """
    operators = type(rule).select, type(rule).second_parents
    if isinstance(rule, CompiledRule):
        kernels = [type(rule).draws, type(rule).draws_second]
        ours = (CompiledRule.select, CompiledRule.second_parents)
        if operators == ours and {*kernels} <= {*KERNELS}:
            return KERNELS.index(kernels[0]), KERNELS.index(kernels[1])
    return IN_PYTHON, IN_PYTHON


@kernel
def draw_parents(
    rule: int,
    fitness: NDArray[np.float64],
    spared: NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
    draw: Draw,
    workspace: Workspace,
) -> None:
    """Draw parents by the rule of a number; see `CompiledRule`."""
    if rule == SOFTMAX:
        draw_softmax(fitness, spared, strength, rng, draw, workspace)
    elif rule == TOURNAMENT:
        draw_by_tournament(fitness, spared, strength, rng, draw, workspace)
    elif rule == TRUNCATION:
        draw_by_truncation(fitness, spared, strength, rng, draw, workspace)
    elif rule == FERMI:
        draw_by_fermi(fitness, spared, strength, rng, draw, workspace)
    else:
        draw_by_moran(fitness, spared, strength, rng, draw, workspace)
