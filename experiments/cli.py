"""Commands that plan and run experiments.

Slow imports are deferred to the commands that need them, so that ``--help`` is fast.
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
        metavar="EXPERIMENT",
        help="Name of a scenario, a YAML file, or the manifest.json of a run folder.",
    ),
]
RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set a parameter. May be repeated."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option(metavar="N", help="Number of worker processes.  [default: run in this process]"),
]
DaskOption = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="Run on the Dask cluster of this scheduler.")
]

STOPPED = 1
INTERRUPTED = 130


def command(function: F) -> F:
    """Report errors in one line on standard error and set the exit code.

    The exit code is 2 for a user error, 130 for an interrupt, and 1 if a run stopped
    for an external reason, such as a lost cluster.
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
    from .reading import read
    from .yaml_files import dumps

    found = read(experiment, overrides=overrides_of(set_))
    plan = design(found)
    if order:
        from .order import in_lines

        typer.echo("\n".join(in_lines(plan)))
        return
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
        int | None, typer.Option(metavar="N", help="Override the number of replicates.")
    ] = None,
    seed: Annotated[int | None, typer.Option(metavar="N", help="Override the seed.")] = None,
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
        typer.echo(f"{m.name:<{width}}  {m.unit:<11} {bounds:<8}  {m.meaning} [{m.needs}]")


# ---------------------------------------------------------------- shared by commands


def overrides_of(settings: list[str] | None) -> dict[str, Any]:
    """Return the paths and values of the ``--set`` options. Values are YAML."""
    from .yaml_files import loads

    overrides: dict[str, Any] = {}
    for setting in settings or []:
        path, equals, value = setting.partition("=")
        if not equals or not path:
            raise ExperimentError(f"--set {setting}: must be path=value, such as selection.beta=10")
        overrides[path.strip()] = loads(value, f"--set {setting}")
    return overrides


class Resumable:
    """Leaves a resumable folder on Ctrl-C or SIGTERM, and prints how to resume it."""

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
                    f"stopped; {done} runs are kept; resume with: peckham resume {self._path}",
                    err=True,
                )


def interrupt(*_: object) -> NoReturn:
    """Treat SIGTERM like Ctrl-C."""
    raise KeyboardInterrupt


def report_result(path: Path) -> None:
    """Print a summary of the folder. Exit with code 1 if any run failed."""
    from .run_status import status

    found = status(path)
    typer.echo(f"{path}: {found.done} of {found.planned} runs done")
    if found.failed:
        typer.echo(
            f"peckham: {found.failed} of {found.planned} runs failed; see the column error of "
            f"{path / 'runs'}; retry them with: "
            f"peckham resume {path} --retry-failed",
            err=True,
        )
        sys.exit(1)
