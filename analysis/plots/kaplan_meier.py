"""Kaplan-Meier curves of the fixation of the schemer allele, with numbers at risk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from peckham.analysis.comparison.times import TIME, fixation_times, survival
from peckham.analysis.groups import rows_of, varying
from peckham.analysis.log import Log, load

from .series import Where, name_of, names_of_keys, shown
from .style import axes, finished, lines

MOST_AT_RISK = 12
"""Number of lines up to which the numbers at risk are listed."""

TIMES = 6
"""Number of times at which runs at risk are counted."""


def kaplan_meier(
    run: str | Path | Log, *, where: Where | None = None, ax: Axes | None = None
) -> Axes:
    """Plot the share of runs in which the schemer allele has fixed (Kaplan & Meier 1958).

    Runs without fixation are censored at their end. Below the axes are the numbers
    of runs that have neither fixed nor ended.

    Parameters
    ----------
    run : str, Path or Log
        A run folder that recorded ``schemers``.
    where : mapping, optional
        Values by key, which choose the runs. There is one line per kind of run.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no run has finished, ``schemers`` was not recorded, or there are too many
        lines.
    """
    log = run if isinstance(run, Log) else load(run)
    kinds, notes = shown(log, where)
    times = fixation_times(log)
    by = varying(kinds)
    styles = list(lines(len(kinds)))
    listed = len(kinds) <= MOST_AT_RISK
    ax = axes(ax, len(kinds) * (2 if listed else 1))
    ends = float(times[TIME].max())
    at = np.unique(np.linspace(0, ends, TIMES).round())
    table = []
    for kind, style in zip(kinds, styles, strict=True):
        mine = rows_of(times, [kind])
        name = name_of(kind.key, by)
        when, share = survival(mine)
        x, y = np.concatenate(([0.0], when)), np.concatenate(([0.0], 1.0 - share))
        ax.plot(x, y, drawstyle="steps-post", label=name, **style)
        table.append((name.strip(), [int((mine[TIME] >= t).sum()) for t in at]))
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlim(0, ends)
    if listed:
        ax.set_xticks(at)
        rows = ["runs at risk:"] + [f"{name}: {', '.join(map(str, n))}" for name, n in table]
        x_label = "generation\n" + "\n".join(rows)
    else:
        x_label = "generation"
        notes.append(f"no numbers at risk, because there are more than {MOST_AT_RISK} lines")
    y_label = "schemer allele fixed (share of runs)"
    finished(ax, x_label, y_label, names_of_keys(by), "; ".join(notes))
    ax.xaxis.label.set_parse_math(False)
    return ax
