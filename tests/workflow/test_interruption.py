"""Sweeps that are interrupted, killed, or have runs that fail, and what `resume` makes of them.

The sweeps use the selection rule of ``tripwire.py``, which waits, fails or dies
at chosen runs until a file ``open`` appears; apart from that it is softmax.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from peckham.agents.randomness import run_seed
from peckham.analysis import load
from peckham.experiments import run

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them")

TRIPWIRE = Path(__file__).with_name("tripwire.py")
DRIVER = [sys.executable, str(TRIPWIRE)]
PATIENCE = 120.0
"""Seconds after which something that a test waits for counts as never coming."""

REPLICATES = 200
LATE = range(125, REPLICATES)
"""Replicates of the last 150 runs: more than one worker is ever given at once, after a flush."""

SWEEP: dict[str, Any] = {
    "name": "sweep",
    "generations": 2,
    "replicates": REPLICATES,
    "population": {"size": 10, "beliefs_per_agent": 3},
    "landscape": {"beliefs": 20},
    "battery": {"questions": 4, "density": 0.5},
    "selection": {"kind": "softmax", "beta": 5.0},
    "conditions": {"still": {}, "mutating": {"reproduction.mutation_rate": 0.2}},
}
RUNS = 2 * REPLICATES


def tripping(folder: Path, does: str, replicates: range | list[int]) -> dict[str, Any]:
    """Return a selection block that trips at some replicates."""
    seeds = [run_seed(1, replicate) for replicate in replicates]
    return {"kind": "tripwire", "beta": 5.0, "seeds": seeds, "does": does, "folder": str(folder)}


def until(happened: Callable[[], Any], what: str) -> Any:
    """Wait until something has happened, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := happened()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)
    return found


