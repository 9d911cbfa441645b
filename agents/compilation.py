"""Compilation of the numerical kernels.

Two habits keep compiled code honest. numba's cache does not notice a change in
a compiled function imported from another file, so what was cached before that
file changed is dropped here. And no kernel uses ``np.random``, ``fastmath`` or
``parallel``: rows must be bit-identical on one machine whatever else it is doing.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numba
from numba.core.dispatcher import Dispatcher

F = TypeVar("F", bound=Callable)


def compiled(function: F) -> F:
    """Compile a kernel with numba, cached on disk where a cache can be written.

    Parameters
    ----------
    function : callable
        A function of arrays and scalars in numba's nopython subset. The
        kernels that it calls must be there already.

    Returns
    -------
    callable
        The dispatcher. The undecorated function stays available as ``.py_func``.
    """
    try:
        kernel = numba.njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # neither __pycache__ nor the user's cache is writable
        return numba.njit(error_model="numpy")(function)
    drop_outdated(kernel)
    return kernel


def inlined(function: F) -> F:
    """Have a function written out wherever a kernel calls it.

    A call costs more than a few lines do when it hands over many arrays.
    """
    return numba.njit(inline="always", error_model="numpy")(function)


def sources(kernel: Dispatcher) -> set[Path]:
    """Return the files of all kernels that a kernel is made of, its own among them."""
    function = kernel.py_func
    files = {Path(function.__code__.co_filename)}
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if isinstance(called, Dispatcher) and called is not kernel:
            files |= sources(called)
    return files


def drop_outdated(kernel: Dispatcher) -> None:
    """Drop what was cached of a kernel before another file that it calls into changed."""
    own = Path(kernel.py_func.__code__.co_filename)
    others = sources(kernel) - {own}
    kept = kernel.stats.cache_path
    if not others or kept is None:
        return
    changed = max(file.stat().st_mtime for file in others)
    for index in Path(kept).glob(f"{own.stem}.{kernel.py_func.__qualname__}-*.nbi"):
        if index.stat().st_mtime < changed:
            index.unlink(missing_ok=True)
