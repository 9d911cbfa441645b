"""A measure over generations, with a confidence band over replicates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes

from peckham.agents.measures.registry import all_measures
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .style import axes, finished, lines

if TYPE_CHECKING:
    import pandas as pd


def trajectories(
    run: str | Path | Log,
    measure: str,
    *,
    by: str = "condition",
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
    by : str
        Key column with one line per value. Neutral twins are omitted unless it is
        ``control``.
    band : float
        Confidence level of the band around the mean (normal approximation), 0..1.
        At 0 there is no band.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Returns
    -------
    Axes
        The axes, with labels and a legend.

    Raises
    ------
    ExperimentError
        If the folder has no such measure or key.
    """
    from scipy.stats import norm

    log = run if isinstance(run, Log) else load(run, columns=[measure])
    if by not in log.keys:
        raise ExperimentError(f"by: must be one of {', '.join(log.keys)}, got {by!r}")
    rows: pd.DataFrame = log.generations
    if measure not in rows:
        raise ExperimentError(f"{log.path} did not record {measure}; add it to record.measures")
    if by != "control":
        rows = rows[rows["control"] == "none"]
    ax = axes(ax)
    groups = list(rows.groupby(by, sort=False))
    half = float(norm.ppf(0.5 + band / 2))
    for (name, group), style in zip(groups, lines(len(groups)), strict=True):
        spread = group.groupby("generation")[measure].agg(["mean", "sem"])
        g, mean, sem = spread.index.to_numpy(), spread["mean"].to_numpy(), spread["sem"].to_numpy()
        ax.plot(g, mean, label=str(name), **style)
        if band > 0:
            error = half * np.nan_to_num(sem)
            ax.fill_between(g, mean - error, mean + error, color=style["color"], alpha=0.15, lw=0)
    return finished(ax, "generation", axis_label(measure), by)


def axis_label(measure: str) -> str:
    """Return the name of a measure with its unit."""
    units = {m.name: m.unit for m in all_measures()}
    unit = units.get(measure, "share" if measure.startswith("share_") else "")
    return f"{measure.replace('_', ' ')} ({unit})" if unit else measure
