"""Random streams: one tree of seeds, one named stream per purpose.

A run is rebuilt from its seed alone. Streams are told apart by name, never by
position or by Python's salted ``hash``, so that adding a stream leaves all the
others as they were, and runs that differ in one mechanism share every draw of
the mechanisms they have in common (common random numbers).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

import numpy as np


@lru_cache(maxsize=2**14, typed=True)
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


class Streams(NamedTuple):
    """The random streams of a generation, for kernels."""

    selection: np.random.Generator
    recombination: np.random.Generator
    mutation: np.random.Generator
    capability: np.random.Generator
    strategy: np.random.Generator
    conduct: np.random.Generator
