"""Paired slopes: each replicate from the baseline to a condition."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from peckham.analysis.comparison.arms import Arm, arms_of, common
from peckham.analysis.groups import means as is_value
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .series import Where, check_number, keys_of_rows, name_of, names_of_keys
from .style import axes, note
from .trajectories import axis_label

MOST_PAIRS = 24
"""Number of conditions that fit beside each other."""


def slopes(
    run: str | Path | Log,
    measure: str = "deceptive_share",
    *,
    baseline: str | None = None,
    where: Where | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot a line from the baseline to each condition for every pair of runs.

    The thick line joins the means.

    Parameters
    ----------
    run : str, Path or Log
        A run folder with several conditions.
    measure : str
        Name of the measure, final.
    baseline : str, optional
        The condition to compare with, by default the first.
    where : mapping, optional
        Values by key, which choose the conditions and swept points.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If there is nothing to compare, or there are too many conditions.
    """
    log = run if isinstance(run, Log) else load(run)
    arms = arms_of(log, [measure])
    start = arms.condition(baseline)
    pairs = [(arm, base) for arm, base in arms.against(start) if fits(arm, where, [*arms.swept])]
    if not pairs:
        raise ExperimentError(f"there is nothing to compare with {start}; choose other runs")
    check_number(len(pairs), MOST_PAIRS, "comparisons")
    keys = [{"condition": arm.condition, **arm.swept} for arm, _ in pairs]
    by, fixed = keys_of_rows(keys, list(keys[0]))
    ax = axes(ax)
    counts = set()
    for place, (arm, base) in enumerate(pairs):
        x, y = (c.to_numpy() for c in common(base.runs, arm.runs, measure=measure))
        counts.add(len(x))
        ends = [place - 0.32, place + 0.32]
        ax.plot(ends, np.array([x, y]), color="0.6", linewidth=0.7, alpha=0.7)
        if len(x):
            ax.plot(ends, [x.mean(), y.mean()], "o-", color="#0173b2", linewidth=2.2, markersize=4)
    many = len(pairs) > 4
    ax.set_xticks(
        range(len(pairs)),
        [name_of(key, by).strip() for key in keys],
        rotation=40 if many else 0,
        ha="right" if many else "center",
        rotation_mode="anchor" if many else None,
        parse_math=False,
    )
    ax.set_xlabel(names_of_keys(by))
    ax.set_ylabel(axis_label(measure))
    ax.spines[["top", "right"]].set_visible(False)
    number = " to ".join(str(n) for n in dict.fromkeys((min(counts), max(counts))))
    notes = [f"each line from {start} (left) to the condition (right) is a pair; {number} pairs; "
             "thick: means"]  # fmt: skip
    notes += fixed
    if arms.has_twins:
        notes.append("neutral twins (control) are not shown")
    note(ax, "; ".join(notes))
    return ax


def fits(arm: Arm, where: Where | None, swept: list[str]) -> bool:
    """Return whether an arm has the values that are asked for.

    Raises
    ------
    ExperimentError
        If there is no such key.
    """
    key = {"condition": arm.condition, "control": "none", **arm.swept}
    for name, value in (where or {}).items():
        if name not in key:
            raise ExperimentError(
                f"where: must be one of condition, {', '.join(swept)}, got {name!r}"
            )
        if not is_value(value, key[name]):
            return False
    return True
