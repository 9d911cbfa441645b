"""A measure over the generations, with its spread over replicates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from peckham.agents.measures.registry import all_measures
from peckham.analysis.log import Log, load

if TYPE_CHECKING:
    import pandas as pd

STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 2)))
"""Line styles, so that conditions can be told apart without colour."""


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
        If the folder has no such measure.
    """
    import seaborn as sns
    from scipy.stats import norm

    log = run if isinstance(run, Log) else load(run, columns=[measure])
    rows: pd.DataFrame = log.generations
    if by != "control":
        rows = rows[rows["control"] == "none"]
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    groups = list(rows.groupby(by, sort=False))
    colours = sns.color_palette("colorblind", len(groups))
    half = float(norm.ppf(0.5 + band / 2))
    for place, (name, group) in enumerate(groups):
        spread = group.groupby("generation")[measure].agg(["mean", "sem"])
        g, mean, sem = spread.index.to_numpy(), spread["mean"].to_numpy(), spread["sem"].to_numpy()
        style = STYLES[place % len(STYLES)]
        ax.plot(g, mean, linestyle=style, color=colours[place], label=str(name), linewidth=1.8)
        if band > 0:
            error = half * np.nan_to_num(sem)
            ax.fill_between(g, mean - error, mean + error, color=colours[place], alpha=0.15, lw=0)
    ax.set_xlabel("generation")
    ax.set_ylabel(axis_label(measure))
    ax.legend(title=by, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    sns.despine(ax=ax)
    return ax


def axis_label(measure: str) -> str:
    """Return a measure's name with its unit."""
    units = {m.name: m.unit for m in all_measures()}
    unit = units.get(measure, "share" if measure.startswith("share_") else "")
    return f"{measure.replace('_', ' ')} ({unit})" if unit else measure
