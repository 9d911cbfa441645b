"""Events: the generations in which a belief, an allele or a lineage fixes or is lost."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled

EVENTS = ("fixed", "prevalent", "unfixed", "lost")
"""Names of the events; their places are the codes that kernels write."""


class Event(NamedTuple):
    """One row of the events table.

    Attributes
    ----------
    generation : int
        The generation in which it was first seen, before its selection;
        G for what the last reproduction brought about.
    kind : {"belief", "allele", "lineage"}
        What it is about.
    id : int
        The belief; the allele (0 honest, 1 schemer); the lineage's founder.
    event : {"fixed", "prevalent", "unfixed", "lost"}
        Every agent has it now; at least ``record.prevalence`` of the agents
        have it for the first time; some agent no longer has what was fixed;
        no agent has it any more.
    value, signal : float or None
        v and a of a belief, at that time.
    deceptive : bool or None
        Whether a belief is deceptive, at that time.
    cluster : str or None
        A belief's cluster.
    origin : int
        The generation in which it last entered the population, 0 for founders.
    """

    generation: int
    kind: str
    id: int
    event: str
    value: float | None = None
    signal: float | None = None
    deceptive: bool | None = None
    cluster: str | None = None
    origin: int = 0


def prevalent_count(size: int, prevalence: float) -> int:
    """Return how many of `size` agents make up a share of at least `prevalence`."""
    return max(1, int(np.ceil(prevalence * size - 1e-9)))


class Crossings:
    """Finds fixations and losses among few things that are counted each generation.

    Parameters
    ----------
    kind : str
        What is counted.
    many : int
        How many there are.
    size : int
        N, the number of agents.
    prevalence : float
        Share from which a thing is prevalent.
    """

    def __init__(self, kind: str, many: int, size: int, prevalence: float) -> None:
        self._kind = kind
        self._size = size
        self._line = prevalent_count(size, prevalence)
        self._status: NDArray[np.uint8] | None = None
        self._found = np.empty((2 * many, 2), np.int32)

    def note(self, counts: NDArray[np.int32], generation: int) -> list[Event]:
        """Return the events between the last counts and these.

        Parameters
        ----------
        counts : ndarray of int32, shape (many,)
            How many agents have each.
        generation : int
            When they were counted.
        """
        if self._status is None:  # what was never there is not lost
            self._status = np.where(counts == 0, LOST, 0).astype(np.uint8)
        found = crossings(counts, self._size, self._line, self._status, self._found)
        if found == 0:
            return []
        return [
            Event(generation, self._kind, thing, EVENTS[code])
            for thing, code in self._found[:found].tolist()
        ]


FIXED = np.uint8(1)
HAS_BEEN_PREVALENT = np.uint8(2)
LOST = np.uint8(4)


@compiled
def crossings(
    counts: NDArray[np.int32],
    size: int,
    line: int,
    status: NDArray[np.uint8],
    found: NDArray[np.int32],
) -> int:
    """Write (thing, event code) pairs to `found`, update `status`, return how many."""
    many = 0
    for thing in range(counts.size):
        count = counts[thing]
        before = status[thing]
        now = before & HAS_BEEN_PREVALENT
        if count >= line and not before & HAS_BEEN_PREVALENT:
            now |= HAS_BEEN_PREVALENT
            found[many, 0], found[many, 1] = thing, 1
            many += 1
        if count == size:
            now |= FIXED
        if count == 0:
            now |= LOST
        if now & FIXED and not before & FIXED:
            found[many, 0], found[many, 1] = thing, 0
            many += 1
        if before & FIXED and not now & FIXED:
            found[many, 0], found[many, 1] = thing, 2
            many += 1
        if now & LOST and not before & LOST:
            found[many, 0], found[many, 1] = thing, 3
            many += 1
        status[thing] = now
    return many
