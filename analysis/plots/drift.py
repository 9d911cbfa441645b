"""Diversity and fixation over generations, compared with drift alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis import theory
from peckham.analysis.comparison.times import TIME, fixation_times, survival
from peckham.analysis.fixations import fixed_by, schemers
from peckham.analysis.groups import by_key, rows_of, stopped, varying
from peckham.analysis.log import Log, load
from peckham.analysis.neutral import allele_drifts, drift_name, drift_of, heterozygosity_drifts
from peckham.experiments.errors import ExperimentError

from .series import Where, check_measured, name_of, names_of_keys, shown, unequal
from .style import TALL, axes, finished, lines

BY_DRIFT: dict[str, Any] = {
    "color": "black",
    "linewidth": 1.0,
    "linestyle": (0, (1, 1)),
    "zorder": 0,
}

MOST_AT_RISK, MOST_IN_GIVEN_AXES = 12, 4
"""Number of lines up to which the numbers at risk are listed, in a new figure and in given axes."""

TIMES = 6
"""Number of times at which runs at risk are counted."""

Nulls = dict[str, NDArray[np.float64]]
"""Curves of drift alone, one number per generation, by what they depend on."""


def heterozygosity(
    run: str | Path | Log, *, where: Where | None = None, ax: Axes | None = None
) -> Axes:
    """Plot mean belief diversity over replicates, relative to generation 0.

    Dotted black lines are exact for drift alone, H_0(1 − c)^g. There is one for
    each selection rule and population size among the runs without mutation, and
    where ``stop_when`` ended none.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    where : mapping, optional
        Values by key, which choose the runs. There is one line per kind of run.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no run has finished, the folder did not record heterozygosity, no run
        has any, or there are too many lines.
    """
    name = "heterozygosity"
    log = run if isinstance(run, Log) else load(run, columns=[name])
    kinds, notes = shown(log, where)
    check_measured(log, rows_of(log.generations, kinds), [name])
    by = varying(kinds)
    curves, nulls, lacking, lengths = [], Nulls(), [], []
    for kind in kinds:
        rows = rows_of(log.generations, [kind])
        lengths.append(rows)
        mean = by_key(rows, ["generation"])[name].mean().astype(float).sort_index()
        if not mean.iloc[0] > 0:
            lacking.append(name_of(kind.key, by))
            continue
        curves.append((name_of(kind.key, by), mean / mean.iloc[0]))
        drift = None if stopped(log, kind.runs) else drift_of(kind.spec)
        if drift is not None and heterozygosity_drifts(kind.spec):
            g = np.arange(kind.spec.generations)
            expected = theory.neutral_heterozygosity(1.0, g, drift.coalescence)
            add_null(nulls, kind.spec, expected)
    if not curves:
        raise ExperimentError(f"{log.path}: no run has any belief diversity in generation 0")
    notes += unequal(lengths)
    if lacking:
        notes.append(f"not shown, without belief diversity in generation 0: {'; '.join(lacking)}")
    styles = list(lines(len(curves)))
    ax = axes(ax, len(curves) + len(nulls))
    for (label, curve), style in zip(curves, styles, strict=True):
        ax.plot(curve.index, curve, label=label, **style)
    draw_nulls(ax, nulls)
    ax.set_ylim(bottom=-0.02)
    y = "belief diversity (share of generation 0's)"
    return finished(ax, "generation", y, names_of_keys(by), "; ".join(notes))


def fixation(
    run: str | Path | Log,
    *,
    kind: str = "lineage",
    where: Where | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the share of runs in which one lineage, or the schemer allele, has fixed.

    Dotted black lines are exact for drift alone. Runs that ``stop_when`` ended are
    censored there (Kaplan & Meier 1958), and are not compared with drift. Below the
    axes are the numbers of runs that have neither fixed nor ended.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    kind : {"lineage", "schemer"}
        What fixes.
    where : mapping, optional
        Values by key, which choose the runs. There is one line per kind of run.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no run has finished, the folder did not record the measures needed,
        the kind is unknown, or there are too many lines.
    """
    if kind not in ("lineage", "schemer"):
        raise ExperimentError(f"kind: must be lineage or schemer, got {kind!r}")
    log = run if isinstance(run, Log) else load(run)
    kinds, notes = shown(log, where)
    times = fixation_times(log, kind)
    by, nulls = varying(kinds), Nulls()
    styles = list(lines(len(kinds)))
    most = MOST_AT_RISK if ax is None else MOST_IN_GIVEN_AXES
    listed = len(kinds) <= most
    ax = axes(ax, TALL + 2 * len(kinds) if listed else len(kinds))
    at, at_risk = np.unique(np.linspace(0, times[TIME].max(), TIMES).round()), []
    for each, style in zip(kinds, styles, strict=True):
        mine = rows_of(times, [each])
        numbers = [str(int((mine[TIME] >= g).sum())) for g in at]
        at_risk.append(f"{name_of(each.key, by).strip()}: {', '.join(numbers)}")
        when, unfixed = survival(mine)
        g = np.arange(int(mine[TIME].max()) + 1)
        share = 1.0 - np.append(1.0, unfixed)[np.searchsorted(when, g, side="right")]
        ax.plot(g, share, label=name_of(each.key, by), drawstyle="steps-post", **style)
        drift = None if stopped(log, each.runs) else drift_of(each.spec)
        if drift is not None and (kind == "lineage" or allele_drifts(each.spec)):
            expected = fixed_by(drift, each.spec, kind)
            add_null(nulls, each.spec, expected, schemers(each.spec) if kind == "schemer" else None)
    draw_nulls(ax, nulls)
    ax.set_ylim(-0.02, 1.02)
    what = "one lineage" if kind == "lineage" else "the schemer allele"
    y = f"runs in which {what} has fixed (share)"
    if listed:
        ax.set_xticks(at)
        below: dict[str, Any] = {"textcoords": "offset points", "va": "top", "fontsize": "small"}
        text = "\n".join(["runs at risk:", *at_risk])
        ax.annotate(text, (0.0, 0.0), (0.0, -38.0), "axes fraction", annotation_clip=False, **below)
    else:
        notes.append(f"no numbers at risk, because there are more than {most} lines")
    return finished(ax, "generation", y, names_of_keys(by), "; ".join(notes))


def add_null(
    nulls: Nulls, spec: ModelSpec, expected: NDArray[np.float64], copies: int | None = None
) -> None:
    """Add a curve of drift alone; of two that depend on the same, keep the longer."""
    rule = drift_name(spec)
    assert rule is not None
    kind = {"independent": "independent parents", "truncation": f"{rule[1]} survivors"}
    name = f"{kind.get(rule[0], rule[0])}, N = {spec.population.size}"
    if copies is not None:
        name += f", {copies} schemers at first"
    nulls[name] = max(nulls.get(name, expected), expected, key=len)


def draw_nulls(ax: Axes, nulls: Nulls) -> None:
    """Draw the curves of drift alone. If there are several, each ends with its name."""
    for place, (name, expected) in enumerate(nulls.items()):
        label = None if place else "drift alone"
        ax.plot(np.arange(expected.size), expected, label=label, **BY_DRIFT)
        if len(nulls) > 1:
            end = (expected.size - 1, expected[-1])
            box = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 1}
            ax.annotate(name, end, fontsize="x-small", ha="right", va="bottom", bbox=box)
