"""Random streams: one tree of seeds, one named stream per purpose.

A run is rebuilt from its seed alone. Streams are told apart by name, never by
position or by Python's salted ``hash``, so that adding a stream leaves all the
others as they were, and runs that differ in one mechanism share every draw of
the mechanisms they have in common (common random numbers).
"""

from __future__ import annotations

import ctypes
from functools import lru_cache
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray

from .compilation import borrowing

BLOCK = 4096
"""At least so many numbers are drawn from a stream at once."""


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


class Uniforms:
    """The uniform numbers of a stream, drawn ahead in blocks.

    What is drawn and not needed, where how many are needed shows in the end only,
    stays for the next to ask. The k-th number is the stream's k-th, whatever the blocks.

    Parameters
    ----------
    rng : numpy.random.Generator
        The stream, from which nobody else draws.

    Attributes
    ----------
    drawn : ndarray of float64
        Room for numbers, and those that were drawn last.
    span : ndarray of int64, shape (2,)
        Of these, the first that was not taken yet, and the end.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.drawn = np.empty(0)
        self.span = np.zeros(2, np.int64)

    def ahead(self, many: int) -> NDArray[np.float64]:
        """Return the next numbers, at least so many; they stay the next until they are taken."""
        begin, end = self.span.tolist()
        if end - begin < many:
            more = self.rng.random(max(many - (end - begin), BLOCK))
            self.drawn = np.concatenate((self.drawn[begin:end], more))
            self.span[:] = begin, end = 0, self.drawn.size
        return self.drawn[begin:end]

    def reserve(self, many: int) -> None:
        """Have room for so many numbers at least."""
        if self.drawn.size < many:
            larger = np.empty(many)
            larger[: self.drawn.size] = self.drawn
            self.drawn = larger

    def take(self, many: int) -> None:
        """Take the next numbers off."""
        self.span[0] += many


class BitGenerator(ctypes.Structure):
    """The head of NumPy's ``bitgen_t``, as its documentation of extensions in C has it."""

    _fields_ = tuple(
        (name, ctypes.c_void_p) for name in ("state", "next_uint64", "next_uint32", "next_double")
    )


# a prototype of our own: that of `ctypes.pythonapi` is everybody's
pointer_in = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", ctypes.pythonapi)
)


class Source(NamedTuple):
    """Where compiled code draws from a stream: two addresses that NumPy gives out for this.

    To hand numba the generator itself takes far longer. The stream must
    outlive its source, and nobody else may draw from it meanwhile.

    Attributes
    ----------
    next_double : int
        Of the function that returns the next uniform number in 0..1.
    state : int
        Of what it is called with.
    """

    next_double: int
    state: int


def source_of(rng: np.random.Generator) -> Source:
    """Return where compiled code draws from a stream."""
    # its attribute `ctypes` has the same, but takes five times as long to be made
    interface = BitGenerator.from_address(pointer_in(rng.bit_generator.capsule, b"BitGenerator"))
    return Source(interface.next_double, interface.state)


@intrinsic
def next_double(typing: Any, function: Any, state: Any) -> Any:
    """Call the function at an address with another address; see `Source`."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        anything = ir.IntType(8).as_pointer()
        kind = ir.FunctionType(ir.DoubleType(), [anything]).as_pointer()
        function, state = arguments
        return builder.call(builder.inttoptr(function, kind), [builder.inttoptr(state, anything)])

    return types.float64(types.int64, types.int64), generate


@borrowing
def fill(source: Source, numbers: NDArray[np.float64]) -> None:
    """Fill an array with the next uniform numbers of a stream, as its ``random`` would."""
    for k in range(numbers.size):
        numbers[k] = next_double(source.next_double, source.state)


@borrowing
def draw_ahead(source: Source, drawn: NDArray[np.float64], span: NDArray[np.int64]) -> None:
    """Fill the room for numbers; see `Uniforms`."""
    begin, left = span[0], span[1] - span[0]
    for k in range(left):
        drawn[k] = drawn[begin + k]
    fill(source, drawn[left:])
    span[0], span[1] = 0, drawn.size
