"""Run folders as pandas tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from peckham.agents.measures.measure import current_name
from peckham.agents.randomness import run_seed
from peckham.experiments.design import Variant
from peckham.experiments.errors import ExperimentError
from peckham.experiments.opening import planned
from peckham.experiments.parts import check_copies, columns_of, committed, read_table
from peckham.experiments.store import RunFolder
from peckham.experiments.sweeps import swept_paths
from peckham.experiments.tables import Tables

if TYPE_CHECKING:
    from peckham.agents import PopulationModel

KEYS = ("run", "condition", "control", "replicate")
"""Columns of every table, in addition to the swept paths."""

RUN_COLUMNS = ("seed", "status", "error", "seconds", "environment", "stopped_at")
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
        and the environments (versions, commit, machine) that made its rows.
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
        if self._columns is not None:
            self._columns = [current_name(name) for name in self._columns]
        self._check_columns()
        self._folder.report_strays()

    @property
    def swept(self) -> list[str]:
        """The paths that the experiment sweeps or samples. Each is a column."""
        resolved = self.manifest["resolved"]
        return swept_paths(resolved["sweep"], resolved.get("sample"))

    @property
    def conditions(self) -> list[str]:
        """The conditions that are read."""
        every = list(self.manifest["resolved"]["conditions"])
        return every if self._conditions is None else self._conditions

    @property
    def keys(self) -> list[str]:
        """The columns that identify a run."""
        return ["run", "condition", *self.swept, "control", "replicate"]

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row per run: keys, seed, status, error, seconds, environment, final measures.

        ``environment`` is a position in ``manifest["environments"]``.
        """
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
        if not self._columns:
            return
        known = {name for table in ORDER for name in columns_of(self.path, table)}
        known = known or {name for table in ORDER for name in self._empty(table).column_names}
        for column in self._columns:
            if column not in known:
                raise ExperimentError(
                    f"{self.path} has no column {column!r}; `peckham columns` lists the measures"
                )

    def _empty(self, table: str) -> pa.Table:
        """Return a table of the folder without rows."""
        keys = pa.table({key: [] for key in self.keys})
        # agents are not logged by default
        return keys if committed(self.path, "runs") else self._tables.get(table, keys)

    @cached_property
    def _tables(self) -> dict[str, pa.Table]:
        return Tables(planned(self._folder)).of([])

    def _wanted(self, name: str) -> bool:
        """Return whether to read a column of the tables with measures."""
        kept = {*self.keys, "generation", *RUN_COLUMNS}
        return self._columns is None or name in kept or name in self._columns

    @cached_property
    def _has_no_copies(self) -> bool:
        check_copies(self.path)
        return True

    def _read(self, table: str) -> pd.DataFrame:
        assert self._has_no_copies
        select = self._wanted if table in ("runs", "generations") else lambda name: True
        found = read_table(self.path, table, select)
        if found is None:
            empty = self._empty(table)
            found = empty.select([name for name in empty.column_names if select(name)])
        if self._conditions is not None:
            chosen = pa.array(self._conditions, pa.string())
            found = found.filter(pc.is_in(found["condition"], chosen))
        frame = found.to_pandas()
        for name in found.column_names:  # keeps integers if some are null
            if pa.types.is_integer(found[name].type) and found[name].null_count:
                frame[name] = found[name].to_pandas(types_mapper=lambda _: pd.Int64Dtype())
        if table == "runs":  # folders of version 0.1.0 had one environment
            made = frame["environment"] if "environment" in frame else pd.Series(0, frame.index)
            frame["environment"] = made.fillna(0).astype("int32")
            stops = frame.get("stopped_at", pd.Series(pd.NA, frame.index))
            frame = frame.drop(columns="stopped_at", errors="ignore")
            place = list(frame.columns).index("environment") + 1
            frame.insert(place, "stopped_at", stops.astype("Int64"))
        order = [name for name in ORDER[table] if name in frame]  # agents may not be logged
        return frame.sort_values(order, ignore_index=True)

    @cached_property
    def variants(self) -> tuple[Variant, ...]:
        """The kinds of run of the design."""
        return planned(self._folder).variants

    def model(self, run: int) -> PopulationModel:
        """Return the model of a run, at its start.

        Parameters
        ----------
        run : int
            Number of the run, in the column ``run``.

        Returns
        -------
        PopulationModel
            It has the run's condition, sweep point, control and seed. With the
            same versions, `run` gives the rows of the run.

        Raises
        ------
        ExperimentError
            If the design has no such run, or the manifest was changed.
        """
        from peckham.agents import PopulationModel

        plan = planned(self._folder)
        if not 0 <= run < plan.size:
            raise ExperimentError(
                f"{self.path} has no run {run}; its runs are 0 to {plan.size - 1}"
            )
        replicate, variant = divmod(int(run), len(plan.variants))
        return PopulationModel(plan.variants[variant].spec, run_seed(plan.seed, replicate))

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
