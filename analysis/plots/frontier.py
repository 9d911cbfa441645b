"""The frontier of safety and usefulness, with what is dominated in grey."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from peckham.analysis.comparison.frontier import frontier as frontier_table
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .forest import MOST_ROWS, chosen_rows
from .series import Where, check_number, keys_of_rows, name_of, names_of_keys
from .style import axes, note
from .trajectories import axis_label

BEST, GREY = "#0173b2", "#9a9a9a"
NEAR = 0.035
"""Distance, as a share of the axes, within which points share a label."""


def frontier(
    run: str | Path | Log,
    *,
    safety: str = "safety",
    usefulness: str = "usefulness",
    cost: str = "oversight_cost",
    where: Where | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot each condition's safety against its usefulness, with 95 % intervals.

    Conditions have numbers; their names and costs are listed beside the axes.
    A condition that another dominates is grey, and hollow if that holds beyond
    noise.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    safety, usefulness, cost : str
        As for `peckham.analysis.frontier`.
    where : mapping, optional
        Values by key, which choose the conditions and swept points.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If a measure was not recorded or is undefined, or there are too many points.
    """
    log = run if isinstance(run, Log) else load(run)
    table = frontier_table(log, safety, usefulness, cost)
    swept, (up, right, price) = table.attrs["swept"], table.attrs["measures"].values()
    rows = chosen_rows(table, [*swept, "condition"], where)
    check_number(len(rows), MOST_ROWS, "points")
    there = rows[rows[up].notna() & rows[right].notna()].reset_index(drop=True)
    if there.empty:
        raise ExperimentError(
            f"{log.path}: {up} or {right} is undefined in all of these runs, because nobody "
            "deceives there; choose another measure of safety, such as commission_harm"
        )
    by, fixed = keys_of_rows(rows.to_dict("records"), ["condition", *swept])  # type: ignore[arg-type]
    ax = axes(ax, len(there))
    names = []
    for number, row in enumerate(there.to_dict("records"), 1):
        draw_point(ax, row, right, up)
        names.append(f"{number} {name_of(row, by).strip()} ({price} {row[price]:.3g})")
    label_points(ax, there, right, up)
    text = ax.text(1.02, 1.0, "\n".join(names), transform=ax.transAxes, va="top", fontsize="small")
    text.set_in_layout(True)
    ax.set_xlabel(axis_label(right))
    ax.set_ylabel(axis_label(up))
    notes = [f"{names_of_keys(by)} by number; grey: dominated by another at the same point "
             "(means), hollow: beyond noise; bars: 95 % intervals"]  # fmt: skip
    notes += fixed
    if len(there) < len(rows):
        lost = rows[~(rows[up].notna() & rows[right].notna())]["condition"].unique()
        notes.append(f"undefined, so not shown: {', '.join(lost)}")
    if any(kind.control == "neutral" for kind in log.variants):
        notes.append("neutral twins (control) are not shown")
    ax.spines[["top", "right"]].set_visible(False)
    note(ax, "; ".join(notes))
    return ax


def draw_point(ax: Axes, row: dict[str, Any], right: str, up: str) -> None:
    """Draw one condition with its intervals."""
    dominated = row["dominated"] is True
    colour = GREY if dominated else BEST
    face = "white" if row["beyond_noise"] is True else colour
    ax.hlines(row[up], row[f"{right}_low"], row[f"{right}_high"], color=colour, linewidth=1.0)
    ax.vlines(row[right], row[f"{up}_low"], row[f"{up}_high"], color=colour, linewidth=1.0)
    marker = "o" if dominated else "s"
    ax.plot(row[right], row[up], marker, color=colour, markerfacecolor=face, zorder=3)


def label_points(ax: Axes, rows: pd.DataFrame, right: str, up: str) -> None:
    """Write the numbers of the points. Those that are close together share a label."""
    x, y = rows[right].to_numpy(float), rows[up].to_numpy(float)
    spans = [max(float(np.ptp(each)), 1e-12) for each in (x, y)]
    groups: list[list[int]] = []
    for k in np.argsort(x, kind="stable"):
        for group in groups:
            gaps = abs(x[group] - x[k]) / spans[0], abs(y[group] - y[k]) / spans[1]
            if (np.maximum(*gaps) < NEAR).any():
                group.append(int(k))
                break
        else:
            groups.append([int(k)])
    for near in groups:
        first = near[0]
        ax.annotate(
            ", ".join(str(k + 1) for k in sorted(near)),
            (x[first], y[first]),
            xytext=(5, 5),
            textcoords="offset points",
            fontsize="small",
        )
