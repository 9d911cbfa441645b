"""Commands that compare conditions: compare, ablate, power and frontier."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from peckham.experiments.cli import (
    DaskOption,
    ExperimentArgument,
    ReplicatesOption,
    RunArgument,
    SeedOption,
    SetOption,
    WorkersOption,
)
from peckham.experiments.commands import command, overrides_of, report_result, run_into

from .output import Format, FormatOption, OutOption, check_out, emit

app = typer.Typer(rich_markup_mode=None)

RunsArgument = Annotated[list[Path], typer.Argument(metavar="RUN…", help="Run folders.")]
BaselineOption = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="Condition to compare with.  [default: the first]"),
]
OnOption = Annotated[
    str | None,
    typer.Option("--on", metavar="M1,M2,…", help="Measures to compare; time_to_fixation too."),
]
AtOption = Annotated[
    int | None,
    typer.Option("--at", metavar="GENERATION", help="Generation.  [default: final measures]"),
]
LevelOption = Annotated[float, typer.Option(metavar="P", help="Error rate.")]


@app.command()
@command
def compare(
    paths: RunsArgument,
    baseline: BaselineOption = None,
    on: OnOption = None,
    at: AtOption = None,
    level: LevelOption = 0.05,
    format_: FormatOption = Format.text,
    out: OutOption = None,
) -> None:
    """Compare conditions with a baseline, pair by pair, and with their neutral twins."""
    check_out(out)
    from .comparison.compare import compare as compared
    from .comparison.comparison_text import comparison_text

    table = compared(paths, baseline, on, at, level)
    emit(table, format_, out, lambda: comparison_text(table))


# wide: the options of the command `run`, and those of `compare`
@app.command()
@command
def ablate(
    experiment: ExperimentArgument,
    of: Annotated[
        str | None,
        typer.Option(
            "--of", metavar="CONDITION", help="Condition to take apart, if there are any."
        ),
    ] = None,
    on: OnOption = None,
    at: AtOption = None,
    level: LevelOption = 0.05,
    set_: SetOption = None,
    replicates: ReplicatesOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Run folder to write.  [default: runs/<name>-ablation]"),
    ] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Run each intervention alone, all, and all but each, and show which carries the effect."""
    from peckham.experiments.server import get_ready

    get_ready(workers)
    from peckham.experiments.ablation import ablated

    from .comparison.ablation import ablation
    from .comparison.compare import compare as compared
    from .comparison.comparison_text import comparison_text
    from .comparison.other_texts import ablation_text

    overrides = overrides_of(set_)
    found = ablated(experiment, of, overrides=overrides, seed=seed, replicates=replicates)
    folder = out or Path("runs") / found.name
    run_into(folder, found, workers, dask)
    if format_ is Format.text:
        whole = compared(folder, "none", on, at, level)
        typer.echo(comparison_text(whole) + "\n")
    table = ablation(folder, on, at, level)
    emit(table, format_, None, lambda: ablation_text(table))
    if format_ is Format.text:
        report_result(folder)


@app.command()
@command
def power(
    path: RunArgument,
    on: Annotated[str, typer.Option("--on", metavar="MEASURE", help="The measure.")],
    effect: Annotated[
        list[float] | None,
        typer.Option(metavar="D", help="Difference to find. May be repeated.  [.2, .5, .8 sd]"),
    ] = None,
    baseline: BaselineOption = None,
    level: LevelOption = 0.05,
    power: Annotated[float, typer.Option(metavar="P", help="Power to reach.")] = 0.8,
    format_: FormatOption = Format.text,
    out: OutOption = None,
) -> None:
    """Show how likely an effect is found, and how many replicates that needs."""
    check_out(out)
    from .comparison.other_texts import power_text
    from .comparison.power import power as powers

    table = powers(path, on, effect or None, baseline, level, power)
    emit(table, format_, out, lambda: power_text(table))


@app.command()
@command
def frontier(
    path: RunsArgument,
    safety: Annotated[str, typer.Option(metavar="MEASURE", help="Measure of safety.")] = "safety",
    usefulness: Annotated[
        str, typer.Option(metavar="MEASURE", help="Measure of usefulness.")
    ] = "usefulness",
    cost: Annotated[
        str, typer.Option(metavar="MEASURE", help="Measure of cost.")
    ] = "oversight_cost",
    format_: FormatOption = Format.text,
    out: OutOption = None,
) -> None:
    """Show each condition's safety, usefulness and cost, and which conditions are dominated."""
    check_out(out)
    from .comparison.frontier import frontier as fronts
    from .comparison.other_texts import frontier_text

    table = fronts(path, safety, usefulness, cost)
    emit(table, format_, out, lambda: frontier_text(table))
