"""Measures of diversity and fixation: which beliefs are present, and in how many agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census

from .events import BECOMES_PREVALENT, BELIEF, FIXES, UNFIXES, Entries, enter, prevalent_count
from .measure import Group, Measure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from peckham.agents.model import PopulationModel

FINAL = ("fixed_beliefs", "fixed_deceptive_beliefs", "prevalent_beliefs", "lost_beliefs")
"""Counted once more after the last reproduction, for the table of runs."""


class Counts(NamedTuple):
    """Who held what when it was last counted. Rows of two change places each time.

    Attributes
    ----------
    holders : ndarray of int32, shape (2, B)
        How many agents hold each belief.
    present : ndarray of int32, shape (2, beliefs held at once + 1)
        The beliefs that any agent holds.
    status : ndarray of uint8, shape (B,)
        Bits: 1 fixed, 2 has been prevalent.
    origin : ndarray of int32, shape (B,)
        The generation in which a belief last entered.
    so_far : ndarray of int64, shape (3,)
        The row that was filled last, how many beliefs were present then, and
        how many losses there were.
    line : int
        Count from which a belief is prevalent.
    """

    holders: NDArray[np.int32]
    present: NDArray[np.int32]
    status: NDArray[np.uint8]
    origin: NDArray[np.int32]
    so_far: NDArray[np.int64]
    line: int


def uncounted_beliefs(beliefs: int, most_held: int, line: int) -> Counts:
    """Return B beliefs that were never counted, of which no more than so many can be held."""
    return Counts(
        holders=np.zeros((2, beliefs), np.int32),
        present=np.empty((2, min(beliefs, most_held) + 1), np.int32),
        status=np.zeros(beliefs, np.uint8),
        origin=np.zeros(beliefs, np.int32),
        so_far=np.zeros(3, np.int64),
        line=line,
    )


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
        size, genes = model.population.size, model.population.genes
        beliefs = model.landscape.size
        line = prevalent_count(size, model.prevalence)
        self.counts = uncounted_beliefs(beliefs, size * genes, line)
        # at most N·K/line beliefs can be prevalent at once, and K fixed before
        self.most_events = 2 * min(beliefs, size * genes // line) + genes + 1
        self._last = np.empty(len(self.measures))

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        landscape = model.landscape
        count_beliefs(
            model.population.clones.beliefs,
            model.evaluator.census,
            self.counts,
            model.generation,
            landscape.value,
            landscape.signal,
            out,
            model.record.log.reserve(self.most_events),
        )

    def close(self, model: PopulationModel) -> Mapping[str, float]:
        """Count once more after the last reproduction."""
        self.observe(model, self._last)
        names = [measure.name for measure in self.measures]
        return {name: self._last[names.index(name)] for name in FINAL}


@borrowing
def count_beliefs(
    beliefs: NDArray[np.int32],
    census: Census,
    kept: Counts,
    generation: int,
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    out: NDArray[np.float64],
    entries: Entries,
) -> None:
    """Count the agents that hold each belief; loop over held beliefs, never over all B.

    Parameters
    ----------
    beliefs : ndarray of int32, shape (2N, K)
        Of the clones.
    census : Census
        Who there is.
    kept : Counts
        Updated.
    generation : int
        Now.
    value, signal : ndarray of float64, shape (B,)
    out : ndarray of float64, shape (7,)
        Filled in the order of `Tally.measures`.
    entries : Entries
        Written to.
    """
    size, genes, different = census.member.size, beliefs.shape[1], census.many[0]
    turn, many_before = kept.so_far[0], kept.so_far[1]
    before, present_before = kept.holders[turn], kept.present[turn]
    counts, present = kept.holders[1 - turn], kept.present[1 - turn]
    status = kept.status
    many = 0
    listed = counts.size > different * genes  # else all are looked through, which is faster
    for k in range(different):
        i, holders = np.uint32(census.clone[k]), int(census.counts[k])
        if not listed:
            for j in range(genes):
                counts[np.uint32(beliefs[i, j])] += holders  # unsigned: no check for negative ones
            continue
        for j in range(genes):
            b = np.uint32(beliefs[i, j])
            present[many] = b  # it stays there if it is a new one
            many += counts[b] == 0
            counts[b] += holders
    if not listed:
        for k in range(counts.size):
            present[many] = k
            many += counts[k] > 0
    lost = 0
    for k in range(many_before):
        b = np.uint32(present_before[k])
        lost += counts[b] == 0
        if status[b] & 1 and counts[b] < size:
            status[b] &= 2
            enter(entries, generation, BELIEF, b, UNFIXES, kept.origin[b], value[b], signal[b])
    het = 0.0
    fixed = deceptive = prevalent = 0
    mean_a = mean_v = 0.0
    for k in range(many):
        b = np.uint32(present[k])
        count = counts[b]
        if before[b] == 0:
            kept.origin[b] = generation
        het += 2.0 * count * (size - count)
        mean_a += signal[b]
        mean_v += value[b]
        if count < kept.line:
            continue
        prevalent += 1
        if not status[b] & 2:
            status[b] |= 2
            enter(
                entries, generation, BELIEF, b, BECOMES_PREVALENT,
                kept.origin[b], value[b], signal[b],
            )  # fmt: skip
        if count == size:
            fixed += 1
            deceptive += value[b] < 0.0 and signal[b] > 0.0
            if not status[b] & 1:
                status[b] |= 1
                enter(entries, generation, BELIEF, b, FIXES, kept.origin[b], value[b], signal[b])
    for k in range(many_before):
        before[np.uint32(present_before[k])] = 0
    mean_a /= many
    mean_v /= many
    aa = vv = av = 0.0
    same_a = same_v = True
    for k in range(many):
        b = np.uint32(present[k])
        a, v = signal[b], value[b]
        same_a &= a == signal[present[0]]
        same_v &= v == value[present[0]]
        aa += (a - mean_a) ** 2
        vv += (v - mean_v) ** 2
        av += (a - mean_a) * (v - mean_v)
    kept.so_far[0], kept.so_far[1] = 1 - turn, many
    kept.so_far[2] += lost
    out[0] = het / (float(size) * size)
    out[1] = many
    out[2] = fixed
    out[3] = deceptive
    out[4] = prevalent
    out[5] = kept.so_far[2]
    varies = not same_a and not same_v and aa > 0.0 and vv > 0.0
    out[6] = max(-1.0, min(1.0, av / np.sqrt(aa * vv))) if varies else np.nan
