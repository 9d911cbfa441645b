"""Compilation of the numerical kernels.

Two habits keep compiled code honest. The cache does not notice a change in a
compiled function imported from another file, so kernels that call each other
share a file. And no kernel uses ``np.random``, ``fastmath`` or ``parallel``:
rows must be bit-identical on one machine whatever else it is doing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numba

F = TypeVar("F", bound=Callable)


def compiled(function: F) -> F:
    """Compile a kernel with numba, cached on disk where a cache can be written.

    Parameters
    ----------
    function : callable
        A function of arrays and scalars in numba's nopython subset.

    Returns
    -------
    callable
        The dispatcher. The undecorated function stays available as ``.py_func``.
    """
    try:
        return numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # neither __pycache__ nor the user's cache is writable
        return numba.njit(error_model="numpy")(function)


def inlined(function: F) -> F:
    """Have a function written out wherever a kernel of the same file calls it.

    A call costs more than a few lines do when it hands over many arrays.
    """
    return numba.njit(inline="always", error_model="numpy")(function)
