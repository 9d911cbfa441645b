"""Numbers, names and lines of the tables that are printed as text."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from peckham.analysis.groups import as_text

from .compare import about
from .times import TIME

WIDTH = 28
"""Longest name of a condition that is printed in full in a line with numbers."""


def number(value: float) -> str:
    """Return a number with four decimals, or four digits if it is large or tiny."""
    if value is None or np.isnan(value):
        return "-"
    if value != 0 and not 5e-4 <= abs(value) < 1e4:
        return f"{value:.3g}" if abs(value) >= 1e-12 else "0.0000"
    return f"{value:.4f}"


def prose(text: str) -> str:
    """Return a sentence in lines of at most 100 columns."""
    return textwrap.fill(text, 100, break_long_words=False, break_on_hyphens=False)


def interval(low: float, high: float) -> str:
    """Return an interval."""
    return "-" if np.isnan(low) else f"{number(low)} .. {number(high)}"


def short(name: str) -> str:
    """Return a name cut to the width of its column."""
    return name if len(name) <= WIDTH else name[: WIDTH - 1] + "…"


def lines_of(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield rows with aligned columns: the mark and the name to the left, numbers to the right."""
    table = [[*row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [
            text.ljust(width) if place < 2 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"{cells[0]} {'  '.join(cells[1:])}".rstrip()


def point_of(row: Any, swept: Iterable[str]) -> str:
    """Return the swept point of a row."""
    return ", ".join(f"{path} = {as_text(row[path])}" for path in swept)


def heading(measure: str) -> str:
    """Return the heading of a block: the measure with its unit and direction."""
    known = about(measure)
    if measure == TIME:
        return f"{measure} (generations to fixation of the schemer allele; higher is better)"
    if known is None:
        return f"{measure} (share)" if measure.startswith("share_") else measure
    better = f"; {known.better} is better" if known.better != "none" else ""
    return f"{measure} ({known.unit}{better})"


def p_text(p: float) -> str:
    """Return a p-value."""
    if np.isnan(p):
        return "-"
    return "< 0.0001" if p < 1e-4 else f"{p:.4f}"