def is_alive(process: int) -> bool:
    """Return whether a process is there and has not ended."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    try:  # one that has ended but was not collected is gone, too
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return Path("/proc/self/stat").exists() is False
    return state not in "ZX"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> dict[str, pd.DataFrame]:
    """Return the rows of the sweep when nothing happens to it."""
    path = run(SWEEP, out=tmp_path_factory.mktemp("undisturbed") / "out")
    found: dict[str, pd.DataFrame] = rows(path)
    assert found["runs"]["run"].tolist() == list(range(RUNS))
    return found


@pytest.fixture
def wires(tmp_path: Path) -> Path:
    """Return the folder that tripping runs look into."""
    folder = tmp_path / "wires"
    folder.mkdir()
    return folder


@contextmanager
def started(file: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """Start a sweep in a session of its own; nothing of it is left behind."""
    process = subprocess.Popen(
        [*DRIVER, "run", str(file), "--out", "out", *options],
        cwd=file.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def stuck(wires: Path, many: int) -> list[int]:
    """Wait until so many processes are held up, and return their ids."""

    def held() -> list[int]:
        found = [int(path.name) for path in wires.iterdir() if path.name.isdigit()]
        return found if len(found) >= many else []

    return list(until(held, f"{many} processes at the tripwire"))


def parts(path: Path) -> int:
    return len(list((path / "runs").glob("part-*.parquet")))


def assert_complete(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
    """Hold a sweep to an undisturbed one: every run once, every row equal."""
    assert found["runs"]["run"].tolist() == list(range(len(expected["runs"])))
    for name, table in expected.items():
        assert_frame_equal(found[name], table, check_exact=True)


def assert_kept(path: Path, undisturbed: dict[str, pd.DataFrame], least: int) -> None:
    """Hold what an interrupted sweep kept to what it must keep: whole runs, not all of them."""
    log = load(path)
    kept = log.runs["run"].tolist()
    assert least <= len(kept) < RUNS
    assert kept == sorted(set(kept))
    expected = undisturbed["generations"]
    expected = expected[expected["run"].isin(kept)].reset_index(drop=True)
    assert_frame_equal(log.generations, expected, check_exact=True)


# ------------------------------------------------------------ kill -9


def test_the_parent_is_killed(
    tmp_path: Path, wires: Path, undisturbed: Any, rows: Any, to_yaml: Any, peckham: Any
) -> None:
    late = tripping(wires, "wait", LATE)
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, "selection": late})
    out = tmp_path / "out"
    with started(file, "--workers", "2") as process:
        workers = stuck(wires, 2)
        until(lambda: parts(out), "a first part")
        assert process.poll() is None
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not any(map(is_alive, workers)), "the workers leave")
    assert_kept(out, undisturbed, 1)  # what was not yet written by then is lost
    (wires / "open").touch()
    answer = peckham("resume", "out", cwd=tmp_path, command=DRIVER)
    assert answer.code == 0, answer
    assert_complete(rows(out), undisturbed)


def test_a_worker_is_killed(
    tmp_path: Path, wires: Path, undisturbed: Any, rows: Any, to_yaml: Any
) -> None:
    middle = tripping(wires, "wait", range(60, 140))
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, "selection": middle})
    with started(file, "--workers", "2") as process:
        first, second = stuck(wires, 2)
        assert process.pid not in (first, second)
        os.kill(first, signal.SIGKILL)
        (wires / "open").touch()
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
    assert f"{RUNS} of {RUNS} runs done" in out
    found = rows(tmp_path / "out")
    assert (found["runs"]["status"] == "done").all()
    assert_complete(found, undisturbed)


# ------------------------------------------------------------ Ctrl-C and a polite kill


def test_ctrl_c_reaches_the_whole_session(
    tmp_path: Path, wires: Path, undisturbed: Any, rows: Any, to_yaml: Any, peckham: Any
) -> None:
    late = tripping(wires, "wait", LATE)
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, "selection": late})
    out = tmp_path / "out"
    with started(file, "--workers", "2") as process:
        workers = stuck(wires, 2)
        until(lambda: parts(out), "a first part")
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
        until(lambda: not any(map(is_alive, workers)), "the workers leave")
    assert "peckham resume out" in err
    assert "Traceback" not in err
    assert load(out).manifest["status"] == {"state": "interrupted"}
    assert_kept(out, undisturbed, 1)
    (wires / "open").touch()
    answer = peckham("resume", "out", cwd=tmp_path, command=DRIVER)
    assert answer.code == 0, answer
    assert_complete(rows(out), undisturbed)


def test_the_server_does_not_hear_ctrl_c_while_it_imports() -> None:
    """What it had to say would stand among what the parent says."""
    script = (
        "import signal\n"
        "from peckham.experiments.server import get_ready\n"
        "get_ready(2)\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "print('started', flush=True)\n"
        "input()\n"
    )
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, text=True, start_new_session=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        for _ in range(5):  # somewhere in the second or two that it takes
            time.sleep(0.2)
            os.killpg(process.pid, signal.SIGINT)
        assert process.communicate("\n", timeout=PATIENCE) == ("", "")


def test_sigterm_does_what_ctrl_c_does(
    tmp_path: Path, wires: Path, undisturbed: Any, rows: Any, to_yaml: Any, peckham: Any
) -> None:
    early = tripping(wires, "wait", [20])
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, "selection": early})
    out = tmp_path / "out"
    with started(file) as process:
        assert stuck(wires, 1) == [process.pid]
        process.terminate()
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 130
    assert "40 runs are kept" in err
    assert "Traceback" not in err
    assert_kept(out, undisturbed, 40)
    (wires / "open").touch()
    answer = peckham("resume", "out", cwd=tmp_path, command=DRIVER)
    assert answer.code == 0, answer
    assert_complete(rows(out), undisturbed)


# ------------------------------------------------------------ runs that fail


@pytest.fixture(scope="module")
def failing(
    tmp_path_factory: pytest.TempPathFactory, peckham: Any, to_yaml: Any, rows: Any
) -> dict[str, Any]:
    """Run a sweep in which one run raises and one kills its worker, and mend it."""
    place = tmp_path_factory.mktemp("failing")
    wires = place / "wires"
    wires.mkdir()
    blocks = {
        "replicates": 4,
        "conditions": {
            "sound": {},
            "raising": {"selection": tripping(wires, "fail", [1])},
            "dying": {"selection": tripping(wires, "die", [2])},
        },
    }
    file = to_yaml(place / "sweep.yaml", {**SWEEP, **blocks})
    found: dict[str, Any] = {}

    def note(what: str, *arguments: str) -> None:
        found[what] = peckham(*arguments, cwd=place, command=DRIVER), rows(place / "out")

    note("run", "run", str(file), "--workers", "2", "--out", "out")
    (wires / "open").touch()
    note("retried", "resume", "out", "--retry-failed")
    sound = {**SWEEP, **blocks, "conditions": {name: {} for name in blocks["conditions"]}}
    found["expected"] = rows(run(sound, out=place / "sound"))
    return found


RAISED, DIED = 4, 8
"""Runs that fail: replicate 1 of the second condition, replicate 2 of the third."""


def test_failed_runs_are_recorded_while_the_others_go_on(failing: dict[str, Any]) -> None:
    answer, tables = failing["run"]
    assert answer.code == 1
    assert "2 of 12 runs failed" in answer.err
    assert "out/runs" in answer.err
    assert "peckham resume out --retry-failed" in answer.err
    assert "10 of 12 runs done" in answer.out
    runs = tables["runs"]
    assert runs["run"].tolist() == list(range(12))
    assert runs.index[runs["status"] == "failed"].tolist() == [RAISED, DIED]
    assert "RuntimeError: tripped" in runs.loc[RAISED, "error"]
    assert "died" in runs.loc[DIED, "error"]
    assert runs.loc[[RAISED, DIED], "proxy"].isna().all()
    sound = ~failing["expected"]["runs"]["run"].isin([RAISED, DIED])
    assert_frame_equal(
        runs[sound].drop(columns="error"),
        failing["expected"]["runs"][sound].drop(columns="error"),
        check_exact=True,
        check_dtype=False,  # whole numbers are nullable where some are null
    )
    for name in ("generations", "events"):
        expected = failing["expected"][name]
        expected = expected[~expected["run"].isin([RAISED, DIED])].reset_index(drop=True)
        assert_frame_equal(tables[name], expected, check_exact=True)


def test_failed_runs_are_run_again_when_asked_for(failing: dict[str, Any]) -> None:
    answer, tables = failing["retried"]
    assert answer.code == 0, answer
    assert "12 of 12 runs done" in answer.out
    assert (tables["runs"]["status"] == "done").all()
    assert_complete(tables, failing["expected"])
