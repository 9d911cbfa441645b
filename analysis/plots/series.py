"""The runs that a figure shows: which are chosen, how they are named, and what is pooled."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from peckham.analysis.groups import (
    Kind,
    as_text,
    by_key,
    check_recorded,
    chosen,
    kinds_of_run,
    left_out,
)
from peckham.analysis.log import RUN_COLUMNS, Log
from peckham.experiments.errors import ExperimentError

Where = Mapping[str, Any]

LISTED = 6
"""Number of values of a key that a caption lists."""


def shown(log: Log, where: Where | None, *, twins: bool = True) -> tuple[list[Kind], list[str]]:
    """Return the kinds of run that a figure shows, and notes for its caption.

    Parameters
    ----------
    log : Log
        A run folder.
    where : mapping, optional
        Values by key; see `peckham.analysis.groups.chosen`.
    twins : bool
        Whether neutral twins are shown if `where` does not name ``control``.
    """
    kinds = chosen(kinds_of_run(log), where)
    notes = [left_out(log)] if left_out(log) else []
    without = [kind for kind in kinds if kind.key["control"] == "none"]
    if twins or "control" in (where or {}) or len(without) in (0, len(kinds)):
        return kinds, notes
    return without, [*notes, "neutral twins (control) are not shown"]


def name_of(key: Mapping[str, Any], by: Sequence[str]) -> str:
    """Return the name of a line: the values of the keys that it differs by."""
    name = ", ".join(as_text(key[each]) for each in by)
    return f" {name}" if name.startswith("_") else name  # matplotlib hides labels such as _slow


def names_of_keys(by: Sequence[str]) -> str:
    """Return the names of keys, each as short as it can be: a path's last two parts."""
    short = [".".join(name.split(".")[-2:]) for name in by]
    return ", ".join(s if short.count(s) == 1 else name for s, name in zip(short, by, strict=True))


def pooled(groups: Sequence[pd.DataFrame], keys: Sequence[str], by: Sequence[str]) -> list[str]:
    """Return what the lines of a figure pool, as notes for its caption."""
    notes = []
    for key in (key for key in keys if key not in by):
        values = [list(dict.fromkeys(map(as_text, group[key].unique()))) for group in groups]
        if any(len(each) > 1 for each in values):
            every = list(dict.fromkeys(value for each in values for value in each))
            more = f", … ({len(every)} values)" if len(every) > LISTED else ""
            notes.append(f"{key} ({', '.join(every[:LISTED])}{more})")
    return [f"each line is a mean over {' and '.join(notes)}"] if notes else []


def unequal(groups: Sequence[pd.DataFrame]) -> list[str]:
    """Return a note if runs of different lengths share a line."""
    for group in groups:
        ends = by_key(group, ["run"])["generation"].max()
        if ends.min() < ends.max():
            return [f"from generation {ends.min() + 1} on, a line has the longer runs only"]
    return []


def only_kind(kinds: Sequence[Kind], figure: str, besides: Sequence[str] = ()) -> None:
    """Check that kinds of run differ in nothing but some keys.

    Raises
    ------
    ExperimentError
        If they would be pooled.
    """
    for key in kinds[0].key:
        values = list(dict.fromkeys(as_text(kind.key[key]) for kind in kinds))
        if key not in besides and len(values) > 1:
            raise ExperimentError(
                f"the figure {figure} would pool runs that differ in {key} "
                f"({', '.join(values[:LISTED])}{', …' if len(values) > LISTED else ''}); "
                f"choose with --where {shlex.quote(f'{key}={values[0]}')}"
            )


def check_measured(log: Log, rows: pd.DataFrame, measures: Sequence[str]) -> None:
    """Check that measures were recorded, and that any run defined them.

    Raises
    ------
    ExperimentError
        If not.
    """
    for name in measures:
        if name in (*log.keys, "generation", *RUN_COLUMNS):
            raise ExperimentError(
                f"measure: must be a measure (see `peckham columns`), got the column {name!r}"
            )
    check_recorded(log, measures)
    for name in measures:
        if not np.isfinite(rows[name].astype(float)).any():
            raise ExperimentError(
                f"{log.path}: {name} is undefined in all of these runs, so there is nothing to "
                "plot; `peckham columns` says what it needs"
            )


def keys_of_rows(
    rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the keys that differ among rows of a comparison, and notes on those that do not."""
    by = [key for key in keys if len({as_text(row[key]) for row in rows}) > 1] or ["condition"]
    same = [key for key in keys if key not in by]
    return by, [f"{names_of_keys([key])}: {as_text(rows[0][key])}" for key in same]


def check_number(count: int, most: int, what: str) -> None:
    """Raise if a figure would have too many rows, points or conditions to be read."""
    if count > most:
        raise ExperimentError(
            f"{count} {what} are too many for one figure, at most {most} fit; "
            "choose some with --where KEY=VALUE"
        )
