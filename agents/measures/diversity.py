"""Measures of diversity and fixation: which beliefs are present, and in how many agents."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.landscapes.landscape import Pool
from peckham.agents.measures.scales import per_unit, spread
from peckham.agents.parameters.summaries import summarised
from peckham.agents.population.abundance import Abundance

from .events import BECOMES_PREVALENT, BELIEF, FIXES, UNFIXES, Entries, enter
from .measure import CompiledGroup, Measure, row_class

FINAL = ("fixed_beliefs", "fixed_deceptive_beliefs", "prevalent_beliefs", "lost_beliefs")
"""Measures that are taken again after the last reproduction, for the table of runs."""

PREVALENT = "at least a share record.prevalence of the agents"
LOST = "each time that no agent was left holding one"

IS_FIXED, WAS_PREVALENT = 1, 2
"""Bits of a belief's status."""


class Diversity(CompiledGroup):
    """Counts of the agents that hold each belief, and what follows from them."""

    of_beliefs = True
    measures = (
        Measure(
            "heterozygosity",
            "belief diversity Σ_b 2·p_b(1 − p_b), p_b the share of agents that hold b",
            "beliefs",
            0.0,
            needs="genomes",
        ),
        *(
            Measure(
                name,
                meaning,
                "count",
                0.0,
                needs="genomes",
                better="lower" if "deceptive" in name else "none",
            )
            for name, meaning in (
                ("beliefs_present", "beliefs that any agent holds"),
                ("fixed_beliefs", "beliefs that every agent holds"),
                ("fixed_deceptive_beliefs", "deceptive beliefs that every agent holds"),
                ("prevalent_beliefs", f"beliefs that {PREVALENT} hold"),
                ("lost_beliefs", f"belief losses since the founders: {LOST}"),
            )
        ),
        Measure(
            "corr_signal_value",
            "correlation of a and v over the distinct beliefs present",
            "correlation",
            -1.0,
            1.0,
            "genomes",
        ),
    )


Row = row_class([measure.name for measure in Diversity.measures], __name__)


@summarised
class BeliefCounts(NamedTuple):
    """The agents that hold each belief, now and when they were last counted.

    Attributes
    ----------
    holders, before : ndarray of int32, shape (B,)
        The number of agents that hold each belief.
    present, present_before : ndarray of int32, shape (most beliefs held at once + 1,)
        The beliefs that any agent holds; the first `so_far` entries are valid.
    status : ndarray of uint8, shape (B,)
        Bits: `IS_FIXED`, `WAS_PREVALENT`.
    origin : ndarray of int32, shape (B,)
        The generation in which a belief last entered the population.
    so_far : ndarray of int64, shape (3,)
        The number of beliefs present now and before, and of losses.
    prevalent : int
        The number of agents from which a belief is prevalent.
    """

    holders: NDArray[np.int32]
    before: NDArray[np.int32]
    present: NDArray[np.int32]
    present_before: NDArray[np.int32]
    status: NDArray[np.uint8]
    origin: NDArray[np.int32]
    so_far: NDArray[np.int64]
    prevalent: int


def blank_belief_counts(beliefs: int, most_held: int, prevalent: int) -> BeliefCounts:
    """Return counts of B beliefs, none counted yet; at most `most_held` are held at once."""
    room = min(beliefs, most_held) + 1
    return BeliefCounts(
        holders=np.zeros(beliefs, np.int32),
        before=np.zeros(beliefs, np.int32),
        present=np.empty(room, np.int32),
        present_before=np.empty(room, np.int32),
        status=np.zeros(beliefs, np.uint8),
        origin=np.zeros(beliefs, np.int32),
        so_far=np.zeros(3, np.int64),
        prevalent=prevalent,
    )


@kernel
def count_holders(beliefs: NDArray[np.int32], abundance: Abundance, counts: BeliefCounts) -> None:
    """Count the agents that hold each belief, and keep the previous count.

    The loop is over held beliefs, or over all B where that is faster.
    """
    holders, before, present, so_far = counts.holders, counts.before, counts.present, counts.so_far
    genes, distinct = beliefs.shape[1], abundance.distinct[0]
    for k in range(so_far[1]):  # only these were not 0
        before[np.uint32(counts.present_before[k])] = 0
    for k in range(so_far[0]):
        b = np.uint32(present[k])
        counts.present_before[k] = b
        before[b] = holders[b]
        holders[b] = 0
    found = 0
    listed = holders.size > distinct * genes
    for k in range(distinct):
        i, agents = np.uint32(abundance.genotype[k]), int(abundance.agents[k])
        for j in range(genes):
            b = np.uint32(beliefs[i, j])  # unsigned: no check for negative indices
            if listed:
                present[found] = b  # it is overwritten unless it is new
                found += holders[b] == 0
            holders[b] += agents
    if not listed:
        for belief in range(holders.size):
            present[found] = belief
            found += holders[belief] > 0
    so_far[1], so_far[0] = so_far[0], found


