"""The landscape read from a table."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator, model_validator

from peckham.agents.parameters.quantities import Count
from peckham.agents.parameters.registry import register

from .landscape import Landscape, LandscapePart, without_clusters


@register
class Table(LandscapePart):
    """Beliefs from a CSV or Parquet file of one's own.

    The file has the columns ``value`` and ``signal`` and, optionally,
    ``cluster``; a row is a belief. All numbers must be finite.

    Parameters
    ----------
    path : str
        The file, ``.csv`` or ``.parquet``.
    beliefs : int, optional
        B. Where it is given it must be the number of rows.
    """

    source: ClassVar[str] = "a file of the user's"
    input_file: ClassVar[str] = "path"

    kind: Literal["table"] = "table"
    beliefs: Count | None = None
    path: str = Field(min_length=1)

    @field_validator("path")
    @classmethod
    def _table_is_sound(cls, path: str) -> str:
        read_current(path)
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
        return read_current(self.path)

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


def read_current(path: str) -> Landscape:
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
def read_table(path: Path, modified: int) -> Landscape:
    """Read a landscape from a CSV or Parquet file.

    Parameters
    ----------
    path : Path
        The file.
    modified : int
        Its time of modification, so that a changed file is read again.

    Raises
    ------
    ValueError
        If the file cannot be read, lacks a column, or holds anything but
        finite numbers; the message names the first bad row.
    """
    if path.suffix not in (".csv", ".parquet"):
        raise ValueError(f"table {path} must be a .csv or .parquet file")
    try:
        if path.suffix == ".csv":  # clusters are text: 01 is not 1, and NA is a name
            blank = {column: [""] for column in ("value", "signal", "cluster")}
            frame = pd.read_csv(
                path, dtype={"cluster": str}, keep_default_na=False, na_values=blank
            )
        else:
            frame = pd.read_parquet(path)
    except Exception as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"cannot read table {path}: {reason}") from None
    missing = [column for column in ("value", "signal") if column not in frame.columns]
    if missing:
        found = ", ".join(map(str, frame.columns)) or "none"
        raise ValueError(f"table {path} lacks the column {missing[0]!r} (its columns: {found})")
    if frame.empty:
        raise ValueError(f"table {path} has no rows")
    value, signal = (finite_column(frame, column, path) for column in ("value", "signal"))
    if "cluster" not in frame.columns:
        return without_clusters(value, signal)
    named = frame["cluster"]
    unnamed = np.flatnonzero(named.isna() | (named == ""))
    if unnamed.size:
        row = int(unnamed[0])
        raise ValueError(f"table {path}: cluster is empty in row {row_name(row, path)}")
    codes, names = pd.factorize(named.astype(str))
    if len(names) > MOST_CLUSTERS:
        raise ValueError(
            f"table {path} has {len(names)} clusters, at most {MOST_CLUSTERS} are possible; "
            "is its column cluster meant as one?"
        )
    return Landscape(
        value=value, signal=signal, cluster=codes.astype(np.int16), clusters=tuple(names)
    )


def finite_column(frame: pd.DataFrame, column: str, path: Path) -> np.ndarray:
    """Return a column as finite floats, or name the first row that is none."""
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(np.float64)
    bad = np.flatnonzero(~np.isfinite(numbers))
    if bad.size:
        row = int(bad[0])
        got = frame[column].iloc[row]
        raise ValueError(
            f"table {path}: {column} must be a finite number, "
            f"got {got} in row {row_name(row, path)}"
        )
    return np.ascontiguousarray(numbers)


def row_name(row: int, path: Path) -> str:
    """Name a row as a reader counts, from 1; in a CSV also by its line."""
    return f"{row + 1} (line {row + 2})" if path.suffix == ".csv" else str(row + 1)
