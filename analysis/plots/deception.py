"""Two figures of the payoff model: the Goodhart curve and the threshold of deception."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from peckham.agents.deployment.performance import true_performance
from peckham.analysis.closed_forms import equal_fitness_capability
from peckham.analysis.fixations import fixations
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .style import axes, finished, lines

PRESSURE, SHIFT = "deployment.pressure", "deployment.shift"
CAPABILITY, OVERSIGHT = "population.capability.mean", "oversight.level"


def goodhart(run: str | Path | Log, *, ax: Axes | None = None) -> Axes:
    """Plot true performance against pressure, with the proxy and the closed form.

    Points are means of T over the agents of generation 0 and over replicates.
    Thin lines are T = ρP − s(1 − ρ)p² at the measured mean of ρ. The dotted line
    is the proxy, and its distance from a curve is the Goodhart gap.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep ``deployment.pressure``, and optionally
        ``population.alignment.mean`` and ``deployment.shift``.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If pressure was not swept, or T, P or ρ was not recorded.
    """
    log = run if isinstance(run, Log) else load(run)
    check_log(log, [PRESSURE], ["proxy", "deployed", "alignment", "capability"])
    rows = log.generations[log.generations["generation"] == 0]
    shifts = shift_of(log, rows)
    by = [path for path in log.swept if path != PRESSURE]
    groups = [group for _, group in rows.groupby(by)] if by else [rows]
    ax = axes(ax)
    for group, style in zip(groups, lines(len(groups)), strict=True):
        means = group.groupby(PRESSURE)[["deployed", "proxy", "alignment", "capability"]].mean()
        legend = ", ".join(f"{symbol(path)} {group[path].iloc[0]:g}" for path in by)
        ax.plot(means.index, means["deployed"], "o", color=style["color"], markersize=4)
        pressure = np.linspace(0, means.index.max(), 200)
        rho = np.full_like(pressure, means["alignment"].mean())
        p = pressure * means["capability"].mean() / 100
        shift = np.full_like(pressure, shifts[group.index[0]])
        closed = true_performance(rho * p, rho, p, shift)
        ax.plot(pressure, closed, label=legend or "T", **{**style, "linewidth": 1.0})
    proxy = rows.groupby(PRESSURE)["proxy"].mean()
    ax.plot(proxy.index, proxy, color="black", linestyle=":", linewidth=1.0, label="proxy P")
    title = "closed form; dots are runs"
    return finished(ax, "optimisation pressure p", "true performance T (score)", title)


def symbol(path: str) -> str:
    """Return the symbol of a swept path in a legend."""
    return {"population.alignment.mean": "ρ", SHIFT: "s"}.get(path, path)


def shift_of(log: Log, rows: pd.DataFrame) -> pd.Series:
    """Return the shift of each row, whether or not it is swept."""
    if SHIFT in rows:
        return rows[SHIFT]
    resolved = log.manifest["resolved"]["deployment"]["shift"]
    return pd.Series(resolved, index=rows.index)


def threshold(run: str | Path | Log, *, ax: Axes | None = None) -> Axes:
    """Plot how often the schemer allele fixed, over oversight and capability.

    Light means never, dark means always. A run without fixation by its end
    counts with its final share of schemers. The dashed line is D = 1/2,
    c = 100·o. On the solid line a schemer is as fit as the same agent if it
    were honest, D = 1 − x with x = (Δ/penalty + fpr)/sensitivity and Δ the mean
    at the end of the runs.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep ``population.capability.mean`` and ``oversight.level``.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If these paths were not swept, or the measures needed were not recorded.
    """
    log = run if isinstance(run, Log) else load(run)
    check_log(log, [CAPABILITY, OVERSIGHT], ["schemers", "hidden"])
    runs = log.runs[(log.runs["status"] == "done") & (log.runs["control"] == "none")]
    fixed = fixations(log, "schemer").set_index("run")["id"]
    ended = runs["run"].map(fixed).astype(float).fillna(runs["schemers"])
    grid = runs.assign(ended=ended).pivot_table(index=CAPABILITY, columns=OVERSIGHT, values="ended")
    ax = axes(ax)
    mesh = ax.pcolormesh(
        grid.columns, grid.index, grid, cmap="cividis_r", vmin=0, vmax=1, shading="nearest"
    )
    figure = ax.get_figure(root=True)
    assert figure is not None
    bar = figure.colorbar(mesh, ax=ax)
    bar.set_label("runs in which scheming fixed (share)")
    level = np.linspace(0, 1, 101)
    ax.plot(level, 100 * level, "k--", linewidth=1.4, label="D = 1/2")
    rules = log.manifest["resolved"]["oversight"]
    line = equal_fitness_capability(
        level,
        np.full_like(level, runs["hidden"].mean()),
        rules["sensitivity"],
        rules["false_positive_rate"],
        rules["penalty"],
    )
    if np.isfinite(line).any():
        ax.plot(level, line, "k-", linewidth=1.8, label="equal fitness, D = 1 − x")
    ax.set_xlim(*around(grid.columns.to_numpy(float)))
    ax.set_ylim(*around(grid.index.to_numpy(float)))
    ax.set_xlabel("oversight o (level)")
    ax.set_ylabel("capability c (points)")
    ax.legend(loc="upper left", framealpha=0.9)
    return ax


def around(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return axis limits with a margin of half a step around evenly spaced values."""
    low, high = float(values.min()), float(values.max())
    margin = 0.5 * (high - low) / max(1, values.size - 1)
    return low - margin, high + margin


def check_log(log: Log, swept: list[str], measures: list[str]) -> None:
    """Check that a folder sweeps and records what a figure shows.

    Raises
    ------
    ExperimentError
        If it does not.
    """
    for path in swept:
        if path not in log.swept:
            raise ExperimentError(f"{log.path} does not sweep {path}, which this figure needs")
    for name in measures:
        if name not in log.runs:
            raise ExperimentError(f"{log.path} did not record {name}; add it to record.measures")
