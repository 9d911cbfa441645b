"""Random streams: one tree of seeds, one named stream per purpose.

A run is rebuilt from its seed alone. Streams are told apart by name, never by
position or by Python's salted ``hash``, so that adding a stream leaves all the
others as they were, and runs that differ in one mechanism share every draw of
the mechanisms they have in common (common random numbers).
"""

from __future__ import annotations

from zlib import crc32

import numpy as np
from numpy.typing import NDArray

BLOCK = 4096
"""At least so many numbers are drawn from a stream at once."""


def run_seed(seed: int, replicate: int) -> int:
    """Return the seed of one replicate, a 53-bit integer.

    Parameters
    ----------
    seed : int
        The experiment's seed, at least 0.
    replicate : int
        The replicate's number, from 0.

    Returns
    -------
    int
        In 0..2**53 - 1, so that it survives any table as an integer or a float. It does
        not depend on the condition, the sweep point or the control: replicates
        of different conditions are paired.
    """
    words = np.random.SeedSequence(seed, spawn_key=(replicate,)).generate_state(1, np.uint64)
    return int(words[0]) >> 11


def stream(seed: int, name: str) -> np.random.Generator:
    """Return the named stream of the run with this seed.

    Parameters
    ----------
    seed : int
        The run's seed, as from `run_seed`.
    name : str
        What the stream is for: ``landscape``, ``battery``, ``held_out``,
        ``founders``, ``traits`` at set-up; ``selection``, ``mutation`` and so
        on in each generation; ``intervention:<name>`` for an intervention.

    Returns
    -------
    numpy.random.Generator
        ``PCG64`` on ``SeedSequence(seed, spawn_key=(crc32(name),))``.
    """
    sequence = np.random.SeedSequence(seed, spawn_key=(crc32(name.encode()),))
    return np.random.Generator(np.random.PCG64(sequence))


class Uniforms:
    """The uniform numbers of a stream, drawn ahead in blocks.

    Compiled code takes them from an array, which costs less than to hand it a
    generator. The k-th number is the stream's k-th, whatever the blocks.

    Parameters
    ----------
    rng : numpy.random.Generator
        The stream, from which nobody else draws.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self._drawn = np.empty(0)
        self._taken = 0

    @property
    def left(self) -> NDArray[np.float64]:
        """Numbers that were drawn and not taken yet; whoever draws more sets what is left."""
        return self._drawn[self._taken :]

    @left.setter
    def left(self, numbers: NDArray[np.float64]) -> None:
        self._drawn, self._taken = numbers, 0

    def ahead(self, many: int) -> NDArray[np.float64]:
        """Return the next numbers, at least so many; they stay the next until they are taken."""
        left = self._drawn.size - self._taken
        if left < many:
            more = self.rng.random(max(many - left, BLOCK))
            self.left = np.concatenate((self.left, more))
        return self.left

    def take(self, many: int) -> None:
        """Take the next numbers off."""
        self._taken += int(many)
