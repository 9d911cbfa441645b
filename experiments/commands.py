"""What commands share: errors and warnings in one line, ``--set``, and interrupts."""

from __future__ import annotations

import functools
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import typer

from .errors import ExperimentError, ExperimentWarning, Stopped

if TYPE_CHECKING:
    from .reading import Source

F = TypeVar("F", bound=Callable[..., Any])

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
            with warnings.catch_warnings():
                warnings.simplefilter("always", ExperimentWarning)
                warnings.showwarning = print_warning
                return function(*arguments, **options)
        except ExperimentError as error:
            typer.echo(f"peckham: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(STOPPED if isinstance(error, Stopped) else 2) from None
        except KeyboardInterrupt:
            typer.echo("peckham: interrupted", err=True)
            raise typer.Exit(INTERRUPTED) from None

    return wrapped  # type: ignore[return-value]


def print_warning(
    message: Warning | str, category: type[Warning], *place: Any, **more: Any
) -> None:
    """Print a warning of ours in one line, and any other as Python does."""
    if category.__module__.startswith("peckham."):
        typer.echo(f"peckham: warning: {' '.join(str(message).split())}", err=True)
    else:
        typer.echo(warnings.formatwarning(message, category, *place[:2]), err=True)


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


def run_into(path: Path, experiment: Source, workers: int | None, dask: str | None) -> None:
    """Run an experiment into a folder, with progress, and print how to resume it if it stops."""
    from .execution import run

    with Resumable(path):
        run(experiment, out=path, workers=workers, dask=dask, progress=True)


def interrupt(*_: object) -> NoReturn:
    """Treat SIGTERM like Ctrl-C."""
    raise KeyboardInterrupt


def report_result(path: Path) -> None:
    """Print a summary of the folder. Exit with code 1 if any run failed."""
    from .run_status import status

    found = status(path)
    typer.echo(f"{path}: {found.done} of {found.planned} runs done")
    if found.failed:  # a warning has said so
        sys.exit(1)
