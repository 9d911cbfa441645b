"""The census: which clones there are, and how many agents belong to each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing, inlined

from .population import Population


class Census(NamedTuple):
    """Whom to look at so as to have seen everybody.

    Attributes
    ----------
    clone : ndarray of int32, shape (N + 1,)
        Rows of the clones; the first `many` count.
    counts : ndarray of float64, shape (N + 1,)
        How many agents each stands for.
    member : ndarray of int32, shape (N,)
        Which of them stands for the occupant of each slot.
    many : ndarray of int64, shape (1,)
    place : ndarray of int32, shape (2N,)
        Scratch space.
    """

    clone: NDArray[np.int32]
    counts: NDArray[np.float64]
    member: NDArray[np.int32]
    many: NDArray[np.int64]
    place: NDArray[np.int32]

    @property
    def size(self) -> int:
        """How many there are to look at."""
        return int(self.many[0])


def blank_census(size: int) -> Census:
    """Return the form for a census of `size` agents."""
    return Census(
        clone=np.zeros(size + 1, np.int32),
        counts=np.zeros(size + 1),
        member=np.zeros(size, np.int32),
        many=np.zeros(1, np.int64),
        place=np.empty(2 * size, np.int32),
    )


@borrowing
def count_clones(population: Population, census: Census) -> None:
    """Take a census in which every clone counts once, by ascending rows, as they lie in memory."""
    found, place = census.clone, census.place
    count_members(population.clone, place)
    many = 0
    for row in range(place.size):
        found[many] = row  # it stays there if there is anybody
        many += place[row] > 0
    number_clones(population.clone, many, census)


@borrowing
def count_clones_left(population: Population, before: Census, census: Census) -> None:
    """Do the same, where everybody is of a clone that was there at the census before."""
    found, place = census.clone, census.place
    count_members(population.clone, place)
    many = 0
    for k in range(before.many[0]):
        row = before.clone[k]
        found[many] = row
        many += place[np.uint32(row)] > 0
    number_clones(population.clone, many, census)


@inlined
def count_members(clone: NDArray[np.int32], place: NDArray[np.int32]) -> None:
    """Count the occupants of slots by the rows of their clones."""
    place[:] = 0
    for i in range(clone.size):
        place[np.uint32(clone[i])] += 1  # unsigned: no check for negative indices


@inlined
def number_clones(clone: NDArray[np.int32], many: int, census: Census) -> None:
    """Finish a census, of whose clones so many were found: their counts, and who is of which."""
    found, counts, member, place = census.clone, census.counts, census.member, census.place
    for k in range(many):
        row = np.uint32(found[k])
        counts[k] = place[row]
        place[row] = k
    for i in range(clone.size):
        member[i] = place[np.uint32(clone[i])]
    census.many[0] = many


def count_agents(population: Population, census: Census) -> None:
    """Take a census in which every agent counts once, by slots."""
    size = population.size
    census.clone[:size] = population.clone
    census.counts[:size] = 1.0
    census.member[:] = np.arange(size)
    census.many[0] = size


@borrowing
def column_mean(ledger: NDArray[np.float64], census: Census, column: int) -> float:
    """Return the mean of a column over agents; exactly what they have where all have the same."""
    clone, counts, many = census.clone, census.counts, census.many[0]
    k = np.uint32(column)
    first = ledger[np.uint32(clone[0]), k]
    same = True
    a = b = c = d = 0.0  # four sums at a time: one would wait for each addition to end
    whole = many - many % 4
    for i in range(0, whole, 4):
        w, x = ledger[np.uint32(clone[i]), k], ledger[np.uint32(clone[i + 1]), k]
        y, z = ledger[np.uint32(clone[i + 2]), k], ledger[np.uint32(clone[i + 3]), k]
        same &= (w == first) & (x == first) & (y == first) & (z == first)
        a += counts[i] * w
        b += counts[i + 1] * x
        c += counts[i + 2] * y
        d += counts[i + 3] * z
    for i in range(whole, many):
        w = ledger[np.uint32(clone[i]), k]
        same &= w == first
        a += counts[i] * w
    return first if same else ((a + b) + (c + d)) / census.member.size
