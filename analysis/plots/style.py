"""Shared style of all figures: distinct line styles, room for the legend, open axes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.text import Text

from peckham.experiments.errors import ExperimentError

STYLES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 2)))
"""Line styles, so that lines are distinct without colour."""

MARKERS = ("", "o", "^", "s", "x", "v", "D", "+")
"""Markers, which tell apart lines that share a style."""

PALE = (6, 8)
"""Colours of the palette that are hard to see on white."""

MOST_LINES = len(STYLES) * len(MARKERS)

TALL = 14
"""Number of legend entries beside axes of the usual height."""


def axes(ax: Axes | None, entries: int = 1) -> Axes:
    """Return the given axes, or those of a new figure with room for a legend."""
    if ax is None:
        height = 4.2 * max(1.0, min(entries, MOST_LINES) / TALL)
        _, ax = plt.subplots(figsize=(7.5, min(height, 12.0)), layout="constrained")
    return ax


def lines(count: int) -> Iterator[dict[str, Any]]:
    """Yield a colour, a line style and a marker for each of `count` lines.

    Style and marker differ from line to line, so that all are distinct in grey.

    Raises
    ------
    ExperimentError
        If they cannot be told apart.
    """
    import seaborn as sns

    if count > MOST_LINES:
        raise ExperimentError(
            f"{count} lines cannot be told apart in one figure, at most {MOST_LINES} can; "
            "choose some of the runs with --where KEY=VALUE"
        )
    palette = sns.color_palette("colorblind")
    colours = [colour for place, colour in enumerate(palette) if place not in PALE]
    for place in range(count):
        few = count <= len(STYLES)
        yield {
            "color": colours[place % len(colours)],
            "linestyle": STYLES[place % len(STYLES)],
            "linewidth": 1.8 if few else 1.2,
            "marker": MARKERS[place // len(STYLES)],
            "markersize": 4,
            "markevery": 0.1,
        }


def single_points(ax: Axes) -> None:
    """Mark the lines that consist of one point, which would be invisible."""
    for line in ax.lines:
        if len(line.get_xdata()) == 1:  # type: ignore[arg-type]
            line.set_markevery(None)
            line.set_marker("o" if line.get_marker() in ("", "None") else line.get_marker())


def finished(ax: Axes, x: str, y: str, title: str, caption: str = "") -> Axes:
    """Label the axes, place the legend outside, and remove the frame.

    Parameters
    ----------
    ax : Axes
        The axes.
    x, y, title, caption : str
        Labels of the axes, title of the legend, and what a reader must know of
        the runs that are shown.
    """
    import seaborn as sns

    single_points(ax)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    handles, names = ax.get_legend_handles_labels()
    ax.legend(
        handles,
        [textwrap.fill(name, 44) for name in names],
        title=textwrap.fill(title, 44),
        loc="upper left",
        bbox_to_anchor=(1.0, 1.0),
        frameon=False,
        alignment="left",
        handlelength=3.6,
        fontsize="medium" if len(names) <= TALL else "small",
    )
    note(ax, caption)
    sns.despine(ax=ax)
    return ax


def show_as_written(ax: Axes) -> None:
    """Show the texts of axes as they are: a name may contain dollar signs."""
    of_axes = {*ax.xaxis.findobj(Text), *ax.yaxis.findobj(Text)}  # ticks may be powers of ten
    for text in {*ax.findobj(Text)} - of_axes:
        assert isinstance(text, Text)
        text.set_parse_math(False)


def note(ax: Axes, caption: str) -> None:
    """Write a caption above the axes, if there is one."""
    if caption:
        ax.set_title(textwrap.fill(caption, 76), loc="left", fontsize="small")
    show_as_written(ax)
