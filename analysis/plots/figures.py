"""The figures that `peckham plot` can draw, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from peckham.experiments.errors import ExperimentError

from .deception import goodhart, threshold
from .drift import fixation, heterozygosity
from .scatter import scatter
from .trajectories import trajectories

FIGURES: dict[str, Callable[..., Axes]] = {
    "fixation": fixation,
    "goodhart": goodhart,
    "heterozygosity": heterozygosity,
    "scatter": scatter,
    "threshold": threshold,
    "trajectories": trajectories,
}

FORMATS = (".png", ".pdf", ".svg")


def draw(figure: str, run: Path, out: Path, **options: Any) -> Path:
    """Draw a figure of a run folder into a file, and return the file.

    Parameters
    ----------
    figure : str
        Its name in `FIGURES`.
    run : Path
        The run folder.
    out : Path
        Where to; the suffix says in which format.
    **options
        Passed on to the figure.

    Raises
    ------
    ExperimentError
        If there is no such figure or format, or the folder lacks what it needs.
    """
    if figure not in FIGURES:
        raise ExperimentError(f"no figure is called {figure!r}; known: {', '.join(FIGURES)}")
    if figure == "trajectories":
        options.setdefault("measure", "deceptive_share")
    taken = inspect.signature(FIGURES[figure]).parameters
    for name in options:
        if name not in taken:
            raise ExperimentError(f"--{name}: the figure {figure} has no such option; leave it out")
    if out.suffix.lower() not in FORMATS:
        raise ExperimentError(f"--out: must end in {', '.join(FORMATS)}, got {out.name!r}")
    if not out.parent.is_dir():
        raise ExperimentError(f"--out: there is no folder {out.parent}; make it first")
    mpl.use("agg")
    drawn = FIGURES[figure](run, **options).get_figure(root=True)
    assert drawn is not None
    drawn.savefig(out, dpi=120)
    return out
