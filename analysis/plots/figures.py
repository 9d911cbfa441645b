"""The figures of `peckham plot`, by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes

from peckham.experiments.errors import ExperimentError

from .deception import goodhart, threshold
from .drift import fixation, heterozygosity
from .forest import forest
from .frontier import frontier
from .phase import phase
from .scatter import scatter
from .slopes import slopes
from .trajectories import trajectories

FIGURES: dict[str, Callable[..., Axes]] = {
    "fixation": fixation,
    "forest": forest,
    "frontier": frontier,
    "goodhart": goodhart,
    "heterozygosity": heterozygosity,
    "phase": phase,
    "scatter": scatter,
    "slopes": slopes,
    "threshold": threshold,
    "trajectories": trajectories,
}

FORMATS = (".png", ".pdf", ".svg")


def draw(figure: str, run: Path, out: Path, **options: Any) -> Path:
    """Plot a figure of a run folder into a file, and return the file's path.

    Parameters
    ----------
    figure : str
        Name of the figure in `FIGURES`.
    run : Path
        The run folder.
    out : Path
        The file. Its suffix sets the format.
    **options
        Options of the figure.

    Raises
    ------
    ExperimentError
        If the figure, format or option is unknown, the folder lacks data, or the
        file cannot be written.
    """
    if figure not in FIGURES:
        raise ExperimentError(f"no figure is called {figure!r}; known: {', '.join(FIGURES)}")
    accepted = inspect.signature(FIGURES[figure]).parameters
    for name in options:
        if name not in accepted:
            raise ExperimentError(f"--{name}: the figure {figure} has no such option; leave it out")
    if out.suffix.lower() not in FORMATS:
        raise ExperimentError(f"--out: must end in {', '.join(FORMATS)}, got {out.name!r}")
    if not out.parent.is_dir():
        raise ExperimentError(f"--out: there is no folder {out.parent}; create it first")
    mpl.use("agg")
    drawn = FIGURES[figure](run, **options).get_figure(root=True)
    assert drawn is not None
    content = BytesIO()
    drawn.savefig(content, dpi=120, format=out.suffix[1:].lower())
    try:
        out.write_bytes(content.getvalue())
    except OSError as error:
        raise ExperimentError(f"--out: cannot write {out}: {error.strerror}") from None
    return out
