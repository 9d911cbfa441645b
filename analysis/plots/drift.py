"""Diversity and fixation over generations, compared with drift alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis import theory
from peckham.analysis.fixations import fixations, fixed_by, kinds_of_run
from peckham.analysis.log import Log, load
from peckham.analysis.neutral import allele_drifts, drift_of
from peckham.experiments.errors import ExperimentError

from .style import axes, finished, lines

BY_DRIFT: dict[str, Any] = {
    "color": "black",
    "linewidth": 1.0,
    "linestyle": (0, (1, 1)),
    "zorder": 0,
}


def heterozygosity(run: str | Path | Log, *, ax: Axes | None = None) -> Axes:
    """Plot mean belief diversity over replicates, relative to generation 0.

    Dotted black lines are exact for drift alone, H_0(1 − c)^g. There is one for
    each selection rule and population size among the runs without mutation.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If the folder did not record heterozygosity.
    """
    log = run if isinstance(run, Log) else load(run, columns=["heterozygosity"])
    if "heterozygosity" not in log.generations:
        raise ExperimentError(
            f"{log.path} did not record heterozygosity; add it to record.measures"
        )
    ax = axes(ax)
    nulls: dict[tuple[float, int], None] = {}
    for name, spec, rows, style in kinds(log):
        mean = rows.groupby("generation")["heterozygosity"].mean()
        ax.plot(mean.index, mean / mean.iloc[0], label=name, **style)
        drift = drift_of(spec)
        if drift is not None and spec.reproduction.mutation_rate == 0:
            nulls[drift.coalescence, spec.generations] = None
    for place, (coalescence, generations) in enumerate(nulls):
        g = np.arange(generations)
        expected = theory.neutral_heterozygosity(1.0, g, coalescence)
        ax.plot(g, expected, label=None if place else "drift alone", **BY_DRIFT)
    ax.set_ylim(bottom=0)
    return finished(ax, "generation", "belief diversity (share of generation 0's)", "run")


def fixation(run: str | Path | Log, *, kind: str = "lineage", ax: Axes | None = None) -> Axes:
    """Plot the share of runs in which one lineage, or the schemer allele, has fixed.

    Dotted black lines are exact for drift alone.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    kind : {"lineage", "schemer"}
        What fixes.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If the folder did not record the measures needed, or the kind is unknown.
    """
    if kind not in ("lineage", "schemer"):
        raise ExperimentError(f"kind: must be lineage or schemer, got {kind!r}")
    log = run if isinstance(run, Log) else load(run)
    events = fixations(log, kind)
    if kind == "schemer":
        events = events[events["id"] == 1]
    ax = axes(ax)
    nulls: dict[tuple[float, ...], Any] = {}
    for name, spec, rows, style in kinds(log):
        numbers = rows["run"].unique()
        when = events.loc[events["run"].isin(numbers), "generation"].to_numpy()
        g = np.arange(spec.generations + 1)
        share = (when[None, :] <= g[:, None]).sum(axis=1) / len(numbers)
        ax.plot(g, share, label=name, drawstyle="steps-post", **style)
        drift = drift_of(spec)
        if drift is not None and (kind == "lineage" or allele_drifts(spec)):
            expected = fixed_by(drift, spec, kind)
            nulls[tuple(np.round(expected, 9))] = expected
    for place, expected in enumerate(nulls.values()):
        label = None if place else "drift alone"
        ax.plot(np.arange(expected.size), expected, label=label, **BY_DRIFT)
    ax.set_ylim(0, 1.02)
    what = "one lineage" if kind == "lineage" else "the schemer allele"
    return finished(ax, "generation", f"runs in which {what} has fixed (share)", "run")


def kinds(log: Log) -> Iterator[tuple[str, ModelSpec, pd.DataFrame, dict[str, Any]]]:
    """Yield the name, parameters, rows of generations and line style of each kind of run."""
    found = kinds_of_run(log)
    for (key, spec, runs), style in zip(found, lines(len(found)), strict=True):
        words = [str(value) for path, value in key.items() if path != "control"]
        if spec.control != "none":
            words.append(spec.control)
        rows = log.generations[log.generations["run"].isin(runs)]
        yield ", ".join(words), spec, rows, style
