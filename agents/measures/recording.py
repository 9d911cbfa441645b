"""Recording: what the groups of measures write to, and what they keep between generations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised

from .assessment import Assessment
from .beliefs import Beliefs
from .conduct import Conduct
from .diversity import BeliefCounts, Diversity, blank_belief_counts
from .events import Counted, blank_counted, prevalent_count
from .genomes import Genomes, slots_for
from .lineages import Founders, Lineages, blank_founders
from .measure import Group
from .moments import SCRATCH
from .outcomes import Outcomes
from .price import Means, Price, blank_means
from .questions import Questions
from .scores import Scores
from .selection import Selection


class Columns(NamedTuple):
    """The first column of each group, -1 if it is not recorded."""

    scores: int
    assessment: int
    beliefs: int
    conduct: int
    questions: int
    genomes: int
    diversity: int
    lineages: int
    selection: int
    price: int
    outcomes: int


GROUPS: dict[str, type[Group]] = {
    "scores": Scores,
    "assessment": Assessment,
    "beliefs": Beliefs,
    "conduct": Conduct,
    "questions": Questions,
    "genomes": Genomes,
    "diversity": Diversity,
    "lineages": Lineages,
    "selection": Selection,
    "price": Price,
    "outcomes": Outcomes,
}
"""The group of each of the `Columns`."""


class Stop(NamedTuple):
    """The line at which a run ends: the column that crosses it, -1 for none, and its side.

    `side` is 1 if the run ends above the line, -1 if below.
    """

    column: int
    line: float
    side: float


NEVER_STOPS = Stop(-1, 0.0, 1.0)


@summarised
class Recording(NamedTuple):
    """What the kernels of the measures read and write.

    Row g of `rows` is generation g, NaN where nothing was written. `scratch` is
    overwritten. `alleles`, `counts`, `founders` and `means` are kept by `Conduct`,
    `Diversity`, `Lineages` and `Price`, `nats` by `Selection`, the hash table by `Genomes`.
    `most_events` is the largest number of events in one generation.
    """

    rows: NDArray[np.float64]
    columns: Columns
    scratch: NDArray[np.float64]
    alleles: Counted
    counts: BeliefCounts
    founders: Founders
    means: Means
    nats: NDArray[np.float64]
    table: NDArray[np.uint64]
    most_events: int
    stop: Stop = NEVER_STOPS


def blank_recording(
    generations: int,
    width: int,
    first: dict[type[Group], int],
    size: int,
    genes: int,
    beliefs: int,
    prevalence: float,
) -> Recording:
    """Return a recording in which nothing is written.

    `first` has the first column of each group that is recorded; `size`, `genes` and
    `beliefs` are N, K and B.
    """
    prevalent = prevalent_count(size, prevalence)
    columns = Columns(**{name: first.get(group, -1) for name, group in GROUPS.items()})
    with_beliefs = columns.diversity >= 0
    # at most N·K/prevalent beliefs can be prevalent at once, and K fixed before
    most = 2 * min(beliefs, size * genes // prevalent) + genes + 1
    return Recording(
        rows=np.full((generations, width), np.nan),
        columns=columns,
        scratch=np.empty((SCRATCH, size)),
        alleles=blank_counted(2, prevalent),
        counts=blank_belief_counts(beliefs if with_beliefs else 0, size * genes, prevalent),
        founders=blank_founders(size, prevalent),
        means=blank_means(genes),
        nats=np.zeros(1),
        table=np.empty(slots_for(size) if columns.genomes >= 0 else 0, np.uint64),
        most_events=4 * (columns.conduct >= 0)
        + most * with_beliefs
        + 2 * size * (columns.lineages >= 0),
    )


@kernel(inline=True)
def write(values: tuple[float, ...], row: NDArray[np.float64], first: int) -> None:
    """Write measures to a row, from a column on."""
    for k in range(len(values)):
        row[first + k] = values[k]


@kernel(inline=True)
def crosses(recording: Recording, generation: int) -> bool:
    """Return whether the record of a generation is beyond the line at which the run ends."""
    stop = recording.stop
    if stop.column < 0:
        return False
    return stop.side * recording.rows[generation, stop.column] > stop.side * stop.line
