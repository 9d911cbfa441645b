"""Forest plot: the difference of each condition from the baseline, with its interval."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from peckham.analysis.comparison.compare import compare
from peckham.analysis.groups import as_text
from peckham.analysis.groups import means as is_value
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .series import Where, check_number, keys_of_rows, name_of, names_of_keys
from .style import axes, finished
from .trajectories import axis_label

MOST_ROWS = 40
"""Number of rows that stay readable in one figure."""

ALL, SELECTED = "#0173b2", "#de8f05"


def forest(
    run: str | Path | Log,
    measure: str = "deceptive_share",
    *,
    baseline: str | None = None,
    twins: bool = True,
    where: Where | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the paired difference of each condition from the baseline.

    Dots are differences with 95 % intervals, filled if they hold after adjustment
    for all rows. Diamonds are what is by selection, the difference to the neutral
    twins.

    Parameters
    ----------
    run : str, Path or Log
        A run folder with several conditions.
    measure : str
        Name of the measure.
    baseline : str, optional
        The condition to compare with, by default the first.
    twins : bool
        Whether what is by selection is shown, where there are twins.
    where : mapping, optional
        Values by key, which choose the rows.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If there is nothing to compare, or there are too many rows.
    """
    log = run if isinstance(run, Log) else load(run)
    table = compare(log, baseline, [measure])
    swept, start = table.attrs["swept"], table.attrs["baseline"]
    rows = chosen_rows(table, [*swept, "condition"], where)
    check_number(len(rows), MOST_ROWS, "rows")
    by, fixed = keys_of_rows(rows.to_dict("records"), ["condition", *swept])  # type: ignore[arg-type]
    ax = axes(ax, max(1, round(1.2 * len(rows))))
    place = np.arange(len(rows))[::-1].astype(float)
    split = twins and "by_selection" in rows and rows["by_selection"].notna().any()
    shift = 0.14 if split else 0.0
    shown = rows["verdict"].isin(["higher", "lower"]).to_numpy()
    draw_points(ax, rows, ("difference", "low", "high"), place + shift, "o", ALL, shown)
    label = "difference (filled: beyond chance)"
    ax.plot([], [], "o", color=ALL, label=label)
    if split:
        clear = (rows["by_selection_p_holm"] < table.attrs["level"]).to_numpy()
        names = ("by_selection", "by_selection_low", "by_selection_high")
        draw_points(ax, rows, names, place - shift, "D", SELECTED, clear)
        ax.plot([], [], "D", color=SELECTED, label="by selection (less the twins, control)")
    ax.axvline(0.0, color="black", linewidth=0.8, zorder=0)
    names_of_rows = [
        name_of({key: row[key] for key in by}, by).strip() for row in rows.to_dict("records")
    ]
    ax.set_yticks(place, names_of_rows, parse_math=False)
    ax.set_ylim(-0.7, len(rows) - 0.3)
    pairs = sorted({int(n) for n in rows["pairs"]})
    counts = " to ".join(str(n) for n in dict.fromkeys((pairs[0], pairs[-1])))
    notes = [f"against {start}, {counts} pairs", *fixed]
    if not split and table.attrs["has_twins"]:
        notes.append("neutral twins (control) are not shown")
    caption = "; ".join(notes)
    finished(ax, f"difference of {axis_label(measure)}", "", "", caption)
    ax.set_ylabel(names_of_keys(by))
    ax.legend(
        loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=3.6, ncols=2, frameon=False
    )
    return ax


def draw_points(
    ax: Axes,
    rows: pd.DataFrame,
    columns: tuple[str, str, str],
    place: np.ndarray,
    marker: str,
    colour: str,
    filled: np.ndarray,
) -> None:
    """Draw values with their intervals."""
    value, low, high = (rows[name].to_numpy(float) for name in columns)
    ax.hlines(place, low, high, color=colour, linewidth=1.6)
    for full in (True, False):
        mine = filled == full
        face = colour if full else "white"
        ax.plot(
            value[mine], place[mine], marker, color=colour, markerfacecolor=face, markersize=5.5
        )


def chosen_rows(table: pd.DataFrame, keys: list[str], where: Where | None) -> pd.DataFrame:
    """Return the rows of a comparison that have the given values.

    Raises
    ------
    ExperimentError
        If there is no such key, or no row has the value.
    """
    found = table
    for key, value in (where or {}).items():
        if key == "control" and as_text(value) == "none":
            continue
        if key not in keys:
            raise ExperimentError(f"where: must be one of condition, {', '.join(keys[:-1])}, "
                                  f"got {key!r}")  # fmt: skip
        matching = [is_value(value, each) for each in found[key]]
        if not any(matching):
            raise ExperimentError(
                f"where: no such row; {key} has the values "
                f"{', '.join(dict.fromkeys(map(as_text, table[key])))}, got {as_text(value)}"
            )
        found = found[matching]
    return found.reset_index(drop=True)
