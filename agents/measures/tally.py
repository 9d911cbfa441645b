"""Measures of diversity and fixation: which beliefs are present, and in how many agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled

from .events import EVENTS, Event, prevalent_count
from .measure import Group, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel

FINAL = ("fixed_beliefs", "fixed_deceptive_beliefs", "prevalent_beliefs", "lost_beliefs")
"""Counted once more after the last reproduction, for the table of runs."""


class Tally(Group):
    """Counts of the agents that hold each belief, and what follows from them."""

    of_beliefs: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure(
            "heterozygosity",
            "belief diversity Σ_b 2·p_b(1 − p_b), p_b the share of agents that hold b",
            "beliefs",
            0.0,
            needs="genomes",
        ),
        Measure("beliefs_present", "beliefs that any agent holds", "count", 0.0, needs="genomes"),
        Measure("fixed_beliefs", "beliefs that every agent holds", "count", 0.0, needs="genomes"),
        Measure(
            "fixed_deceptive_beliefs",
            "deceptive beliefs that every agent holds",
            "count",
            0.0,
            needs="genomes",
        ),
        Measure(
            "prevalent_beliefs",
            "beliefs that at least a share record.prevalence of the agents hold",
            "count",
            0.0,
            needs="genomes",
        ),
        Measure(
            "lost_beliefs",
            "belief losses since the founders: each time that no agent was left holding one",
            "count",
            0.0,
            needs="genomes",
        ),
        Measure(
            "corr_signal_value",
            "correlation of a and v over the distinct beliefs present",
            "correlation",
            -1.0,
            1.0,
            needs="genomes",
        ),
    )

    def __init__(self, model: PopulationModel) -> None:
        size, genes = model.population.beliefs.shape
        beliefs = model.landscape.size
        at_once = min(beliefs, size * genes)
        self._line = prevalent_count(size, model.prevalence)
        self._counts = np.zeros(beliefs, np.int32)
        self._before = np.zeros(beliefs, np.int32)
        self._present = np.empty(at_once, np.int32)
        self._present_before = np.empty(at_once, np.int32)
        self._many_before = 0
        self._status = np.zeros(beliefs, np.uint8)
        self._origin = np.zeros(beliefs, np.int32)
        # at most N·K/line beliefs can be prevalent at once, and K fixed before
        most = min(beliefs, size * genes // self._line)
        self._found = np.empty((2 * most + genes + 1, 2), np.int32)
        self._lost = 0
        self._last = np.empty(len(self.measures))

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        self._take(model)
        out[: self._last.size] = self._last

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Count once more after the last reproduction."""
        self._take(model)
        names = [measure.name for measure in self.measures]
        return {name: self._last[names.index(name)] for name in FINAL}

    def _take(self, model: PopulationModel) -> None:
        landscape = model.landscape
        many, found, lost = count_beliefs(
            model.population.beliefs,
            model.population.row,
            self._counts,
            self._before,
            self._present,
            self._present_before,
            self._many_before,
            self._status,
            self._origin,
            model.generation,
            self._line,
            landscape.value,
            landscape.signal,
            self._last,
            self._found,
        )
        self._lost += lost
        self._last[5] = self._lost
        self._counts, self._before = self._before, self._counts
        self._present, self._present_before = self._present_before, self._present
        self._many_before = many
        if found:
            model.record.events.extend(
                self._event(model, *event) for event in self._found[:found].tolist()
            )

    def _event(self, model: PopulationModel, belief: int, code: int) -> Event:
        landscape = model.landscape
        value, signal = float(landscape.value[belief]), float(landscape.signal[belief])
        cluster = int(landscape.cluster[belief])
        return Event(
            model.generation,
            "belief",
            belief,
            EVENTS[code],
            value,
            signal,
            value < 0 < signal,
            landscape.clusters[cluster] if cluster >= 0 else None,
            int(self._origin[belief]),
        )


