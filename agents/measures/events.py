"""Events: the generations in which a belief, an allele or a lineage fixes or is lost."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.decimals import decimal
from peckham.agents.parameters.summaries import summarised

KINDS = ("belief", "allele", "lineage")
EVENTS = ("fixed", "prevalent", "unfixed", "lost")
"""What events are about, and their names; the places are the codes that kernels write."""

BELIEF, ALLELE, LINEAGE = range(len(KINDS))
FIXES, BECOMES_PREVALENT, UNFIXES, IS_LOST = range(len(EVENTS))


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


@summarised
class Entries(NamedTuple):
    """What kernels write events to.

    Attributes
    ----------
    codes : ndarray of int32, shape (room, 5)
        Generation, code of the kind, what it is about, code of the event, origin.
    marks : ndarray of float64, shape (room, 2)
        v and a of a belief at that time.
    filled : ndarray of int64, shape (1,)
        How many there are.
    """

    codes: NDArray[np.int32]
    marks: NDArray[np.float64]
    filled: NDArray[np.int64]


class EventLog:
    """The events of a run, in order.

    Attributes
    ----------
    entries : Entries
        The room, and what is in it.
    """

    def __init__(self) -> None:
        self.entries = Entries(np.empty((0, 5), np.int32), np.empty((0, 2)), np.zeros(1, np.int64))

    def __repr__(self) -> str:
        return f"EventLog({len(self)} events)"

    def __len__(self) -> int:
        return int(self.entries.filled[0])

    @property
    def room(self) -> int:
        """How many more there is room for."""
        return len(self.entries.codes) - len(self)

    def reserve(self, most: int) -> Entries:
        """Make room for so many more, and return the entries to write to."""
        if self.room < most:
            before = self.entries
            larger = 2 * len(self) + most
            self.entries = Entries(
                np.empty((larger, 5), np.int32), np.empty((larger, 2)), before.filled
            )
            self.codes[:] = before.codes[: len(self)]
            self.marks[:] = before.marks[: len(self)]
        return self.entries

    @property
    def codes(self) -> NDArray[np.int32]:
        """What was written to the codes, shape (events, 5)."""
        return self.entries.codes[: len(self)]

    @property
    def marks(self) -> NDArray[np.float64]:
        """What was written to the marks, shape (events, 2); NaN of what is no belief."""
        return self.entries.marks[: len(self)]

    def events(self, clusters: Sequence[str], cluster: NDArray[np.int16]) -> list[Event]:
        """Return them one by one.

        Parameters
        ----------
        clusters : sequence of str
            Names of the clusters.
        cluster : ndarray of int16, shape (B,)
            Each belief's, -1 if it has none.
        """
        names = [*clusters, None]
        return [
            Event(generation, KINDS[kind], thing, EVENTS[code])
            if kind != BELIEF
            else Event(
                generation,
                KINDS[kind],
                thing,
                EVENTS[code],
                value,
                signal,
                value < 0 < signal,
                names[cluster[thing]],
                origin,
            )
            for (generation, kind, thing, code, origin), (value, signal) in zip(
                self.codes.tolist(), self.marks.tolist(), strict=True
            )
        ]


@kernel(inline=True)
def enter(
    entries: Entries,
    generation: int,
    kind: int,
    thing: int | np.integer,
    code: int,
    origin: int,
    value: float,
    signal: float,
) -> None:
    """Write one event."""
    e = entries.filled[0]
    entries.codes[e, 0] = generation
    entries.codes[e, 1] = kind
    entries.codes[e, 2] = thing
    entries.codes[e, 3] = code
    entries.codes[e, 4] = origin
    entries.marks[e, 0], entries.marks[e, 1] = value, signal
    entries.filled[0] = e + 1


def prevalent_count(size: int, prevalence: float) -> int:
    """Return how many of `size` agents make up a share of at least `prevalence`."""
    return max(1, ceil(decimal(prevalence) * size))


FIXED, HAS_BEEN_PREVALENT, LOST, UNSEEN = 1, 2, 4, 8
"""Bits of a status."""


@summarised
class Counted(NamedTuple):
    """Few things that are counted each generation.

    Attributes
    ----------
    counts : ndarray of int32, shape (many,)
        How many agents have each.
    status : ndarray of uint8, shape (many,)
        What has happened to each.
    prevalent : int
        The number of agents from which a thing is prevalent.
    """

    counts: NDArray[np.int32]
    status: NDArray[np.uint8]
    prevalent: int


def blank_counted(many: int, prevalent: int) -> Counted:
    """Return a number of things that were never counted."""
    return Counted(np.full(many, -1, np.int32), np.full(many, UNSEEN, np.uint8), prevalent)


@kernel
def note_crossings(
    counted: Counted, thing: int, size: int, kind: int, generation: int, entries: Entries
) -> None:
    """Write the events between a thing's last count and this one, at most two.

    `counted` has the new count, and its status is updated. `size` is N.
    """
    count, before = counted.counts[thing], counted.status[thing]
    if count < counted.prevalent and before == (LOST if count == 0 else 0):  # as most are
        return
    if before == UNSEEN:  # what was never there is not lost
        before = LOST if count == 0 else 0
    now = before & HAS_BEEN_PREVALENT
    if count >= counted.prevalent and not before & HAS_BEEN_PREVALENT:
        now |= HAS_BEEN_PREVALENT
        enter(entries, generation, kind, thing, BECOMES_PREVALENT, 0, np.nan, np.nan)
    if count == size:
        now |= FIXED
    if count == 0:
        now |= LOST
    if now & FIXED and not before & FIXED:
        enter(entries, generation, kind, thing, FIXES, 0, np.nan, np.nan)
    if before & FIXED and not now & FIXED:
        enter(entries, generation, kind, thing, UNFIXES, 0, np.nan, np.nan)
    if now & LOST and not before & LOST:
        enter(entries, generation, kind, thing, IS_LOST, 0, np.nan, np.nan)
    counted.status[thing] = now
