"""The command `peckham`: the commands of experiments, and those that analyse run folders."""

from __future__ import annotations

import shlex
import sys
from functools import partial
from io import TextIOWrapper
from typing import TYPE_CHECKING, Annotated

import typer

from peckham.experiments.cli import RunArgument, command
from peckham.experiments.cli import app as experiments

from .comparison_cli import app as comparison
from .output import Format, FormatOption, OutOption, check_out, emit
from .plot_cli import app as plots

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
app.add_typer(plots)


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


def what_is_left_out(log: Log) -> list[str]:
    """Return a line on runs that failed or were stopped, if there are any."""
    from .groups import left_out

    has_failed = (log.runs["status"] != "done").any()
    where = f"; see `peckham status {log.path}`" if has_failed else ""
    return [f"{left_out(log)}{where}."] if left_out(log) else []


@app.command()
@command
def published(
    path: RunArgument,
    trajectories: Annotated[
        bool, typer.Option("--trajectories", help="Also compare means at generations 1, 5, 20, 99.")
    ] = False,
    format_: FormatOption = Format.text,
    out: OutOption = None,
) -> None:
    """Compare each condition with the published one: means, difference, KS test."""
    check_out(out)
    from .log import load
    from .published.comparison import compare_trajectories, compare_with_published
    from .published.figures import about
    from .tables import text_table

    log = load(path)
    table = compare_with_published(log)

    def text() -> str:
        lines = [text_table(table, log.keys)]
        if trajectories:
            lines += ["", text_table(compare_trajectories(log), log.keys)]
        lines += ["", *what_is_left_out(log), f"Published: {about()['citation']}."]
        lines.append(
            "ks: two-sample Kolmogorov-Smirnov statistic; p_holm: p adjusted for all rows (Holm)."
        )
        if table["published_mean"].isna().any():
            lines.append("No published mean: the runs of that condition are not in this package.")
        lines += ["Notes on the published runs:", *(f"- {each}" for each in about()["caveats"])]
        return "\n".join(lines)

    emit(table, format_, out, text)


theory = typer.Typer(rich_markup_mode=None, help="Compare a run folder with theory.")
app.add_typer(theory, name="theory")


@theory.command("check")
@command
def theory_check(
    path: RunArgument, format_: FormatOption = Format.text, out: OutOption = None
) -> None:
    """Compare a run folder with its solvable limits. Exit code 1 if any disagrees."""
    check_out(out)
    from .groups import has_every_generation
    from .limits import LEVEL, check, too_few
    from .log import load
    from .tables import text_table

    log = load(path)
    table = check(log)
    verdicts = table["verdict"].tolist()

    def text() -> str:
        tested, few = table[table["p"].notna()], too_few(table)
        lines = [] if tested.empty else [text_table(tested.drop(columns="needed"), log.keys), ""]
        if not few.empty:
            lines += ["Too few replicates for a test", text_table(few), ""]
        lines += what_is_left_out(log)
        if log.runs["stopped_at"].notna().any():
            lines.append("Where runs were stopped, no later generation is tested.")
        if not has_every_generation(log.generations):
            lines.append("Drift summed over the run is not tested: it needs record.every 1.")
        counts = (f"{verdicts.count(each)} {each}" for each in dict.fromkeys(verdicts))
        lines.append(", ".join(counts))
        lines.append(
            f"disagrees: p_holm below {LEVEL:g}, which a correct simulator shows in one folder "
            f"out of {1 / LEVEL:.0f}; no limit: kinds of run without a solvable limit."
        )
        if not few.empty:
            lines.append(
                "too few: kinds: number of kinds of run in which the limit was not tested; "
                "needed: replicates that a test needs; never: kinds of run in which no number of "
                "replicates would do, because almost all have fixed by then."
            )
        return "\n".join(lines)

    emit(table, format_, out, text)
    if "disagrees" in verdicts:
        raise typer.Exit(1)


@app.command()
@command
def fixation(path: RunArgument, format_: FormatOption = Format.text, out: OutOption = None) -> None:
    """Show which lineages, schemer alleles and beliefs fixed, compared with drift alone."""
    check_out(out)
    from pandas import concat

    from .fixations import belief_fixation
    from .fixations import fixation as fixed
    from .groups import NotRecorded
    from .log import load
    from .tables import text_table

    log = load(path)
    tables, missing = {}, []
    for kind, table in (
        ("lineage", partial(fixed, log, "lineage")),
        ("schemer", partial(fixed, log, "schemer")),
        ("belief", partial(belief_fixation, log)),
    ):
        try:
            tables[kind] = table()
        except NotRecorded as error:
            missing.append(error)
    if not tables:
        raise missing[0]

    def text() -> str:
        lines = []
        for kind, found in tables.items():
            lines += [FIXATION_HEADINGS[kind], text_table(found, log.keys), ""]
        lines += what_is_left_out(log)
        lines += [f"Not shown: {reason}" for reason in missing]
        lines.append(
            "neutral: fixation probability under drift alone by the last generation; "
            "neutral_end: in the long run; censored: neither fixed nor lost by the last generation."
        )
        lines.append(
            "deceptive and neutral: share of deceptive beliefs among the fixed ones, and among the "
            "initial ones; at_once: largest share of a run's fixations in one generation."
        )
        return "\n".join(lines)

    # one table, in which each kind of fixation has columns of its own
    emit(concat([t.assign(kind=k) for k, t in tables.items()]), format_, out, text)


FIXATION_HEADINGS = {
    "lineage": "One lineage has fixed",
    "schemer": "The schemer allele has fixed",
    "belief": "Beliefs",
}


@app.command()
@command
def trap(
    path: RunArgument,
    window: Annotated[
        int, typer.Option(metavar="N", help="Number of consecutive generations that make the sign.")
    ] = 5,
    format_: FormatOption = Format.text,
    out: OutOption = None,
) -> None:
    """Count the runs that end in each field of the Optimization Trap's matrix, and its sign."""
    check_out(out)
    from .log import load
    from .tables import text_table
    from .trap import final_fields
    from .trap import trap as fields

    log = load(path)
    table = final_fields(fields(log, window))

    def text() -> str:
        lines = [text_table(table, log.keys), "", *what_is_left_out(log)]
        sign = (
            "sign: runs in which the proxy rose while delivered value fell for "
            f"{window} consecutive generations at any time"
        )
        is_known = table["sign"].notna().all()
        lines.append(f"{sign}{'' if is_known else '; it needs every generation (record.every 1)'}.")
        return "\n".join(lines)

    emit(table, format_, out, text)


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
