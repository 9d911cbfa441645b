"""Groups of runs: by keys, and by kind of run. A null key is a value like any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from peckham.agents.parameters.spec import ModelSpec
from peckham.experiments.design import design
from peckham.experiments.errors import ExperimentError
from peckham.experiments.parts import TABLES, complete
from peckham.experiments.reading import read
from peckham.experiments.store import MANIFEST

from .log import Log

if TYPE_CHECKING:
    from pandas.core.groupby import DataFrameGroupBy


class NotRecorded(ExperimentError):
    """A run folder did not record a measure."""


class Kind(NamedTuple):
    """One kind of run: its key, its parameters, and the numbers of its finished runs.

    Attributes
    ----------
    key : dict
        ``condition``, the swept paths, and ``control``.
    spec : ModelSpec
        The parameters.
    runs : Index
        Numbers of the runs, in the column ``run`` of every table.
    """

    key: dict[str, Any]
    spec: ModelSpec
    runs: pd.Index


def by_key(frame: pd.DataFrame, keys: Iterable[str]) -> DataFrameGroupBy:
    """Group rows by keys, in order of appearance. Rows with a null key are groups too.

    Everything in Peckham that groups rows calls this function, because pandas
    leaves out rows with null keys by default.
    """
    return frame.groupby(list(keys), dropna=False, sort=False, observed=True)


def kinds_of_run(log: Log) -> list[Kind]:
    """Return the kinds of run in a log that have finished runs.

    Runs are matched by number, so swept values of any type are told apart.

    Raises
    ------
    ExperimentError
        If no run has finished.
    """
    done = finished_runs(log)
    variants = design(read(log.path / MANIFEST)).variants
    number = done["run"] % len(variants)
    return [
        Kind(
            {"condition": each.condition, **each.swept, "control": each.control},
            each.spec,
            pd.Index(mine),
        )
        for k, each in enumerate(variants)
        if len(mine := done.loc[number == k, "run"])
    ]


def finished_runs(log: Log) -> pd.DataFrame:
    """Return the rows of the finished runs of a log.

    Raises
    ------
    ExperimentError
        If there are none, or a part of the folder is missing.
    """
    for table in TABLES:  # its rows would be missing from every result
        complete(log.path, table)
    runs = log.runs
    done = runs[runs["status"] == "done"] if "status" in runs else runs[:0]
    if done.empty:
        failed = f"{len(runs)} failed" if len(runs) else "none was written"
        raise ExperimentError(
            f"{log.path} has no finished run to analyse ({failed}); "
            f"see `peckham status {log.path}`, or continue it with `peckham resume {log.path}`"
        )
    return done


def stopped(log: Log, runs: pd.Index) -> int:
    """Return how many of some runs ``stop_when`` ended."""
    return int(log.runs.loc[log.runs["run"].isin(runs), "stopped_at"].notna().sum())


def has_every_generation(rows: pd.DataFrame) -> bool:
    """Return whether rows hold all generations of their runs; see ``record.every``."""
    written = by_key(rows, ["run"])["generation"].agg(["max", "size"])
    return bool((written["size"] == written["max"] + 1).all())


def left_out(log: Log) -> str:
    """Return a phrase on failed runs and on runs that ended early, nothing if there are none."""
    failed = int((log.runs["status"] != "done").sum())
    ended = stopped(log, pd.Index(log.runs["run"]))
    notes = [f"{failed} of {len(log.runs)} runs failed and are left out"] * (failed > 0)
    notes += [f"{ended} of {len(log.runs)} runs were stopped early (stop_when)"] * (ended > 0)
    return "; ".join(notes)


def chosen(kinds: Sequence[Kind], where: Mapping[str, Any] | None) -> list[Kind]:
    """Return the kinds of run whose key has the given values.

    Parameters
    ----------
    kinds : list of Kind
        The kinds to choose from.
    where : mapping, optional
        Values by key, as themselves or as text. All kinds by default.

    Raises
    ------
    ExperimentError
        If there is no such key, or no kind of run has the value.
    """
    found = list(kinds)
    for key, value in (where or {}).items():
        if key not in kinds[0].key:
            raise ExperimentError(f"where: must be one of {', '.join(kinds[0].key)}, got {key!r}")
        values = list(dict.fromkeys(as_text(kind.key[key]) for kind in kinds))
        matching = [kind for kind in found if means(value, kind.key[key])]
        if not matching:
            raise ExperimentError(
                f"where: no such run; {key} has the values {', '.join(values)}, "
                f"got {as_text(value)}"
            )
        found = matching
    return found


def rows_of(table: pd.DataFrame, kinds: Sequence[Kind]) -> pd.DataFrame:
    """Return the rows of some kinds of run in a table."""
    return table[table["run"].isin([run for kind in kinds for run in kind.runs])]


def varying(kinds: Sequence[Kind]) -> list[str]:
    """Return the keys that differ among kinds of run, or ``condition`` if none does."""
    keys = [key for key in kinds[0].key if len({as_text(kind.key[key]) for kind in kinds}) > 1]
    return keys or ["condition"]


def as_text(value: Any) -> str:
    """Return the value of a key as text, as short as it can be without loss."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return "null"
    if isinstance(value, float):
        short = f"{value:.15g}"
        return short if float(short) == value else repr(float(value))
    return str(value).lower() if str(value) in ("True", "False") else str(value)


def means(wanted: Any, value: Any) -> bool:
    """Return whether what a user asks for is the value of a key. Text is never a number."""
    if isinstance(value, str) or as_text(wanted) == as_text(value):
        return as_text(wanted) == as_text(value)
    try:
        return as_text(float(wanted)) == as_text(value)
    except (TypeError, ValueError):
        return False


def check_recorded(log: Log, measures: Iterable[str], needed_by: str = "") -> None:
    """Check that a folder recorded measures.

    Raises
    ------
    NotRecorded
        If it did not.
    """
    for name in measures:
        if name not in log.runs:
            why = f", which {needed_by} needs" if needed_by else ""
            raise NotRecorded(f"{log.path} did not record {name}{why}; add it to record.measures")