@compiled
def count_beliefs(
    beliefs: NDArray[np.int32],
    row: NDArray[np.int32],
    counts: NDArray[np.int32],
    before: NDArray[np.int32],
    present: NDArray[np.int32],
    present_before: NDArray[np.int32],
    many_before: int,
    status: NDArray[np.uint8],
    origin: NDArray[np.int32],
    generation: int,
    line: int,
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    out: NDArray[np.float64],
    found: NDArray[np.int32],
) -> tuple[int, int, int]:
    """Count the agents that hold each belief; loop over held beliefs, never over all B.

    Parameters
    ----------
    beliefs : ndarray of int32, shape (N, K)
    row : ndarray of int32, shape (N,)
        Clones share a number, and are counted together; -1 is none.
    counts : ndarray of int32, shape (B,)
        All zero; filled.
    before : ndarray of int32, shape (B,)
        The counts of last time; zeroed.
    present, present_before : ndarray of int32
        The beliefs with a count above zero, now (filled) and last time.
    many_before : int
        How many there were last time, 0 the first time.
    status : ndarray of uint8, shape (B,)
        Bits: 1 fixed, 2 has been prevalent. Updated.
    origin : ndarray of int32, shape (B,)
        The generation in which a belief last entered. Updated.
    generation : int
        Now.
    line : int
        Count from which a belief is prevalent.
    value, signal : ndarray of float64, shape (B,)
    out : ndarray of float64
        Filled in the order of `Tally.measures`, ``lost_beliefs`` left out.
    found : ndarray of int32, shape (most, 2)
        Filled with (belief, event code).

    Returns
    -------
    tuple of int
        Beliefs present, events found, beliefs lost since last time.
    """
    size, genes = beliefs.shape
    clones = np.zeros(size, np.int32)
    for i in range(size):
        if row[i] >= 0:
            clones[row[i]] += 1
    many = 0
    for i in range(size):
        holders = 1
        if row[i] >= 0:
            holders = clones[row[i]]
            clones[row[i]] = 0
        if holders == 0:  # counted with the first of them
            continue
        for j in range(genes):
            b = np.uint32(beliefs[i, j])  # unsigned: no check for negative indices
            if counts[b] == 0:
                present[many] = b
                many += 1
            counts[b] += holders
    events = 0
    lost = 0
    for k in range(many_before):
        b = present_before[k]
        if counts[b] == 0:
            lost += 1
        if status[b] & 1 and counts[b] < size:
            status[b] &= 2
            found[events, 0], found[events, 1] = b, 2
            events += 1
    het = 0.0
    fixed = deceptive = prevalent = 0
    mean_a = mean_v = 0.0
    for k in range(many):
        b = present[k]
        count = counts[b]
        if before[b] == 0:
            origin[b] = generation
        het += 2.0 * count * (size - count)
        mean_a += signal[b]
        mean_v += value[b]
        if count < line:
            continue
        prevalent += 1
        if not status[b] & 2:
            status[b] |= 2
            found[events, 0], found[events, 1] = b, 1
            events += 1
        if count == size:
            fixed += 1
            deceptive += value[b] < 0.0 and signal[b] > 0.0
            if not status[b] & 1:
                status[b] |= 1
                found[events, 0], found[events, 1] = b, 0
                events += 1
    for k in range(many_before):
        before[present_before[k]] = 0
    mean_a /= many
    mean_v /= many
    aa = vv = av = 0.0
    same_a = same_v = True
    for k in range(many):
        a, v = signal[present[k]], value[present[k]]
        same_a &= a == signal[present[0]]
        same_v &= v == value[present[0]]
        aa += (a - mean_a) ** 2
        vv += (v - mean_v) ** 2
        av += (a - mean_a) * (v - mean_v)
    out[0] = het / (float(size) * size)
    out[1] = many
    out[2] = fixed
    out[3] = deceptive
    out[4] = prevalent
    varies = not same_a and not same_v and aa > 0.0 and vv > 0.0
    out[6] = max(-1.0, min(1.0, av / np.sqrt(aa * vv))) if varies else np.nan
    return many, events, lost
