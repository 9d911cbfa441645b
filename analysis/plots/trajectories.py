"""A measure over the generations, with its spread over replicates."""

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
    """Draw the mean of a measure over replicates in every generation.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    measure : str
        The measure.
    by : str
        The key column that tells the lines apart; neutral twins are left out
        unless it is ``control``.
    band : float
        Confidence of the band about the mean (normal approximation), 0..1;
        0 draws none.
    ax : Axes, optional
        Where to draw, by default on a new figure.

    Returns
    -------
    Axes
        With labelled axes and a legend.

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
        raise ExperimentError(f"{log.path} did not record {measure}; see record.measures")
    if by != "control":
        rows = rows[rows["control"] == "none"]
    ax = axes(ax)
    groups = list(rows.groupby(by, sort=False))
    half = float(norm.ppf(0.5 + band / 2))
    for (name, group), look in zip(groups, lines(len(groups)), strict=True):
        spread = group.groupby("generation")[measure].agg(["mean", "sem"])
        g, mean, sem = spread.index.to_numpy(), spread["mean"].to_numpy(), spread["sem"].to_numpy()
        ax.plot(g, mean, label=str(name), **look)
        if band > 0:
            error = half * np.nan_to_num(sem)
            ax.fill_between(g, mean - error, mean + error, color=look["color"], alpha=0.15, lw=0)
    return finished(ax, "generation", axis_label(measure), by)


def axis_label(measure: str) -> str:
    """Return a measure's name with its unit."""
    units = {m.name: m.unit for m in all_measures()}
    unit = units.get(measure, "share" if measure.startswith("share_") else "")
    return f"{measure.replace('_', ' ')} ({unit})" if unit else measure
