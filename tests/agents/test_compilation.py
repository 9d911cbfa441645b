"""What numba keeps on disk is what the source says now."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numba.core.errors import TypingError
from numpy.typing import NDArray

from peckham.agents.compilation import kernel

FACTORS = "FACTOR = {}"

CALLED = """
from factors import FACTOR
from peckham.agents.compilation import kernel

@kernel(allocates=True)
def tenfold(x):
    return FACTOR * x
"""

CALLER = """
from called import tenfold
from peckham.agents.compilation import kernel

@kernel(allocates=True)
def more(x):
    return tenfold(x) + 1

@kernel(allocates=True)
def most(x):
    return more(x) + 1

print(more(1), most(1), sum(more.stats.cache_hits.values()))
"""


def answers(folder: Path) -> list[int]:
    """Run the caller in a Python of its own."""
    done = subprocess.run(
        [sys.executable, "caller.py"],
        cwd=folder,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder / "kept")},
        capture_output=True,
        text=True,
        check=True,
    )
    return [int(word) for word in done.stdout.split()]


def test_a_change_in_another_file_is_noticed(tmp_path: Path) -> None:
    """In a kernel that is called, and in a constant that it takes from a third file."""
    factors, called = tmp_path / "factors.py", tmp_path / "called.py"
    factors.write_text(FACTORS.format(10), "utf-8")
    called.write_text(CALLED, "utf-8")
    (tmp_path / "caller.py").write_text(CALLER, "utf-8")
    assert answers(tmp_path) == [11, 12, 0]
    assert answers(tmp_path) == [11, 12, 1]
    called.write_text(CALLED.replace("* x", "* x * x"), "utf-8")
    assert answers(tmp_path) == [11, 12, 0]
    assert answers(tmp_path) == [11, 12, 1]
    factors.write_text(FACTORS.format(20), "utf-8")
    assert answers(tmp_path) == [21, 22, 0]


@kernel
def doubled(x: NDArray[np.float64]) -> None:
    """Double numbers in place."""
    for i in range(x.size):
        x[i] *= 2.0


@kernel
def makes_an_array(x: NDArray[np.float64]) -> float:
    """Do what such a kernel cannot."""
    return np.ones(x.size).sum()


def test_a_kernel_makes_no_arrays_unless_it_says_so() -> None:
    x = np.arange(3.0)
    doubled(x)
    assert x.tolist() == [0.0, 2.0, 4.0]
    with pytest.raises(TypingError):
        makes_an_array(x)
