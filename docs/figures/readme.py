"""What README.md states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claims import Claim
from pages import Page


def claims(page: str, folder: Path) -> Iterator[Claim]:
    """Yield nothing: the results of the page are the output of its commands."""
    yield from ()


PAGE = Page("README.md", claims, given=("95 % intervals", "Python 3.11", "arXiv 2604.05274"))
