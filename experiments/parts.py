"""The parts of the tables of a run folder: their names, their checks, and how they are read.

A part is written under a temporary name, synced and renamed. The parts of one
flush share a number. The part in ``runs/`` is renamed last and commits the flush.
A part without it is an orphan of a flush that did not finish.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from peckham.agents.measures.measure import current_name

from .errors import ExperimentError

TABLES = ("generations", "events", "agents", "runs")
"""The tables, in the order a flush writes them."""

PART = re.compile(r"part-\d{6,}\.parquet")
TEMPORARY = re.compile(PART.pattern + r"\.tmp")

T = TypeVar("T")


def numbered(folder: Path, table: str) -> list[Path]:
    """Return the files of a table that are named like parts, in order."""
    return sorted(path for path in (folder / table).glob("part-*") if PART.fullmatch(path.name))


def committed(folder: Path, table: str) -> list[Path]:
    """Return the parts of a table whose flush was finished, in order."""
    names = {path.name for path in numbered(folder, "runs")}
    return [path for path in numbered(folder, table) if path.name in names]


def orphans(folder: Path) -> list[Path]:
    """Return the files of flushes that were not finished."""
    return [
        path
        for table in TABLES
        for path in sorted((folder / table).glob("part-*"))
        if TEMPORARY.fullmatch(path.name)
        or (PART.fullmatch(path.name) and not (folder / "runs" / path.name).exists())
    ]


def strays(folder: Path) -> list[Path]:
    """Return what lies in the folders of the tables and is not a part."""
    return [
        path
        for table in TABLES
        for path in sorted((folder / table).glob("*"))
        if not PART.fullmatch(path.name) and not TEMPORARY.fullmatch(path.name)
    ]


def next_number(folder: Path) -> int:
    """Return the first number that no part has."""
    names = [path.stem for table in TABLES for path in numbered(folder, table)]
    return max((int(name.removeprefix("part-")) for name in names), default=-1) + 1


def complete(folder: Path, table: str) -> list[Path]:
    """Return the committed parts of a table, after checking that none is missing.

    Raises
    ------
    ExperimentError
        If a part is missing.
    """
    parts = committed(folder, table)
    if parts or table != "agents":  # that table exists only if agents are logged
        for path in committed(folder, "runs"):
            if not (folder / table / path.name).exists():
                raise ExperimentError(f"{folder / table / path.name} is missing; {undo(path)}")
    return parts


def check_copies(folder: Path) -> None:
    """Check that no two parts hold the same run.

    Raises
    ------
    ExperimentError
        If two do.
    """
    owner: dict[int, Path] = {}
    for path in committed(folder, "runs"):
        for run in opened(path, lambda path: pq.read_table(path, columns=["run"]))["run"]:
            other = owner.setdefault(run.as_py(), path)
            if other != path:
                raise ExperimentError(
                    f"{other} and {path.name} both hold run {run}; one of them is a copy: "
                    "move it out of the folder, with the parts of its number"
                )


def read_table(folder: Path, table: str, wanted: Callable[[str], bool]) -> pa.Table | None:
    """Return the rows of a table, or None if there is no part.

    Parameters
    ----------
    folder : Path
        The run folder.
    table : str
        Name of the table.
    wanted : callable
        Whether to read a column of this name.

    Raises
    ------
    ExperimentError
        If a part is damaged or missing.
    """
    parts = complete(folder, table)
    tables = [opened(part, lambda path: read_columns(path, wanted)) for part in parts]
    # a column that a part lacks is null there
    return pa.concat_tables(tables, promote_options="permissive") if tables else None


def columns_of(folder: Path, table: str) -> list[str]:
    """Return the columns of a table, of its first part; none if there is no part."""
    first = committed(folder, table)[:1]
    return [current_name(name) for path in first for name in opened(path, pq.read_schema).names]


def read_columns(path: Path, wanted: Callable[[str], bool]) -> pa.Table:
    """Return the wanted columns of a part."""
    names = [name for name in pq.read_schema(path).names if wanted(current_name(name))]
    return pq.read_table(path, columns=names).rename_columns(list(map(current_name, names)))


def opened(path: Path, read: Callable[[Path], T]) -> T:
    """Return what is read from a part.

    Raises
    ------
    ExperimentError
        If it cannot be read.
    """
    try:
        return read(path)
    except (OSError, pa.ArrowException) as error:
        reason = " ".join(str(error).split())[:100]
        raise ExperimentError(f"{path} is damaged ({reason}); {undo(path)}") from None


def undo(path: Path) -> str:
    """Return how to repeat the runs of a flush."""
    return (
        f"delete {path.name} in {', '.join(f'{table}/' for table in TABLES)} and do its runs "
        f"again with: peckham resume {path.parent.parent}"
    )
