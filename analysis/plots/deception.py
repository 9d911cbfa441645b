"""The two figures of the payoff core: the Goodhart curve, and the threshold of deception."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from numpy.typing import NDArray

from peckham.agents.payoff import equal_fitness_capability, true_performance
from peckham.analysis.fixations import fixations
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .style import axes, finished, lines

PRESSURE, SHIFT = "deployment.pressure", "deployment.shift"
CAPABILITY, OVERSIGHT = "population.capability.mean", "oversight.level"


def goodhart(run: str | Path | Log, *, ax: Axes | None = None) -> Axes:
    """Draw true performance against pressure, with the proxy and the closed form.

    Points are the means of T over the agents of generation 0, a mean over
    replicates; thin lines T = ρP − s(1 − ρ)p² at the measured mean of ρ; the
    dotted line is the proxy, and a gap is its distance from a curve.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep ``deployment.pressure``, and perhaps
        ``population.alignment.mean`` and ``deployment.shift``.
    ax : Axes, optional
        Where to draw, by default on a new figure.

    Raises
    ------
    ExperimentError
        If pressure was not swept, or T, P or ρ not recorded.
    """
    log = run if isinstance(run, Log) else load(run)
    need(log, [PRESSURE], ["proxy", "deployed", "alignment", "capability"])
    rows = log.generations[log.generations["generation"] == 0]
    shifts = shift_of(log, rows)
    by = [path for path in log.swept if path != PRESSURE]
    groups = [group for _, group in rows.groupby(by)] if by else [rows]
    ax = axes(ax)
    for group, look in zip(groups, lines(len(groups)), strict=True):
        means = group.groupby(PRESSURE)[["deployed", "proxy", "alignment", "capability"]].mean()
        said = ", ".join(f"{short(path)} {group[path].iloc[0]:g}" for path in by)
        ax.plot(means.index, means["deployed"], "o", color=look["color"], markersize=4)
        pressure = np.linspace(0, means.index.max(), 200)
        rho = np.full_like(pressure, means["alignment"].mean())
        p = pressure * means["capability"].mean() / 100
        shift = np.full_like(pressure, shifts[group.index[0]])
        closed = true_performance(rho * p, rho, p, shift)
        ax.plot(pressure, closed, label=said or "T", **{**look, "linewidth": 1.0})
    proxy = rows.groupby(PRESSURE)["proxy"].mean()
    ax.plot(proxy.index, proxy, color="black", linestyle=":", linewidth=1.0, label="proxy P")
    title = "closed form; dots are runs"
    return finished(ax, "optimisation pressure p", "true performance T (score)", title)


def short(path: str) -> str:
    """Return what a swept path is called in a legend."""
    return {"population.alignment.mean": "ρ", SHIFT: "s"}.get(path, path)


def shift_of(log: Log, rows: pd.DataFrame) -> pd.Series:
    """Return the shift of each row, swept or not."""
    if SHIFT in rows:
        return rows[SHIFT]
    resolved = log.manifest["resolved"]["deployment"]["shift"]
    return pd.Series(resolved, index=rows.index)


def threshold(run: str | Path | Log, *, ax: Axes | None = None) -> Axes:
    """Draw how often the schemer allele fixed, over oversight and capability.

    Light is never, dark is always; a run in which neither allele had fixed by
    the end counts with the share of schemers it ended with. The dashed line is
    D = 1/2, c = 100·o; the solid one is where a schemer is as fit as the same
    agent honest, D = 1 − x with x = (Δ/penalty + fpr)/sensitivity, for the
    mean Δ of these runs at their end.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep ``population.capability.mean`` and ``oversight.level``.
    ax : Axes, optional
        Where to draw, by default on a new figure.

    Raises
    ------
    ExperimentError
        If these were not swept, or what is needed was not recorded.
    """
    log = run if isinstance(run, Log) else load(run)
    need(log, [CAPABILITY, OVERSIGHT], ["schemers", "hidden"])
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
    """Return limits that leave half a step around evenly spaced values."""
    low, high = float(values.min()), float(values.max())
    margin = 0.5 * (high - low) / max(1, values.size - 1)
    return low - margin, high + margin


def need(log: Log, swept: list[str], measures: list[str]) -> None:
    """Refuse a folder that does not sweep or record what a figure shows."""
    for path in swept:
        if path not in log.swept:
            raise ExperimentError(f"{log.path} does not sweep {path}, which this figure needs")
    for name in measures:
        if name not in log.runs:
            raise ExperimentError(f"{log.path} did not record {name}; see record.measures")
