"""Progress: runs done, rate and time left."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peckham.experiments import progress, resume, run
from peckham.experiments.progress import Progress, clock

Tiny = Callable[..., dict[str, Any]]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_lines_say_runs_done_rate_and_time_left(time: Clock) -> None:
    stream = io.StringIO()
    with Progress(100, 20, True, "mine", stream) as shown:
        for _ in range(20):  # two runs a second for ten seconds
            time.now += 0.5
            shown.advance()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "mine: 80 of 100 runs to do"
    assert lines[1] == "mine: 30 of 100 runs done, 2.0/s, 0:00:35 left"
    assert lines[2] == "mine: 40 of 100 runs done, 2.0/s, 0:00:30 left"
    assert lines[-1].startswith("mine: 40 of 100 runs done")
    assert len(lines) <= 4


def test_lines_are_plain(time: Clock) -> None:
    stream = io.StringIO()
    with Progress(1000, 0, True, "mine", stream) as shown:
        for _ in range(1000):
            time.now += 0.001
            shown.advance()
    assert "\x1b" not in stream.getvalue()
    assert "\r" not in stream.getvalue()
    assert len(stream.getvalue().splitlines()) <= 3  # not one line per run


def test_a_terminal_gets_a_bar() -> None:
    stream = Terminal()
    with Progress(3, 1, None, "mine", stream) as shown:
        shown.advance()
        shown.advance()
    text = re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", stream.getvalue())
    assert "mine" in text
    assert "3/3" in text
    assert re.search(r"\d+\.\d/s", text)


@pytest.mark.parametrize(("show", "stream"), [(None, io.StringIO()), (False, Terminal())])
def test_nothing_is_shown_where_nobody_asked(show: bool | None, stream: io.StringIO) -> None:
    with Progress(2, 0, show, "mine", stream) as shown:
        shown.advance()
        shown.advance()
    assert stream.getvalue() == ""


def test_a_function_is_told_of_every_run(tiny: Tiny, here: Path) -> None:
    told: list[tuple[int, int]] = []
    path = run(tiny(), out=here / "out", progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]
    told.clear()
    resume(path, replicates=4, progress=lambda done, total: told.append((done, total)))
    assert told == [(3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00:00"), (59.6, "0:01:00"), (3599, "0:59:59"), (3600, "1:00:00"), (90061, "25:01:01")],
)
def test_durations_are_clock_times(seconds: float, text: str) -> None:
    assert clock(seconds) == text
