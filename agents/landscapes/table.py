"""The landscape read from a table."""

from __future__ import annotations

import warnings
from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

import numpy as np
from pydantic import Field, field_validator, model_validator

from peckham.agents.parameters.quantities import LARGEST, SMALLEST, Count
from peckham.agents.parameters.registry import register

from .columns import COLUMNS, Columns, clusters_of, number, read_columns
from .landscape import Landscape, LandscapePart, without_clusters


class TableWarning(UserWarning):
    """A table has columns that are not used."""


class Contents(NamedTuple):
    """What a table holds: a landscape, and the names of columns that are not used."""

    landscape: Landscape
    unused: tuple[str, ...]


@register
class Table(LandscapePart):
    """Beliefs from a user's CSV or Parquet file.

    The file has the columns ``value`` and ``signal`` and, optionally,
    ``cluster``; a row is a belief, and there are at most 1,000,000. All numbers
    must be 0 or 1e-150 to 1e150 in size. A warning names columns that are not used.

    Parameters
    ----------
    path : str
        The file, ``.csv`` or ``.parquet``.
    beliefs : int, optional
        B. Where it is given it must be the number of rows.
    """

    source: ClassVar[str] = "a file of the user's"

    kind: Literal["table"] = "table"
    beliefs: Count | None = None
    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _table_is_sound(cls, path: str) -> str:
        unused = read_current(path).unused
        if unused:
            warnings.warn(
                f"table {path}: these columns are not used: {', '.join(map(repr, unused))}; "
                f"a landscape has the columns {', '.join(COLUMNS)}",
                TableWarning,
                stacklevel=1,
            )
        return path

    @model_validator(mode="after")
    def _rows_are_counted(self) -> Table:
        rows = self._read().size
        if self.beliefs is not None and self.beliefs != rows:
            raise ValueError(
                f"beliefs must be the table's number of rows, {rows}, got {self.beliefs}; "
                "leave landscape.beliefs out"
            )
        return self

    def _read(self) -> Landscape:
        return read_current(self.path).landscape

    @property
    def size(self) -> int:
        """B, the number of rows."""
        return self._read().size

    @property
    def cluster_names(self) -> tuple[str, ...]:
        """Names in the ``cluster`` column, in order of appearance."""
        return self._read().clusters

    def draw(self, rng: np.random.Generator) -> Landscape:
        """Return the table's beliefs; nothing is drawn."""
        table = self._read()
        return Landscape(
            value=table.value.copy(),
            signal=table.signal.copy(),
            cluster=table.cluster.copy(),
            clusters=table.clusters,
        )


def read_current(path: str) -> Contents:
    """Read a table as it is now; what was read before is not read again.

    Raises
    ------
    ValueError
        As `read_table` does.
    """
    try:
        modified = Path(path).stat().st_mtime_ns
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ValueError(f"cannot read table {path}: {reason}") from None
    return read_table(Path(path), modified)


MOST_CLUSTERS = 1000
"""A share is recorded of each cluster."""


@lru_cache(maxsize=8)
def read_table(path: Path, modified: int) -> Contents:
    """Read a landscape from a CSV or Parquet file, again if its time of modification has changed.

    Raises
    ------
    ValueError
        If the file cannot be read, lacks a column, or holds anything but numbers in range; the
        message names the first bad row.
    """
    columns = read_columns(path)
    value, signal = (in_range(columns, column, path) for column in ("value", "signal"))
    if value.size == 0:
        raise ValueError(f"table {path} has no rows")
    if "cluster" not in columns.cells:
        return Contents(without_clusters(value, signal), columns.unused)
    cluster, names = clusters_of(columns, path, MOST_CLUSTERS)
    landscape = Landscape(value=value, signal=signal, cluster=cluster, clusters=names)
    return Contents(landscape, columns.unused)


def in_range(columns: Columns, column: str, path: Path) -> np.ndarray:
    """Return a column as finite floats in range, or name the first row that is none."""
    cells = columns.cells[column]
    numbers = cells
    if isinstance(cells, list):
        numbers = np.fromiter(map(number, cells), np.float64, len(cells))
    sizes = np.abs(numbers)
    bad = np.flatnonzero(~((numbers == 0) | ((sizes >= SMALLEST) & (sizes <= LARGEST))))
    if bad.size:
        row = int(bad[0])
        where, allowed = columns.place(row), "a finite number"
        if np.isfinite(numbers[row]):
            allowed = f"0 or {SMALLEST:g} to {LARGEST:g} in size"
        got = repr(cells[row]) if isinstance(cells, list) else f"{cells[row]:g}"
        raise ValueError(f"table {path}: {column} must be {allowed}, got {got} in {where}")
    return np.ascontiguousarray(numbers)
