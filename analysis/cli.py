"""The command `peckham`: the commands of experiments, and those that analyse run folders."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peckham.experiments.cli import RunArgument, command
from peckham.experiments.cli import app as experiments
from peckham.experiments.errors import ExperimentError

from .comparison_cli import app as comparison

if TYPE_CHECKING:
    from .log import Log

app = typer.Typer(
    rich_markup_mode=None,
    name="peckham",
    help="Simulate how AI models evolve under testing: when deception fixes, and what stops it.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(experiments)
app.add_typer(comparison)


def version(asked: bool) -> None:
    """Print the version and exit."""
    if asked:
        from importlib.metadata import version

        typer.echo(f"peckham {version('peckham')}")
        raise typer.Exit


@app.callback()
def options(
    _: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Simulate how AI models evolve under testing: when deception fixes, and what stops it."""


def say_what_is_left_out(log: Log) -> None:
    """Say which runs a table leaves out."""
    from .groups import left_out

    if left_out(log):
        typer.echo(f"{left_out(log)}; see `peckham status {log.path}`.")


@app.command()
@command
def published(
    path: RunArgument,
    trajectories: Annotated[
        bool, typer.Option("--trajectories", help="Also compare means at generations 1, 5, 20, 99.")
    ] = False,
) -> None:
    """Compare each condition with the published one: means, difference, KS test."""
    from .log import load
    from .published.comparison import compare_trajectories, compare_with_published
    from .published.figures import about
    from .tables import text_table

    log = load(path)
    table = compare_with_published(log)
    typer.echo(text_table(table, log.keys))
    if trajectories:
        typer.echo("")
        typer.echo(text_table(compare_trajectories(log), log.keys))
    typer.echo("")
    say_what_is_left_out(log)
    typer.echo(f"Published: {about()['citation']}.")
    typer.echo(
        "ks: two-sample Kolmogorov-Smirnov statistic; p_holm: p adjusted for all rows (Holm)."
    )
    if table["published_mean"].isna().any():
        typer.echo("No published mean: the runs of that condition are not in this package.")
    typer.echo("Notes on the published runs:")
    for caveat in about()["caveats"]:
        typer.echo(f"- {caveat}")


theory = typer.Typer(rich_markup_mode=None, help="Compare a run folder with theory.")
app.add_typer(theory, name="theory")


@theory.command("check")
@command
def theory_check(path: RunArgument) -> None:
    """Compare a run folder with its solvable limits. Exit code 1 if any disagrees."""
    from .limits import LEVEL, check, too_few
    from .log import load
    from .tables import text_table

    log = load(path)
    table = check(log)
    verdicts = table["verdict"].tolist()
    tested = table[table["p"].notna()]
    if not tested.empty:
        typer.echo(f"{text_table(tested.drop(columns='needed'), log.keys)}\n")
    few = too_few(table)
    if not few.empty:
        typer.echo(f"Too few replicates for a test\n{text_table(few)}\n")
    say_what_is_left_out(log)
    typer.echo(", ".join(f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts)))
    typer.echo(
        f"disagrees: p_holm below {LEVEL:g}, which a correct simulator shows in one folder out of "
        f"{1 / LEVEL:.0f}; no limit: kinds of run without a solvable limit."
    )
    if not few.empty:
        typer.echo(
            "too few: kinds: number of kinds of run in which the limit was not tested; needed: "
            "replicates that a test needs; never: kinds of run in which no number of replicates "
            "would do, because almost all have fixed by then."
        )
    if "disagrees" in verdicts:
        raise typer.Exit(1)


@app.command()
@command
def fixation(path: RunArgument) -> None:
    """Show which lineages, schemer alleles and beliefs fixed, compared with drift alone."""
    from .fixations import belief_fixation
    from .fixations import fixation as fixed
    from .groups import NotRecorded
    from .log import load
    from .tables import text_table

    log = load(path)
    missing = []
    for heading, table in (
        ("One lineage has fixed", partial(fixed, log, "lineage")),
        ("The schemer allele has fixed", partial(fixed, log, "schemer")),
        ("Beliefs", partial(belief_fixation, log)),
    ):
        try:
            typer.echo(f"{heading}\n{text_table(table(), log.keys)}\n")
        except NotRecorded as error:
            missing.append(error)
    if len(missing) == 3:
        raise missing[0]
    say_what_is_left_out(log)
    for reason in missing:
        typer.echo(f"Not shown: {reason}")
    typer.echo(
        "neutral: fixation probability under drift alone by the last generation; "
        "neutral_end: in the long run; censored: neither fixed nor lost by the last generation."
    )
    typer.echo(
        "deceptive and neutral: share of deceptive beliefs among the fixed ones, and among the "
        "initial ones; at_once: largest share of a run's fixations in one generation."
    )


@app.command()
@command
def trap(
    path: RunArgument,
    window: Annotated[
        int, typer.Option(metavar="N", help="Number of consecutive generations that make the sign.")
    ] = 5,
) -> None:
    """Count the runs that end in each field of the Optimization Trap's matrix, and its sign."""
    from .log import load
    from .tables import text_table
    from .trap import final_fields
    from .trap import trap as fields

    log = load(path)
    typer.echo(f"{text_table(final_fields(fields(log, window)), log.keys)}\n")
    say_what_is_left_out(log)
    typer.echo(
        f"sign: runs in which the proxy rose while delivered value fell for {window} consecutive "
        "generations at any time."
    )


# wide: one option for each option of a figure
# long: they are nothing but options
@app.command()
@command
def plot(
    figure: Annotated[
        str,
        typer.Argument(
            help="forest, frontier, slopes, kaplan_meier, phase, trajectories, heterozygosity, "
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


UsageError = typer.BadParameter.__base__
"""The exception that typer raises for a wrong option or a missing argument."""


def main() -> None:
    """Run the command. A usage error is reported in one line, with exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal may lack ρ, ± and names
            stream.reconfigure(errors="replace")
    arguments = sys.argv[1:] or ["--help"]
    try:
        code = app(arguments, prog_name="peckham", standalone_mode=False)
    except UsageError as error:  # type: ignore[misc]
        message = " ".join(error.format_message().split()).rstrip(".")
        known = arguments[0] in typer.main.get_command(app).commands  # type: ignore[attr-defined]
        usage = f"peckham {arguments[0]}" if known else "peckham"
        typer.echo(
            f"peckham: {message} (in: {shlex.join(arguments)}); see: {usage} --help", err=True
        )
        code = 2
    sys.exit(code)
