"""Phase diagram: a measure, or how often scheming fixed, over two swept paths."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from peckham.agents.conduct import deception_probability
from peckham.analysis.closed_forms import scheming_advantage
from peckham.analysis.fixations import fixations
from peckham.analysis.groups import Kind, kinds_of_run, rows_of, varying
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .deception import LABELLED, edges
from .series import Where, check_measured, name_of, names_of_keys, only_kind, shown
from .style import axes, note
from .trajectories import axis_label

FIXED = "fixed"
"""In place of a measure: the share of runs in which the schemer allele fixed."""


def phase(
    run: str | Path | Log,
    x: str | None = None,
    y: str | None = None,
    *,
    measure: str = FIXED,
    where: Where | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot a measure over two swept paths.

    On the black line a schemer is as fit as the same agent if it were honest, by
    each cell's own parameters and its mean Δ in the last generation. It is
    interpolated between cells, and left out where agents are removed, oversight is
    scaled, or interventions change parameters.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep two paths with numbers.
    x, y : str, optional
        The swept paths, by default the first two.
    measure : str
        A measure, whose final mean is shown, or ``fixed``: the share of runs in which
        the schemer allele fixed. A run without fixation counts with its final share
        of schemers.
    where : mapping, optional
        Values by key, which choose the runs. They may differ in the two paths only.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If a path was not swept or has no numbers, a measure was not recorded, or the
        runs chosen differ in other keys.
    """
    log = run if isinstance(run, Log) else load(run)
    kinds, notes = shown(log, where, twins=False)
    across, up = two_paths(log, x, y)
    runs = rows_of(log.runs, kinds)
    check_measured(log, runs, ["schemers"] if measure == FIXED else [measure])
    only_kind(kinds, "phase", [across, up])
    for path in (across, up):
        if not pd.api.types.is_numeric_dtype(runs[path]) or runs[path].dtype == bool:
            raise ExperimentError(f"{path}: must have numbers to be an axis; choose another path")
    values = runs.set_index("run")[measure if measure != FIXED else "schemers"].astype(float)
    if measure == FIXED:
        won = fixations(log, "schemer").set_index("run")["id"]
        values = won.reindex(values.index).astype(float).fillna(values)
    columns, rows = np.unique(runs[across].dropna()), np.unique(runs[up].dropna())
    grid = np.full((rows.size, columns.size), np.nan)
    gain = np.full_like(grid, np.nan)
    last = log.runs.set_index("run")
    for kind in kinds:
        cell = np.searchsorted(rows, kind.key[up]), np.searchsorted(columns, kind.key[across])
        grid[cell] = values.loc[kind.runs].mean()
        gain[cell] = advantage(kind, last) if "hidden" in last else np.nan
    ax = axes(ax)
    share = measure == FIXED
    low, high = (0.0, 1.0) if share else (None, None)
    at, top = edges(columns.astype(float), 1.0), edges(rows.astype(float), 1.0)
    mesh = ax.pcolormesh(at, top, grid, cmap="cividis_r", vmin=low, vmax=high)
    figure = ax.get_figure(root=True)
    assert figure is not None
    label = "runs in which scheming fixed (share)" if share else axis_label(measure)
    figure.colorbar(mesh, ax=ax).set_label(label)
    if min(grid.shape) > 1 and not np.isnan(gain).any() and gain.min() < 0 < gain.max():
        draw_line(ax, columns.astype(float), rows.astype(float), gain)
        notes.append("line: schemers as fit as if they were honest, at the last Δ")
    by = [key for key in varying(kinds_of_run(log)) if key not in (across, up)]
    if by:
        notes.insert(0, f"{names_of_keys(by)}: {name_of(kinds[0].key, by)}")
    for ticks, set_ticks in ((columns, ax.set_xticks), (rows, ax.set_yticks)):
        if ticks.size <= LABELLED:
            set_ticks(ticks)
    ax.set_xlabel(across)
    ax.set_ylabel(up)
    note(ax, "; ".join(notes))
    return ax


def two_paths(log: Log, x: str | None, y: str | None) -> tuple[str, str]:
    """Return the paths of the axes.

    Raises
    ------
    ExperimentError
        If they are not two swept paths.
    """
    left = [path for path in log.swept if path not in (x, y)]
    across = x if x is not None else (left.pop(0) if left else "")
    up = y if y is not None else (left.pop(0) if left else "")
    for path in (across, up):
        if path not in log.swept:
            swept = ", ".join(log.swept) or "nothing"
            raise ExperimentError(
                f"{log.path} sweeps {swept}; the figure phase needs two swept paths"
            )
    if across == up:
        raise ExperimentError(f"phase: the two axes must be two paths, got {across} twice")
    return across, up


def advantage(kind: Kind, ends: pd.DataFrame) -> float:
    """Return what scheming gains per share deceived, at the mean Δ and c of a kind of run.

    It is null where no closed form holds throughout the run.
    """
    rules = kind.spec.oversight
    changed = any(not part.of_test for part in kind.spec.interventions)
    if rules.sanction == "removal" or rules.scaling.kind != "constant" or changed:
        return float("nan")
    mine = ends.loc[kind.runs]
    channels = rules.channels()
    sensitivity, false_positive_rate = rules.rates()
    c = mine["capability"].mean() if "capability" in mine else kind.spec.population.capability.mean
    deceives = float(deception_probability(np.array([c]), np.array([channels.deterrence]))[0])
    # without any oversight both channels are 0, and so is the advantage; the line is its limit
    scale = max(channels.audit, channels.transparency)
    transparency, audit = (channels.transparency, channels.audit) if scale > 0 else (1.0, 1.0)
    found = scheming_advantage(
        mine["hidden"].mean(),
        1.0,
        deceives,
        transparency / (scale or 1.0),
        audit / (scale or 1.0),
        sensitivity,
        false_positive_rate,
        rules.penalty,
    )
    return float(found)


def draw_line(
    ax: Axes, x: NDArray[np.float64], y: NDArray[np.float64], gain: NDArray[np.float64]
) -> None:
    """Draw the line on which scheming gains nothing."""
    line = ax.contour(x, y, gain, levels=[0.0], colors="black", linestyles=["-"])
    line.set_linewidth(1.8)
    line.set_path_effects([withStroke(linewidth=3.4, foreground="white")])
