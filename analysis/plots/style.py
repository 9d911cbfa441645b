"""Shared style of all figures: distinct line styles and open axes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

STYLES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)), (0, (1, 2)))
"""Line styles, so that conditions are distinct without colour."""


def axes(ax: Axes | None) -> Axes:
    """Return the given axes, or those of a new figure."""
    if ax is None:
        _, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
    return ax


def lines(count: int) -> Iterator[dict[str, Any]]:
    """Yield a colour and a line style for each of `count` lines."""
    import seaborn as sns

    for place, colour in enumerate(sns.color_palette("colorblind", count)):
        yield {"color": colour, "linestyle": STYLES[place % len(STYLES)], "linewidth": 1.8}


def finished(ax: Axes, x: str, y: str, title: str) -> Axes:
    """Label the axes, place the legend outside, and remove the frame."""
    import seaborn as sns

    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.legend(title=title, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    sns.despine(ax=ax)
    return ax
