"""The command that draws figures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peckham.experiments.cli import RunArgument
from peckham.experiments.commands import command
from peckham.experiments.errors import ExperimentError

app = typer.Typer(rich_markup_mode=None)


# wide: one option for each option of a figure
# long: they are nothing but options
@app.command()
@command
def plot(
    figure: Annotated[
        str,
        typer.Argument(
            help="forest, frontier, slopes, phase, trajectories, heterozygosity, "
            "fixation, goodhart, threshold or scatter."
        ),
    ],
    path: RunArgument,
    measure: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="For trajectories, forest, slopes and phase: measure to plot.  "
            "[default: deceptive_share; for phase, fixed]",
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="For forest and slopes: condition to compare with.  [default: the first]",
        ),
    ] = None,
    safety: Annotated[
        str | None, typer.Option(metavar="NAME", help="For frontier: measure of safety.")
    ] = None,
    x: Annotated[
        str | None, typer.Option("--x", metavar="PATH", help="For phase: path along the x axis.")
    ] = None,
    y: Annotated[
        str | None, typer.Option("--y", metavar="PATH", help="For phase: path along the y axis.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="KEY,…",
            help="For trajectories: keys with one line per combination of values.  "
            "[default: condition and swept paths]",
        ),
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="Plot only the runs with this condition, control or swept value. May be repeated.",
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="For fixation: lineage or schemer.  [default: lineage]"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A .png, .pdf or .svg file.  [default: FIGURE.png]"),
    ] = None,
) -> None:
    """Plot a figure of a run folder into a file."""
    from .plots.figures import draw

    for each in where or []:
        if "=" not in each:
            raise ExperimentError(f"--where: must be KEY=VALUE, got {each!r}")
    wanted = dict(each.split("=", 1) for each in where) if where else None
    options = {
        "measure": measure,
        "baseline": baseline,
        "safety": safety,
        "x": x,
        "y": y,
        "by": by,
        "kind": kind,
        "where": wanted,
    }
    given = {name: value for name, value in options.items() if value is not None}
    typer.echo(draw(figure, path, out or Path(f"{figure}.png"), **given))
