"""Two figures of the payoff model: the Goodhart curve and the threshold of deception."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import RegularGridInterpolator

from peckham.agents.conduct import deception_probability
from peckham.agents.deployment.performance import true_performance
from peckham.agents.parameters.spec import ModelSpec, OversightBlock
from peckham.analysis.closed_forms import scheming_advantage
from peckham.analysis.fixations import fixations
from peckham.analysis.groups import Kind, by_key, kinds_of_run, rows_of, varying
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .series import Where, check_measured, name_of, names_of_keys, only_kind, shown
from .style import axes, finished, lines, note

MEASURED = ("deployed", "proxy", "alignment", "capability")
EARLY = 10
"""Generation by which Δ has usually settled."""

LABELLED = 12
"""Number of cells along an axis up to which each has a tick."""

PRESSURE = "deployment.pressure"
CAPABILITY, OVERSIGHT = "population.capability.mean", "oversight.level"


def goodhart(run: str | Path | Log, *, where: Where | None = None, ax: Axes | None = None) -> Axes:
    """Plot true performance against pressure, with the proxy and the closed form.

    Points are means of T over the agents of generation 0 and over replicates.
    Thin lines are T = ρP − s(1 − ρ)p² at the measured means of ρ and c, in a
    population without beliefs, where P = p. In one with beliefs they join the
    points. Dotted lines are the proxy, and the distance between the two is the
    Goodhart gap.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep ``deployment.pressure``.
    where : mapping, optional
        Values by key, which choose the runs. There is one line per condition and
        value of the other swept paths. Neutral twins, which equal their
        originals in generation 0, are shown only if it names ``control``.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no run has finished, pressure was not swept, T, P, ρ or c was not
        recorded, or there are too many lines.
    """
    log = run if isinstance(run, Log) else load(run)
    kinds, notes = shown(log, where, twins=False)
    check_swept(log, [PRESSURE])
    rows = rows_of(log.generations, kinds)
    rows = rows[rows["generation"] == 0]
    check_measured(log, rows, MEASURED)
    by = [key for key in varying(kinds) if key != PRESSURE] or ["condition"]
    groups: dict[str, list[Kind]] = {}
    for kind in kinds:
        groups.setdefault(name_of(kind.key, by), []).append(kind)
    styles = list(lines(len(groups)))
    ax = axes(ax, 2 * len(groups))
    proxies: dict[tuple[float, ...], Any] = {}
    for (name, group), style in zip(groups.items(), styles, strict=True):
        means = by_key(rows_of(rows, group), [PRESSURE])[[*MEASURED]].mean().sort_index()
        ax.plot(means.index, means["deployed"], "o", color=style["color"], markersize=4)
        curve = closed_form(means, group[0].spec)
        ax.plot(*curve, label=name, **{**style, "linewidth": 1.0, "marker": ""})
        proxies.setdefault(tuple(means["proxy"].round(9)), (means["proxy"], name))
    for proxy, name in proxies.values():
        label = "proxy P" if len(proxies) == 1 else f"proxy P: {name}"
        style = {"color": "black", "linestyle": ":", "linewidth": 1.0}
        ax.plot(proxy.index, proxy, label=label, **style)
    y = "true performance T (score)"
    exact = all(kind.spec.population.beliefs_per_agent == 0 for kind in kinds)
    line = "closed form" if exact else "closed form if agents hold no beliefs, else between dots"
    notes.append(f"dots: means over agents and replicates; lines: {line}")
    return finished(ax, "optimisation pressure p", y, names_of_keys(by), "; ".join(notes))


def closed_form(means: pd.DataFrame, spec: ModelSpec) -> tuple[ArrayLike, ArrayLike]:
    """Return the line through means at several pressures: x and y."""
    if spec.population.beliefs_per_agent > 0:  # E[U] depends on the beliefs
        return means.index, means["deployed"]
    pressure = np.linspace(0, float(means.index.max()), 200)
    rho = np.full_like(pressure, means["alignment"].mean())
    p = pressure * means["capability"].mean() / 100
    shift = np.full_like(pressure, spec.deployment.shift)
    return pressure, true_performance(rho * p, rho, p, shift)


def threshold(run: str | Path | Log, *, where: Where | None = None, ax: Axes | None = None) -> Axes:
    """Plot how often the schemer allele fixed, over oversight and capability.

    Light means never, dark means always. A run without fixation by its end
    counts with its final share of schemers. The dashed line is D = 1/2,
    c = 100·o. On the other lines a schemer is as fit as the same agent if it
    were honest, D = 1 − (Δ/penalty + false_positive_rate)/sensitivity, with the
    mean Δ of each cell in generation 0, in generation 10 and at the end. Above
    a line it is fitter. They are left out if channels of oversight are set apart
    or scaled, agents are removed, or interventions change parameters.

    Parameters
    ----------
    run : str, Path or Log
        Runs that sweep ``population.capability.mean`` and ``oversight.level``.
    where : mapping, optional
        Values by key, which choose the runs. They may differ in the two paths
        only. Neutral twins are shown only if it names ``control``.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no run has finished, these paths were not swept, the measures needed
        were not recorded, or the runs chosen differ in other keys.
    """
    log = run if isinstance(run, Log) else load(run)
    kinds, notes = shown(log, where, twins=False)
    check_swept(log, [CAPABILITY, OVERSIGHT])
    runs = rows_of(log.runs, kinds)
    check_measured(log, runs, ["schemers", "hidden"])
    only_kind(kinds, "threshold", [CAPABILITY, OVERSIGHT])
    fixed = fixations(log, "schemer").set_index("run")["id"]
    ended = runs["run"].map(fixed).astype(float).fillna(runs["schemers"])
    cells = by_key(runs.assign(ended=ended), [CAPABILITY, OVERSIGHT])["ended"].mean()
    levels, capabilities = np.unique(runs[OVERSIGHT]), np.unique(runs[CAPABILITY])
    every = pd.MultiIndex.from_product([capabilities, levels])
    grid = cells.reindex(every).to_numpy(float).reshape(capabilities.size, levels.size)
    ax = axes(ax)
    x, y = edges(levels, 0.1), edges(capabilities, 10.0)
    mesh = ax.pcolormesh(x, y, grid, cmap="cividis_r", vmin=0, vmax=1)
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.colorbar(mesh, ax=ax).set_label("runs in which scheming fixed (share)")
    ax.plot([0, 1], [0, 100], "k--", linewidth=1.4, label="D = 1/2")
    if has_equal_fitness(kinds[0].spec) and min(grid.shape) > 1 and not np.isnan(grid).any():
        records = rows_of(log.generations, kinds)
        last = records["generation"] == by_key(records, ["run"])["generation"].transform("max")
        for label, rows, style in (
            ("in generation 0", records[records["generation"] == 0], ":"),
            (f"in generation {EARLY}", records[records["generation"] == EARLY], "-."),
            ("at the end", records[last], "-"),
        ):
            hidden = by_key(rows, [CAPABILITY, OVERSIGHT])["hidden"].mean().reindex(every)
            delta = hidden.to_numpy(float).reshape(grid.shape)
            if equal_fitness(ax, capabilities, levels, delta, kinds[0].spec.oversight, style):
                ax.plot([], [], f"k{style}", linewidth=1.8, label=f"equal fitness {label}")
    by = [key for key in varying(kinds_of_run(log)) if key not in (CAPABILITY, OVERSIGHT)]
    if by:
        notes.insert(0, f"{names_of_keys(by)}: {name_of(kinds[0].key, by)}")
    note(ax, "; ".join(notes))
    if levels.size <= LABELLED:
        ax.set_xticks(levels)
    if capabilities.size <= LABELLED:
        ax.set_yticks(capabilities)
    ax.set_xlim(x[0], x[-1])
    ax.set_ylim(y[0], y[-1])
    ax.set_xlabel("oversight o (level)")
    moves = kinds[0].spec.reproduction.capability_drift != 0
    ax.set_ylabel(f"{'initial ' if moves else ''}capability c (points)")
    ax.legend(loc="upper left", framealpha=0.9)
    return ax


def has_equal_fitness(spec: ModelSpec) -> bool:
    """Return whether one level of oversight, throughout a run, decides what scheming pays."""
    rules = spec.oversight
    plain = len({*rules.channels()[:4]}) == 1 and rules.scaling.kind == "constant"
    return plain and rules.sanction != "removal" and all(i.of_test for i in spec.interventions)


def equal_fitness(
    ax: Axes,
    capabilities: NDArray[np.float64],
    levels: NDArray[np.float64],
    hidden: NDArray[np.float64],
    rules: OversightBlock,
    style: str,
) -> bool:
    """Draw the line on which schemers and honest agents are equally fit, if there is one.

    Parameters
    ----------
    ax : Axes
    capabilities, levels : ndarray
        c and o of the cells, ascending.
    hidden : ndarray, shape (capabilities, levels)
        Mean Δ of each cell. It is interpolated between cells.
    rules : OversightBlock
        The rates and the penalty.
    style : str
        Line style.
    """
    if np.isnan(hidden).any():
        return False
    c, o = np.meshgrid(
        np.linspace(capabilities[0], capabilities[-1], 201),
        np.linspace(levels[0], levels[-1], 201),
        indexing="ij",
    )
    sensitivity, false_positive_rate = rules.rates()
    advantage = scheming_advantage(
        RegularGridInterpolator((capabilities, levels), hidden)((c, o)),
        np.ones_like(c),
        deception_probability(c, o),
        np.ones_like(c),  # the level scales the advantage, and does not change its sign
        np.ones_like(c),
        np.full_like(c, sensitivity),
        np.full_like(c, false_positive_rate),
        np.full_like(c, rules.penalty),
    )
    if not advantage.min() < 0 < advantage.max():
        return False
    line = ax.contour(o, c, advantage, levels=[0.0], colors="black", linestyles=[style])
    line.set_linewidth(1.8)
    line.set_path_effects([withStroke(linewidth=3.4, foreground="white")])
    return True


def edges(values: NDArray[np.float64], alone: float) -> NDArray[np.float64]:
    """Return the edges of cells around ascending values; a single cell has width `alone`."""
    if values.size == 1:
        return np.array([values[0] - alone / 2, values[0] + alone / 2])
    between = (values[1:] + values[:-1]) / 2
    first, last = 2 * values[0] - between[0], 2 * values[-1] - between[-1]
    return np.array([first, *between, last])


def check_swept(log: Log, swept: list[str]) -> None:
    """Check that a folder sweeps the paths that a figure shows.

    Raises
    ------
    ExperimentError
        If it does not.
    """
    for path in swept:
        if path not in log.swept:
            raise ExperimentError(f"{log.path} does not sweep {path}, which this figure needs")
