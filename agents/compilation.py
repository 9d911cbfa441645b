"""Compilation of the numerical kernels: one marker, `kernel`, tells them from Python code.

Numba's cache does not notice a change in a kernel that is imported from another
file, so this module drops what was cached before such a change. No kernel uses
``np.random``, ``fastmath`` or ``parallel``: rows must be bit-identical on one
machine, whatever else it is doing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable)
Number = TypeVar("Number", bound=np.generic)
Floats = TypeVar("Floats", float, NDArray[np.float64])
"""A float or an array of floats: the arguments and the result of elementwise kernels."""


def kernel(function: F | None = None, *, allocates: bool = False, inline: bool = False) -> Any:
    """Mark a function as compiled by numba, cached on disk where a cache can be written.

    By default a kernel makes no arrays and returns none. Numba then leaves out
    the reference counts of every array that it passes on, which cost 15 to
    20 % of a run. Numba refuses a kernel of this kind that makes an array.
    (The option ``_nrt`` is not documented by numba. A version without it would
    count references and compute the same.)

    Parameters
    ----------
    function : callable
        A function of arrays and scalars in numba's nopython subset. The
        kernels that it calls must be defined before it.
    allocates : bool
        Whether it makes arrays, returns them, or takes the `State`.
    inline : bool
        Whether its code is copied into its callers. A call that passes many
        arrays costs more than a few lines of code.

    Returns
    -------
    callable
        The dispatcher. The Python function stays available as ``.py_func``.
    """
    if function is None:
        return lambda f: kernel(f, allocates=allocates, inline=inline)
    if inline:
        return numba.njit(inline="always", error_model="numpy")(function)
    options = {} if allocates else {"_nrt": False}
    try:
        dispatcher = numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # neither __pycache__ nor the user's cache is writable
        return numba.njit(error_model="numpy", **options)(function)
    drop_outdated(dispatcher)
    return dispatcher


def contiguous(array: NDArray[Number]) -> NDArray[Number]:
    """Return a writable array in one block of memory: itself, or a copy.

    Numba would compile every kernel again for an array of another layout.
    """
    return array if array.flags.carray else array.copy()


def drop_outdated(kernel: Dispatcher) -> None:
    """Drop a kernel from the cache if a file that it was made from has changed since."""
    own = Path(kernel.py_func.__code__.co_filename)
    kept = kernel.stats.cache_path
    if kept is None:
        return
    name = f"{own.stem}.{kernel.py_func.__qualname__}-"
    indices = [Path(kept, file) for file in files_in(kept) if file.startswith(name)]
    made = min((index.stat().st_mtime for index in indices if index.exists()), default=np.inf)
    if made > newest_in(own.parent) and made > newest_in(HERE):  # nothing has changed at all
        return
    for index in indices:
        if index.exists() and index.stat().st_mtime < max(map(changed, sources(kernel))):
            index.unlink(missing_ok=True)


HERE = Path(__file__).parent


@cache
def files_in(folder: str) -> list[str]:
    """Return the names of the indices of cached kernels in a folder."""
    return [file.name for file in Path(folder).glob("*.nbi")]


@cache
def newest_in(folder: Path) -> float:
    """Return when any source in a folder was last changed."""
    return max(map(changed, folder.rglob("*.py")), default=0.0)


def changed(file: Path) -> float:
    """Return when a file was last changed."""
    return file.stat().st_mtime


def sources(kernel: Dispatcher) -> frozenset[Path]:
    """Return the files that a kernel is made from: its own, and what it and its callees import.

    Constants are frozen in a kernel, so the file that they come from counts like
    the file of a kernel that is called.
    """
    function = kernel.py_func
    files = imported_by(function.__module__)
    for name in function.__code__.co_names:
        called = function.__globals__.get(name)
        if isinstance(called, Dispatcher) and called is not kernel:
            files = files | sources(called)
    return files


@cache
def imported_by(module: str) -> frozenset[Path]:
    """Return the file of a module, and those beside it or here that it imports from."""
    own = Path(str(sys.modules[module].__file__))
    package = module.rpartition(".")[0]
    found = {own}
    for node in ast.parse(own.read_text("utf-8")).body:
        if isinstance(node, ast.ImportFrom):
            name = resolve_name("." * node.level + (node.module or ""), package)
            file = Path(str(getattr(sys.modules.get(name), "__file__", None)))
            if {own.parent, HERE} & {*file.parents}:
                found.add(file)
    return frozenset(found)