@kernel
def note_losses(
    counts: BeliefCounts, pool: Pool, size: int, generation: int, entries: Entries
) -> None:
    """Count the beliefs that were lost, and write an event for each that is no longer fixed."""
    for k in range(counts.so_far[1]):
        b = np.uint32(counts.present_before[k])
        counts.so_far[2] += counts.holders[b] == 0
        if counts.status[b] & IS_FIXED and counts.holders[b] < size:
            counts.status[b] &= WAS_PREVALENT
            enter(
                entries, generation, BELIEF, b, UNFIXES,
                counts.origin[b], pool.value[b], pool.signal[b],
            )  # fmt: skip


@kernel
def note_rise(
    counts: BeliefCounts, belief: int, pool: Pool, size: int, generation: int, entries: Entries
) -> None:
    """Write the events of a belief that has become prevalent or fixed."""
    b = np.uint32(belief)
    status, origin, value, signal = counts.status, counts.origin[b], pool.value[b], pool.signal[b]
    if not status[b] & WAS_PREVALENT:
        status[b] |= WAS_PREVALENT
        enter(entries, generation, BELIEF, b, BECOMES_PREVALENT, origin, value, signal)
    if counts.holders[b] == size and not status[b] & IS_FIXED:
        status[b] |= IS_FIXED
        enter(entries, generation, BELIEF, b, FIXES, origin, value, signal)


@kernel
def signal_value_correlation(counts: BeliefCounts, pool: Pool) -> float:
    """Return the correlation of a and v over the beliefs present.

    It is NaN where either is constant but for rounding.
    """
    present, found = counts.present, counts.so_far[0]
    mean_a = mean_v = 0.0
    low_a = high_a = pool.signal[present[0]]
    low_v = high_v = pool.value[present[0]]
    for k in range(found):
        b = np.uint32(present[k])
        a, v = pool.signal[b], pool.value[b]
        mean_a += a
        mean_v += v
        low_a, high_a = min(low_a, a), max(high_a, a)
        low_v, high_v = min(low_v, v), max(high_v, v)
    width_a, width_v = spread(low_a, high_a, 0.0), spread(low_v, high_v, 0.0)
    if width_a == 0.0 or width_v == 0.0:
        return np.nan
    mean_a /= found
    mean_v /= found
    power_a, power_v = per_unit(width_a), per_unit(width_v)
    aa = vv = av = 0.0
    for k in range(found):
        b = np.uint32(present[k])
        a, v = (pool.signal[b] - mean_a) * power_a, (pool.value[b] - mean_v) * power_v
        aa += a**2
        vv += v**2
        av += a * v
    return max(-1.0, min(1.0, av / np.sqrt(aa * vv)))


@kernel
def measure_diversity(
    beliefs: NDArray[np.int32],
    abundance: Abundance,
    counts: BeliefCounts,
    pool: Pool,
    generation: int,
    entries: Entries,
) -> tuple[float, ...]:
    """Update the counts of beliefs, write the events, and return the measures."""
    size = abundance.member.size
    count_holders(beliefs, abundance, counts)
    note_losses(counts, pool, size, generation, entries)
    het = 0.0
    fixed = deceptive = prevalent = 0
    for k in range(counts.so_far[0]):
        b = np.uint32(counts.present[k])
        holders = counts.holders[b]
        if counts.before[b] == 0:
            counts.origin[b] = generation
        het += 2.0 * holders * (size - holders)
        if holders >= counts.prevalent:
            prevalent += 1
            note_rise(counts, b, pool, size, generation, entries)
        if holders == size:
            fixed += 1
            deceptive += pool.value[b] < 0.0 and pool.signal[b] > 0.0
    return Row(
        heterozygosity=het / (float(size) * size),
        beliefs_present=float(counts.so_far[0]),
        fixed_beliefs=float(fixed),
        fixed_deceptive_beliefs=float(deceptive),
        prevalent_beliefs=float(prevalent),
        lost_beliefs=float(counts.so_far[2]),
        corr_signal_value=signal_value_correlation(counts, pool),
    )
