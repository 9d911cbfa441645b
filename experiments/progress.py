"""Progress of a sweep: runs done, rate and time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import TextIO

Report = Callable[[int, int], None]
"""Called with the number of runs done and the total number."""

LINE_SECONDS = 5.0
"""Interval between lines if the output is not a terminal."""


class Progress:
    """Shows the progress of a sweep: a bar on a terminal, else plain lines.

    Parameters
    ----------
    total : int
        Number of runs of the design.
    done : int
        Number of runs done before.
    show : bool, callable or None
        Whether to show progress. None shows it if the stream is a terminal. A
        callable is called instead.
    name : str
        Name of the experiment.
    stream : file, optional
        Output stream, standard error by default.
    """

    def __init__(
        self,
        total: int,
        done: int,
        show: bool | Report | None,
        name: str,
        stream: TextIO | None = None,
    ) -> None:
        self._total = total
        self._before = self._done = done
        self._name = name
        self._stream = stream if stream is not None else sys.stderr
        self._report = show if callable(show) else None
        terminal = self._stream.isatty()
        shown = not callable(show) and (terminal if show is None else bool(show))
        self._bar = self._open_bar() if shown and terminal else None
        self._lines = shown and not terminal
        self._started = self._last_line = time.monotonic()

    def _open_bar(self):  # type: ignore[no-untyped-def]
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("runs"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            TextColumn("left"),
            console=Console(file=self._stream),
        )
        self._task = bar.add_task(self._name, total=self._total, completed=self._done, rate="")
        return bar

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        elif self._lines:
            self._print(f"{self._name}: {self._total - self._done} of {self._total} runs to do")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._lines and self._done > self._before:
            self._line()

    def advance(self) -> None:
        """Count one more finished run."""
        self._done += 1
        if self._report is not None:
            self._report(self._done, self._total)
        elif self._bar is not None:
            self._bar.update(self._task, completed=self._done, rate=f"{self._rate():.1f}/s")
        elif self._lines and time.monotonic() - self._last_line >= LINE_SECONDS:
            self._line()

    def show_message(self, line: str) -> None:
        """Print a line next to the progress, if progress is shown."""
        if self._bar is not None:
            self._bar.console.print(f"{self._name}: {line}", highlight=False, soft_wrap=True)
        elif self._lines:
            self._print(f"{self._name}: {line}")

    def _rate(self) -> float:
        return (self._done - self._before) / max(time.monotonic() - self._started, 1e-9)

    def _line(self) -> None:
        self._last_line = time.monotonic()
        left = (self._total - self._done) / max(self._rate(), 1e-9)
        self._print(
            f"{self._name}: {self._done} of {self._total} runs done, "
            f"{self._rate():.1f}/s, {clock(left)} left"
        )

    def _print(self, line: str) -> None:
        print(line, file=self._stream, flush=True)


def clock(seconds: float) -> str:
    """Return a duration as h:mm:ss."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
