"""Measures of descent: how many founders have descendants."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised

from .events import LINEAGE, Counted, Entries, blank_counted, note_crossings
from .measure import CompiledGroup, Measure, row_class


class Lineages(CompiledGroup):
    """Counts of the descendants of each founder."""

    measures = (
        Measure(
            "effective_founders",
            "1/Σ share², over the founders' shares of descendants",
            "founders",
            1.0,
            needs="lineages",
        ),
        Measure("founders_left", "founders with any descendant", "count", 1.0, needs="lineages"),
    )


Row = row_class([measure.name for measure in Lineages.measures], __name__)


@summarised
class Founders(NamedTuple):
    """The founders, and the number of their descendants.

    Attributes
    ----------
    descendants : Counted
        Of each founder.
    left : ndarray of int32, shape (N,)
        The founders with descendants, ascending; the first ``row[1]`` entries are valid.
    row : ndarray of float64, shape (2,)
        The measures when they were last taken; at first 0 and N.
    """

    descendants: Counted
    left: NDArray[np.int32]
    row: NDArray[np.float64]


def blank_founders(size: int, prevalent: int) -> Founders:
    """Return N founders, not counted yet; `prevalent` agents make a lineage prevalent."""
    return Founders(
        blank_counted(size, prevalent), np.arange(size, dtype=np.int32), np.array([0.0, size])
    )


@kernel
def measure_lineages(
    lineage: NDArray[np.int32], founders: Founders, generation: int, entries: Entries
) -> tuple[float, ...]:
    """Count the descendants of the founders left, write the events, and return the measures.

    Once a single founder is left, nothing changes.
    """
    row, left, counts = founders.row, founders.left, founders.descendants.counts
    if row[0] == 1.0:
        return Row(effective_founders=row[0], founders_left=row[1])
    counts[:] = 0
    for founder in lineage:
        counts[np.uint32(founder)] += 1  # unsigned: no check for negative indices
    squares = found = 0
    for k in range(int(row[1])):
        founder = left[k]
        count = int(counts[founder])
        squares += count * count
        note_crossings(founders.descendants, founder, lineage.size, LINEAGE, generation, entries)
        left[found] = founder  # it is overwritten unless it has descendants
        found += count > 0
    row[0], row[1] = float(lineage.size) * lineage.size / squares, found
    return Row(effective_founders=row[0], founders_left=row[1])
