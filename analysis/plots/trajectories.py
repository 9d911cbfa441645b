"""A measure over generations, with a confidence band over replicates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from peckham.agents.measures.registry import all_measures
from peckham.analysis.groups import by_key, rows_of, varying
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .series import Where, check_measured, name_of, names_of_keys, pooled, shown, unequal
from .style import axes, finished, lines

RESAMPLES = 1000
"""Number of resamples of a bootstrap."""

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
        Confidence level of the band around the mean (percentile bootstrap over
        replicates, so that bands of shares stay in 0..1), 0..1. At 0, and for
        more than ten lines, there is no band.
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
    mean = by_key(each, ["generation"])[measure].mean().sort_index()
    g = mean.index.to_numpy()
    ax.plot(g, mean.to_numpy(float), **style)  # type: ignore[arg-type]
    if band > 0:
        replicates, row = np.unique(each["replicate"], return_inverse=True)
        values = np.full((replicates.size, g.size), np.nan)
        values[row, np.searchsorted(g, each["generation"])] = each[measure]
        low, high = bootstrapped(values, band)
        ax.fill_between(g, low, high, color=style["color"], alpha=0.15, lw=0)


def bootstrapped(values: NDArray[np.float64], level: float) -> NDArray[np.float64]:
    """Return a percentile bootstrap interval of the mean of each column.

    Parameters
    ----------
    values : ndarray of float64, shape (n, columns)
        One row per replicate. NaN counts as missing.
    level : float
        Confidence level, 0..1.

    Returns
    -------
    ndarray of float64, shape (2, columns)
        The lower and the upper end. Whole rows are drawn with replacement.
    """
    rng = np.random.default_rng(0)
    n = len(values)
    times = rng.multinomial(n, np.full(n, 1 / n), size=RESAMPLES).astype(float)
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore"):  # a resample may have no value
        means = (times @ np.where(there, values, 0.0)) / (times @ there)
    return np.nanquantile(means, [0.5 - level / 2, 0.5 + level / 2], axis=0)


def axis_label(measure: str) -> str:
    """Return the name of a measure with its unit."""
    units = {m.name: m.unit for m in all_measures()}
    unit = units.get(measure, "share" if measure.startswith("share_") else "")
    return f"{measure.replace('_', ' ')} ({unit})" if unit else measure
