"""Commands that plan and run experiments.

Everything heavy is imported when a command needs it: ``--help`` answers at once.
"""

from __future__ import annotations

import functools
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeVar

import typer

from .errors import ExperimentError, Stopped

F = TypeVar("F", bound=Callable[..., Any])

app = typer.Typer(rich_markup_mode=None)

ExperimentArgument = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT", help="A scenario's name, a YAML file, or a run's manifest.json."
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set a parameter; may be repeated."),
]
WorkersOption = Annotated[
    int | None, typer.Option(metavar="N", help="Processes to run in.  [default: this one]")
]
DaskOption = Annotated[
    str | None,
    typer.Option(metavar="ADDRESS", help="Run on the Dask cluster with this scheduler instead."),
]

STOPPED = 1
INTERRUPTED = 130


def command(function: F) -> F:
    """Make a user's mistake one line on standard error and exit code 2, an interrupt 130.

    What is nobody's mistake, as a cluster that went away, is one line and exit code 1.
    """

    @functools.wraps(function)
    def wrapped(*arguments: Any, **options: Any) -> Any:
        try:
            return function(*arguments, **options)
        except ExperimentError as error:
            typer.echo(f"peckham: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(STOPPED if isinstance(error, Stopped) else 2) from None
        except KeyboardInterrupt:
            typer.echo("peckham: interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return wrapped  # type: ignore[return-value]


@app.command("list")
@command
def list_(
    sources: Annotated[
        bool, typer.Option("--sources", help="By source: what became of each.")
    ] = False,
) -> None:
    """List the scenarios and the parts that experiments are made of."""
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
            for family, name, summary, of in entries:
                if of == source:
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
def show(experiment: ExperimentArgument, set_: SetOption = None) -> None:
    """Print an experiment with every default filled in; `run` accepts what it prints."""
    from .design import design
    from .reading import read
    from .yaml_files import dumps

    found = read(experiment, overrides=overrides_of(set_))
    plan = design(found)
    kinds = len(plan.variants)
    typer.echo(f"# {plan.size} runs: {kinds} kinds of run × {plan.replicates} replicates")
    data = found.as_file()
    typer.echo(dumps({key: value for key, value in data.items() if value != ""}), nl=False)


@app.command()
@command
def run(
    experiment: ExperimentArgument,
    set_: SetOption = None,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="In place of the experiment's.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="In place of the experiment's.")
    ] = None,
    workers: WorkersOption = None,
    dask: DaskOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The run folder.  [default: runs/<name>]")
    ] = None,
) -> None:
    """Run an experiment into a run folder."""
    from .server import get_ready

    get_ready(workers)  # its imports go on beside those that follow
    from .execution import run
    from .reading import read
    from .store import RunFolder

    overrides = overrides_of(set_)
    if out is None:
        out = Path("runs") / read(experiment, overrides=overrides).name
    was_there = RunFolder(out).is_run_folder
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
    if was_there:
        typer.echo(f"{out} holds all runs of this experiment already; nothing was run")
    conclude(out)


@app.command()
@command
def resume(
    path: RunArgument,
    replicates: Annotated[
        int | None, typer.Option(metavar="N", help="Raise the number of replicates.")
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Run failed runs again.")
    ] = False,
    workers: WorkersOption = None,
    dask: DaskOption = None,
) -> None:
    """Do the runs of a run folder that are not done yet."""
    from .server import get_ready

    get_ready(workers)  # its imports go on beside those that follow
    from .execution import resume

    with Resumable(path):
        resume(
            path,
            replicates=replicates,
            retry_failed=retry_failed,
            workers=workers,
            dask=dask,
            progress=True,
        )
    conclude(path)


@app.command()
@command
def status(path: RunArgument) -> None:
    """Say how far a run folder has got."""
    from .standing import status

    found = status(path)
    typer.echo(
        f"{path}: {found.name}, {found.state}: {found.done} of {found.planned} runs done, "
        f"{found.failed} failed, {found.left} left"
    )
    if found.state == "interrupted":
        typer.echo(f"go on with: peckham resume {path}")


@app.command()
@command
def columns() -> None:
    """Print every measure that a record can have: name, unit, range, meaning, what it needs."""
    from peckham.agents.measures.registry import all_measures

    measures = all_measures(("<cluster>",))
    width = max(len(measure.name) for measure in measures)
    for m in measures:
        bounds = f"{m.low:g}..{m.high:g}".replace("-inf", "−∞").replace("inf", "∞")
        typer.echo(f"{m.name:<{width}}  {m.unit:<11} {bounds:<8}  {m.meaning} [{m.needs}]")


# ---------------------------------------------------------------- what commands share


def overrides_of(settings: list[str] | None) -> dict[str, Any]:
    """Return the paths and values of ``--set`` options; values are YAML."""
    from .yaml_files import loads

    overrides: dict[str, Any] = {}
    for setting in settings or []:
        path, equals, value = setting.partition("=")
        if not equals or not path:
            raise ExperimentError(f"--set {setting}: must be path=value, as in selection.beta=10")
        overrides[path.strip()] = loads(value, f"--set {setting}")
    return overrides


class Resumable:
    """Turns Ctrl-C and a polite kill into a folder that can be resumed, and says so."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._before = signal.signal(signal.SIGTERM, interrupt)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        signal.signal(signal.SIGTERM, self._before)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            from .store import RunFolder

            if RunFolder(self._path).is_run_folder:
                done = len(RunFolder(self._path).finished_runs())
                typer.echo(
                    f"stopped; {done} runs are kept. Go on with: peckham resume {self._path}",
                    err=True,
                )


def interrupt(*_: object) -> NoReturn:
    """Do on SIGTERM what Ctrl-C does."""
    raise KeyboardInterrupt


def conclude(path: Path) -> None:
    """Say what is in the folder; exit with 1 if any run failed."""
    from .standing import status

    found = status(path)
    typer.echo(f"{path}: {found.done} of {found.planned} runs done")
    if found.failed:
        typer.echo(
            f"peckham: {found.failed} of {found.planned} runs failed; the column error of "
            f"{path / 'runs'} says why; try them again with: "
            f"peckham resume {path} --retry-failed",
            err=True,
        )
        sys.exit(1)
