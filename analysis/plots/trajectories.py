"""A measure over generations, with a confidence band over replicates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from peckham.agents.measures.registry import all_measures
from peckham.analysis.groups import by_key, rows_of, varying
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .series import Where, check_measured, name_of, names_of_keys, pooled, shown, unequal
from .style import axes, finished, lines

BANDS = 10
"""Number of lines up to which bands are drawn."""


def trajectories(
    run: str | Path | Log,
    measure: str = "deceptive_share",
    *,
    by: str | Sequence[str] | None = None,
    where: Where | None = None,
    band: float = 0.95,
    ax: Axes | None = None,
) -> Axes:
    """Plot the mean of a measure over replicates in each generation.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    measure : str
        Name of the measure.
    by : str or list of str, optional
        Keys with one line per combination of values, separated by commas if
        they are one string. By default there is one line per condition and
        sweep point. What the lines pool is written above the figure.
    where : mapping, optional
        Values by key, which choose the runs. Neutral twins are shown only if
        `by` or `where` names ``control``.
    band : float
        Confidence level of the band around the mean (normal approximation), 0..1.
        At 0, and for more than ten lines, there is no band.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Returns
    -------
    Axes
        The axes, with labels and a legend.

    Raises
    ------
    ExperimentError
        If no run has finished, the folder has no such measure or key, the
        measure is undefined in all runs, or there are too many lines.
    """
    log = run if isinstance(run, Log) else load(run, columns=[measure])
    wanted = [key.strip() for key in by.split(",")] if isinstance(by, str) else list(by or [])
    for key in wanted:
        if key not in log.keys:
            raise ExperimentError(f"by: must be one of {', '.join(log.keys)}, got {key!r}")
    kinds, notes = shown(log, where, twins="control" in wanted)
    rows = rows_of(log.generations, kinds)
    check_measured(log, rows, [measure])
    keys = wanted or varying(kinds)
    groups, undefined = [], []
    for values, group in by_key(rows, keys):
        name = name_of(dict(zip(keys, values, strict=True)), keys)
        if group[measure].notna().any():
            groups.append((name, group))
        else:
            undefined.append(name)
    if undefined:
        notes.append(f"undefined, so not shown: {'; '.join(undefined)}")
    tables = [group for _, group in groups]
    notes += pooled(tables, ["condition", *log.swept, "control"], keys) + unequal(tables)
    if band > 0 and len(groups) > BANDS:
        notes.append(f"no bands, because there are more than {BANDS} lines")
        band = 0.0
    styles = list(lines(len(groups)))
    ax = axes(ax, len(groups))
    for (name, group), style in zip(groups, styles, strict=True):
        draw_mean(ax, group, measure, band, {**style, "label": name})
    return finished(ax, "generation", axis_label(measure), names_of_keys(keys), "; ".join(notes))


def draw_mean(
    ax: Axes, rows: pd.DataFrame, measure: str, band: float, style: dict[str, object]
) -> None:
    """Draw the mean over replicates, with its band.

    Runs of one replicate share a seed, so they count as one observation.
    """
    each = by_key(rows, ["generation", "replicate"])[[measure]].mean().reset_index()
    spread = by_key(each, ["generation"])[measure].agg(["mean", "sem"]).sort_index()
    g, mean = spread.index.to_numpy(), spread["mean"].to_numpy(float)
    ax.plot(g, mean, **style)  # type: ignore[arg-type]
    if band > 0:
        from scipy.stats import norm

        error = float(norm.ppf(0.5 + band / 2)) * np.nan_to_num(spread["sem"].to_numpy(float))
        ax.fill_between(g, mean - error, mean + error, color=style["color"], alpha=0.15, lw=0)


def axis_label(measure: str) -> str:
    """Return the name of a measure with its unit."""
    units = {m.name: m.unit for m in all_measures()}
    unit = units.get(measure, "share" if measure.startswith("share_") else "")
    return f"{measure.replace('_', ' ')} ({unit})" if unit else measure
