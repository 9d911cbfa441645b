"""Run folders as pandas tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from peckham.experiments.errors import ExperimentError
from peckham.experiments.store import RunFolder

KEYS = ("run", "condition", "control", "replicate")
"""Columns of every table, in addition to the swept paths."""

RUN_COLUMNS = ("seed", "status", "error", "seconds")
"""Columns of the table of runs that are not measures."""

ORDER = {
    "runs": ["run"],
    "generations": ["run", "generation"],
    "events": ["run", "generation", "kind", "id", "event"],
    "agents": ["run", "generation", "slot"],
}
"""Sort keys of each table. They make the row order independent of the executor."""


class Log:
    """The tables of a run folder. Each table is read on first access.

    Parameters
    ----------
    path : str or Path
        The run folder.
    conditions : list of str, optional
        Conditions to read, all by default.
    columns : list of str, optional
        Measures to read, all by default. Key columns are always included.

    Attributes
    ----------
    manifest : dict
        Provenance of the folder: the experiment as given and as resolved, seeds,
        versions and commit.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        conditions: Iterable[str] | None = None,
        columns: Iterable[str] | None = None,
    ) -> None:
        self._folder = RunFolder(path)
        self.path = self._folder.path
        self.manifest: dict[str, Any] = self._folder.manifest()
        known = list(self.manifest["resolved"]["conditions"])
        self._conditions = as_list(conditions)
        for condition in self._conditions or []:
            if condition not in known:
                raise ExperimentError(
                    f"{path} has no condition {condition!r}; it has {', '.join(known)}"
                )
        self._columns = as_list(columns)
        self._check_columns()

    @property
    def swept(self) -> list[str]:
        """The paths that the experiment sweeps. Each is a column."""
        grids = self.manifest["resolved"]["sweep"]
        return list(dict.fromkeys(path for grid in grids for path in grid))

    @property
    def keys(self) -> list[str]:
        """The columns that identify a run."""
        return ["run", "condition", *self.swept, "control", "replicate"]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per run: keys, seed, status, error, seconds and the final measures."""
        return self._read("runs")

    @cached_property
    def generations(self) -> pd.DataFrame:
        """One row per run and generation: keys and measures before selection."""
        return self._read("generations")

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row per fixation or loss of a belief, an allele or a lineage."""
        return self._read("events")

    @cached_property
    def agents(self) -> pd.DataFrame:
        """One row per agent at the generations of ``record.agents_at``; empty by default."""
        return self._read("agents")

    def _check_columns(self) -> None:
        schemas = [pq.read_schema(p) for t in ORDER for p in self._folder.parts(t)[:1]]
        known = {name for schema in schemas for name in schema.names}
        for column in self._columns or []:
            if known and column not in known:
                raise ExperimentError(
                    f"{self.path} has no column {column!r}; `peckham columns` lists the measures"
                )

    def _read(self, table: str) -> pd.DataFrame:
        parts = self._folder.parts(table)
        if not parts:
            return pd.DataFrame(columns=self.keys)
        names = pq.read_schema(parts[0]).names
        if self._columns is not None and table in ("runs", "generations"):
            kept = {*self.keys, "generation", *RUN_COLUMNS, *self._columns}
            names = [name for name in names if name in kept]
        tables = [pq.read_table(part, columns=names) for part in parts]
        merged = pa.concat_tables(tables, promote_options="permissive")
        if self._conditions is not None:
            merged = merged.filter(pc.is_in(merged["condition"], pa.array(self._conditions)))
        frame = merged.to_pandas()
        for name in merged.column_names:  # keeps integers if some are null
            if pa.types.is_integer(merged[name].type) and merged[name].null_count:
                frame[name] = merged[name].to_pandas(types_mapper=lambda _: pd.Int64Dtype())
        return frame.sort_values(ORDER[table], ignore_index=True)

    def __repr__(self) -> str:
        return f"Log({str(self.path)!r})"


def load(
    path: str | Path,
    *,
    conditions: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
) -> Log:
    """Return the log of a run folder.

    Parameters
    ----------
    path : str or Path
        The run folder.
    conditions : list of str, optional
        Conditions to read, all by default.
    columns : list of str, optional
        Measures to read, all by default. Key columns are always included.

    Returns
    -------
    Log
        A log with the tables ``runs``, ``generations``, ``events`` and ``agents``.

    Raises
    ------
    ExperimentError
        If it is not a run folder, or has no such condition or column.
    """
    return Log(path, conditions=conditions, columns=columns)


def as_list(value: Iterable[str] | None) -> list[str] | None:
    """Return names as a list. A single name becomes a list of one."""
    if value is None:
        return None
    return [value] if isinstance(value, str) else list(value)
