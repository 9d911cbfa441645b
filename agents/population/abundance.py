"""Abundance: which genotypes there are, and how many agents carry each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised


@summarised
class Abundance(NamedTuple):
    """One entry per distinct genotype, or per agent where episodes are sampled.

    Attributes
    ----------
    genotype : ndarray of int32, shape (N + 1,)
        The row of each entry's genotype; the first `distinct` entries count.
    agents : ndarray of float64, shape (N + 1,)
        The number of agents that carry it.
    member : ndarray of int32, shape (N,)
        The entry of the agent in each slot.
    distinct : ndarray of int64, shape (1,)
        The number of entries.
    scratch : ndarray of int32, shape (2N,)
    """

    genotype: NDArray[np.int32]
    agents: NDArray[np.float64]
    member: NDArray[np.int32]
    distinct: NDArray[np.int64]
    scratch: NDArray[np.int32]


def blank_abundance(size: int) -> Abundance:
    """Return room for the abundance of the genotypes of `size` agents."""
    return Abundance(
        genotype=np.zeros(size + 1, np.int32),
        agents=np.zeros(size + 1),
        member=np.zeros(size, np.int32),
        distinct=np.zeros(1, np.int64),
        scratch=np.empty(2 * size, np.int32),
    )


@kernel
def count_genotypes(genotype: NDArray[np.int32], abundance: Abundance) -> None:
    """Count every genotype that agents carry, in ascending order of rows."""
    counts = abundance.scratch
    count_rows(genotype, counts)
    found = 0
    for row in range(counts.size):
        abundance.genotype[found] = row  # it is overwritten unless an agent carries it
        found += counts[row] > 0
    number_entries(genotype, found, abundance)


@kernel
def count_left(genotype: NDArray[np.int32], abundance: Abundance) -> None:
    """Do what `count_genotypes` does where no genotype is new since the last count."""
    counts = abundance.scratch
    count_rows(genotype, counts)
    found = 0
    for k in range(abundance.distinct[0]):
        row = abundance.genotype[k]
        abundance.genotype[found] = row
        found += counts[row] > 0
    number_entries(genotype, found, abundance)


@kernel(inline=True)
def count_rows(genotype: NDArray[np.int32], counts: NDArray[np.int32]) -> None:
    """Count the agents that carry each row."""
    counts[:] = 0
    for i in range(genotype.size):
        counts[np.uint32(genotype[i])] += 1  # unsigned: no check for negative indices


@kernel(inline=True)
def number_entries(genotype: NDArray[np.int32], distinct: int, abundance: Abundance) -> None:
    """Fill in how many agents each entry stands for, and the entry of each agent."""
    found, agents, member = abundance.genotype, abundance.agents, abundance.member
    counts = abundance.scratch
    for k in range(distinct):
        row = np.uint32(found[k])
        agents[k] = counts[row]
        counts[row] = k
    for i in range(genotype.size):
        member[i] = counts[np.uint32(genotype[i])]
    abundance.distinct[0] = distinct


@kernel
def list_agents(genotype: NDArray[np.int32], abundance: Abundance) -> None:
    """Make one entry per agent, by slots."""
    for i in range(genotype.size):
        abundance.genotype[i] = genotype[i]
        abundance.agents[i] = 1.0
        abundance.member[i] = i
    abundance.distinct[0] = genotype.size


@kernel
def trait_mean(traits: NDArray[np.float64], abundance: Abundance, column: int) -> float:
    """Return the mean of a trait over agents; exactly their value where all have the same."""
    genotype, agents, distinct = abundance.genotype, abundance.agents, abundance.distinct[0]
    k = np.uint32(column)
    first = traits[np.uint32(genotype[0]), k]
    same = True
    a = b = c = d = 0.0  # four sums at a time: one would wait for each addition to end
    whole = distinct - distinct % 4
    for i in range(0, whole, 4):
        w, x = traits[np.uint32(genotype[i]), k], traits[np.uint32(genotype[i + 1]), k]
        y, z = traits[np.uint32(genotype[i + 2]), k], traits[np.uint32(genotype[i + 3]), k]
        same &= (w == first) & (x == first) & (y == first) & (z == first)
        a += agents[i] * w
        b += agents[i + 1] * x
        c += agents[i + 2] * y
        d += agents[i + 3] * z
    for i in range(whole, distinct):
        w = traits[np.uint32(genotype[i]), k]
        same &= w == first
        a += agents[i] * w
    return first if same else ((a + b) + (c + d)) / abundance.member.size
