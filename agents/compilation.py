"""Compilation of the numerical kernels.

Two habits keep compiled code honest. numba's cache does not notice a change in
a compiled function imported from another file, so what was cached before that
file changed is dropped here. And no kernel uses ``np.random``, ``fastmath`` or
``parallel``: rows must be bit-identical on one machine whatever else it is doing.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import resolve_name
from pathlib import Path
from typing import TypeVar

import numba
import numpy as np
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

F = TypeVar("F", bound=Callable)
Number = TypeVar("Number", bound=np.generic)


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
    return made(function)


def borrowing(function: F) -> F:
    """Compile a kernel that makes no arrays and returns none, see `compiled`.

    It borrows its arrays from whoever calls it, so that nobody need count
    who uses them; counting takes longer than what most inner loops do. One that
    makes an array is refused by numba when it is first called; so is one that
    calls a kernel that does, unless that was compiled before: then what it returns
    is never given back. (The option is not among those that numba documents; a numba
    that did not know it would count, and find the same.)
    """
    return made(function, _nrt=False)


def made(function: F, **options: bool) -> F:
    """Compile a kernel, with options of numba's."""
    try:
        kernel = numba.njit(cache=True, error_model="numpy", **options)(function)
    except RuntimeError:  # neither __pycache__ nor the user's cache is writable
        return numba.njit(error_model="numpy", **options)(function)
    drop_outdated(kernel)
    return kernel


def inlined(function: F) -> F:
    """Have a function written out wherever a kernel calls it.

    A call costs more than a few lines do when it hands over many arrays; in a
    kernel that is not `borrowing` it costs no less.
    """
    return numba.njit(inline="always", error_model="numpy")(function)


def as_kernels_take_it(array: NDArray[Number]) -> NDArray[Number]:
    """Return an array in one block of memory that may be written to: itself, or a copy.

    Any other is of a type of its own to numba, for which all kernels would be
    compiled again, and refused by those that write.
    """
    return array if array.flags.carray else array.copy()


def drop_outdated(kernel: Dispatcher) -> None:
    """Drop what was cached of a kernel before another file that it is made from changed."""
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

    Constants are frozen in a kernel, so the file that they come from counts as
    does that of a kernel that is called.
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
