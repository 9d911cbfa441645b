"""Commands that plan and run experiments.

Slow imports are deferred to the commands that need them, so that ``--help`` is fast.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path
from typing import Annotated

import typer

from .commands import Resumable, command, overrides_of, report_result
from .errors import ExperimentWarning

app = typer.Typer(rich_markup_mode=None)

ExperimentArgument = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT",
        help="Name of a scenario, a YAML file, or the manifest.json of a run folder.",
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set a parameter. May be repeated."),
]
ReplicatesOption = Annotated[
    int | None, typer.Option(metavar="N", help="Override the number of replicates.")
]
SeedOption = Annotated[int | None, typer.Option(metavar="N", help="Override the seed.")]
WorkersOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Number of worker processes.  [default: run in this process]"),
]
DaskOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Run on the Dask cluster of this scheduler.")
]


@app.command("list")
@command
def list_(
    sources: Annotated[
        bool, typer.Option("--sources", help="Group the entries by source.")
    ] = False,
) -> None:
    """List the scenarios and the parts that an experiment can use."""
    from peckham.agents.parameters.registry import FAMILIES, parts

    from .catalogue import scenario, scenario_names

    entries = []
    for name in scenario_names():
        about = scenario(name)
        entries.append(("scenario", name, about["description"], about["source"]))
    for family in FAMILIES:
        for kind, part in parts(family).items():
            entries.append((family, kind, part.summary(), part.source))
    width = max(len(name) for _, name, _, _ in entries)
    if sources:
        for source in sorted({source for *_, source in entries}):
            typer.echo(source)
            for family, name, summary, cited in entries:
                if cited == source:
                    typer.echo(f"  {family:<12}  {name:<{width}}  {summary}")
        return
    heading = None
    for family, name, summary, source in entries:
        if family != heading:
            typer.echo(("" if heading is None else "\n") + family)
            heading = family
        typer.echo(f"  {name:<{width}}  {summary} [{source}]")


@app.command()
@command
def show(
    experiment: ExperimentArgument,
    set_: SetOption = None,
    order: Annotated[
        bool,
        typer.Option("--order", help="Print the stages of a generation and what acts in each."),
    ] = False,
) -> None:
    """Print an experiment with all defaults filled in. `run` accepts the output."""
    from .design import design
    from .idle import idle_interventions
    from .reading import read
    from .yaml_files import dumps

    found = read(experiment, overrides=overrides_of(set_))
    plan = design(found)
    for idle in idle_interventions(plan):
        warnings.warn(idle, ExperimentWarning, stacklevel=2)
    if order:
        from .order import in_lines

        typer.echo("\n".join(in_lines(plan)))
        return
    kinds = len(plan.variants)
    typer.echo(f"# {plan.size} runs: {kinds} kinds of run, {plan.replicates} replicates")
    data = found.as_file()
    data = {key: value for key, value in data.items() if value != ""}
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    typer.echo(dumps(data, ascii_only=not is_utf8), nl=False)


@app.command()
@command
def run(
    experiment: ExperimentArgument,
    set_: SetOption = None,
    replicates: ReplicatesOption = None,
    seed: SeedOption = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Run folder to write.  [default: runs/<name>]"),
    ] = None,
) -> None:
    """Run an experiment and write its run folder."""
    from .server import get_ready

    get_ready(workers)  # starts the server in parallel with the imports below
    from .execution import run
    from .reading import read
    from .store import RunFolder

    overrides = overrides_of(set_)
    if out is None:
        out = Path("runs") / read(experiment, overrides=overrides).name
    existed = RunFolder(out).is_run_folder
    with Resumable(out):
        run(
            experiment,
            out=out,
            overrides=overrides,
            seed=seed,
            replicates=replicates,
            workers=workers,
            dask=dask,
            progress=True,
        )
    if existed:
        typer.echo(f"{out} holds all runs of this experiment already; nothing was run")
    report_result(out)


@app.command()
@command
def resume(
    path: RunArgument,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="Raise the number of replicates to N.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed runs again.")
    ] = False,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Add runs under other versions or another commit.")
    ] = False,
    workers: WorkersOption = None,
    dask: DaskOption = None,
) -> None:
    """Continue a run folder: do the runs that are missing."""
    from .server import get_ready

    get_ready(workers)  # starts the server in parallel with the imports below
    from .execution import resume

    with Resumable(path):
        resume(
            path,
            replicates=replicates,
            retry_failed=retry_failed,
            anyway=anyway,
            workers=workers,
            dask=dask,
            progress=True,
        )
    report_result(path)


@app.command()
@command
def status(path: RunArgument) -> None:
    """Print the progress of a run folder."""
    from .run_status import status

    found = status(path)
    typer.echo(
        f"{path}: {found.name}, {found.state}: {found.done} of {found.planned} runs done, "
        f"{found.failed} failed, {found.left} left"
    )
    if found.state == "interrupted":
        typer.echo(f"resume with: peckham resume {path}")


@app.command()
@command
def columns() -> None:
    """Print every measure: name, unit, range, meaning and requirements."""
    from peckham.agents.measures.registry import all_measures

    measures = all_measures(("<cluster>",))
    width = max(len(measure.name) for measure in measures)
    for m in measures:
        bounds = f"{m.low:g}..{m.high:g}".replace("-inf", "−∞").replace("inf", "∞")
        about = f"{m.meaning} [{m.needs}; better: {m.better}]"
        typer.echo(f"{m.name:<{width}}  {m.unit:<11} {bounds:<8}  {about}")
