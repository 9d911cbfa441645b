"""The columns of a table of beliefs, from a CSV or a Parquet file."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np
import pandas as pd

from peckham.agents.parameters.names import fault_of_name

REQUIRED = ("value", "signal")
COLUMNS = (*REQUIRED, "cluster")
"""The columns that are used; ``cluster`` may be missing."""

MOST_ROWS = 1_000_000


class Columns(NamedTuple):
    """The columns of a table.

    Attributes
    ----------
    cells : dict
        By name: numbers of float64, or the texts as they stand in the file.
    lines : list of int or None
        The line on which each row begins; None where there are no lines.
    unused : tuple of str
        Names of the other columns.
    """

    cells: dict[str, Any]
    lines: list[int] | None
    unused: tuple[str, ...]

    def place(self, row: int) -> str:
        """Name a row, from 1; in a CSV also by its line."""
        return f"row {row + 1}" + ("" if self.lines is None else f" (line {self.lines[row]})")


def read_columns(path: Path) -> Columns:
    """Read the columns of a file, whose name says which format it has.

    Raises
    ------
    ValueError
        If it is no file that can be read, lacks a column, has two of one name, a row with
        too many cells, or more than `MOST_ROWS` rows.
    """
    from pyarrow import ArrowException

    if path.suffix not in (".csv", ".parquet"):
        raise ValueError(f"table {path} must be a .csv or .parquet file")
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "not an ordinary file"
        raise ValueError(f"cannot read table {path}: it is {kind}; name a file")
    try:
        return read_csv(path) if path.suffix == ".csv" else read_parquet(path)
    except (OSError, UnicodeError, csv.Error, ArrowException) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ValueError(f"cannot read table {path}: {reason}") from None


def check_names(names: Sequence[str], path: Path) -> None:
    """Refuse a table that lacks a column, or has two of one name."""
    listed = f"(its columns: {', '.join(names) or 'none'})"
    for name in REQUIRED:
        if name not in names:
            raise ValueError(f"table {path} lacks the column {name!r} {listed}")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"table {path} has two columns {name!r}; rename or remove one")


def refuse_length(path: Path) -> NoReturn:
    """Refuse a table that is too long."""
    raise ValueError(f"table {path} has more than {MOST_ROWS:,} rows; take a sample of them")


def read_csv(path: Path) -> Columns:
    """Read a CSV, cell by cell; lines without any cell are skipped."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        header = next((cells for cells in reader if cells), [])
        check_names(header, path)
        places = [(name, header.index(name)) for name in COLUMNS if name in header]
        cells: dict[str, list[str]] = {name: [] for name, _ in places}
        lines: list[int] = []
        begin = reader.line_num + 1
        for row in reader:
            if len(row) > len(header):
                raise ValueError(
                    f"table {path}: row {len(lines) + 1} (line {begin}) has {len(row)} cells, "
                    f"but the header names {len(header)} columns"
                )
            if row:
                lines.append(begin)
                for name, place in places:
                    cells[name].append(row[place] if place < len(row) else "")
            if len(lines) > MOST_ROWS:
                refuse_length(path)
            begin = reader.line_num + 1
    return Columns(cells, lines, tuple(name for name in header if name not in COLUMNS))


def read_parquet(path: Path) -> Columns:
    """Read a Parquet file, after a look at its metadata: few bytes may unfold to many rows."""
    import pyarrow.parquet as pq

    metadata = pq.read_metadata(path)
    # the index of a data frame is no column
    found = metadata.schema.to_arrow_schema().names
    names = [name for name in found if not name.startswith("__index_level_")]
    check_names(names, path)
    if metadata.num_rows > MOST_ROWS:
        refuse_length(path)
    used = [name for name in COLUMNS if name in names]
    with pq.ParquetFile(path, read_dictionary=used[len(REQUIRED) :]) as file:
        table = file.read(columns=used)
    cells = {name: numbers_or_texts(table[name], name, path) for name in REQUIRED}
    if "cluster" in names:
        cells["cluster"] = table["cluster"].to_pandas()
    return Columns(cells, None, tuple(name for name in names if name not in COLUMNS))


def numbers_or_texts(column: Any, name: str, path: Path) -> Any:
    """Return the numbers or the texts of an Arrow column; refuse what is neither."""
    import pyarrow as pa

    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ["" if cell is None else cell for cell in column.to_pylist()]
    if pa.types.is_decimal(kind) or pa.types.is_null(kind):
        column = column.cast(pa.float64())
    elif not (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        raise ValueError(f"table {path}: {name} must be a column of numbers, it is one of {kind}")
    return np.asarray(column.to_pandas(), np.float64)


def number(text: str) -> float:
    """Return the number that a text is, NaN if it is none."""
    try:
        return float("nan") if "_" in text else float(text)
    except ValueError:
        return float("nan")


def clusters_of(columns: Columns, path: Path, most: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the code of each belief's cluster and the names, in order of appearance.

    Raises
    ------
    ValueError
        If a name is empty, or there are more than `most`.
    """
    named = pd.Series(columns.cells["cluster"])
    unnamed = np.flatnonzero(named.isna() | (named == ""))
    if unnamed.size:
        where = columns.place(int(unnamed[0]))
        raise ValueError(f"table {path}: cluster is empty in {where}")
    codes, names = pd.factorize(named)
    for name in map(str, names):
        if fault := fault_of_name(name):
            raise ValueError(f"table {path}: a cluster's name {fault}")
    if len(names) > most:
        raise ValueError(
            f"table {path} has {len(names)} clusters, at most {most} are possible; "
            "is its column cluster meant as one?"
        )
    return codes.astype(np.int16), tuple(map(str, names))
