"""Sweeps on a Dask cluster: a real scheduler and real workers, some of which are killed.

The sweeps use the selection rule of ``tripwire.py`` where something has to
happen at a certain run; apart from that it is softmax.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from peckham.agents.randomness import run_seed
from peckham.analysis import load
from peckham.experiments import ExperimentError, resume, run, status

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="signals as POSIX has them"),
    pytest.mark.skipif(
        importlib.util.find_spec("distributed") is None,
        reason="the extra is not installed: pip install 'peckham[dask]'",
    ),
]

PATIENCE = 120.0
"""Seconds after which something that a test waits for counts as never coming."""

PROGRAM = """
import tripwire  # known to workers by the same name
from peckham.experiments import cluster, execution
from peckham.analysis.cli import main

cluster.BATCH_RUNS = 20
execution.FLUSH_RUNS = 200
main()
"""
DRIVER = [sys.executable, "-c", PROGRAM]
"""The command, with a rule that trips, small batches and small parts."""

REPLICATES = 170
SWEEP: dict[str, Any] = {
    "name": "sweep",
    "generations": 2,
    "replicates": REPLICATES,
    "population": {"size": 10, "beliefs_per_agent": 3},
    "landscape": {"beliefs": 20},
    "battery": {"questions": 4, "density": 0.5},
    "conditions": {"still": {}, "mutating": {"reproduction.mutation_rate": 0.2}},
}
RUNS = 2 * REPLICATES
LATE = range(120, REPLICATES)
"""Replicates of the last 100 runs, more than one batch; those before them fill a part."""


def environment(**settings: str) -> dict[str, str]:
    """Return an environment in which the tripwire can be imported."""
    here = str(Path(__file__).parent)
    return {**os.environ, "PYTHONPATH": here, "PYTHONUTF8": "1", **settings}


def until(happened: Callable[[], Any], what: str) -> Any:
    """Wait until something has happened, and return it."""
    deadline = time.monotonic() + PATIENCE
    while not (found := happened()):
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)
    return found


@dataclass
class Cluster:
    """A scheduler and its workers, each in a session of its own."""

    place: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def address(self) -> str:
        return str(json.loads((self.place / "scheduler.json").read_text())["address"])

    def start(self, *command: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start a part of it."""
        log = (self.place / f"{len(self.processes)}.log").open("wb")
        options = ("--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", "scheduler.json")
        process = subprocess.Popen(
            [sys.executable, "-m", "dask", *command, *options],
            cwd=self.place,
            env=environment(**settings),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        return process

    def start_worker(self, *options: str, **settings: str) -> subprocess.Popen[bytes]:
        """Start a worker, without anybody who starts it again unless told otherwise."""
        return self.start("worker", "--nthreads", "1", *(options or ("--no-nanny",)), **settings)

    @property
    def workers(self) -> set[int]:
        """The processes of workers that are there."""
        return {process.pid for process in self.processes[1:] if process.poll() is None}

    def until_registered(self, workers: int) -> None:
        """Wait until so many workers have come, now or before."""
        log = self.place / "0.log"
        until(lambda: log.read_text().count("Register worker") >= workers, "workers register")


@contextmanager
def cluster(place: Path, **settings: str) -> Iterator[Cluster]:
    """Start a scheduler, as yet without workers; nothing of the cluster is left behind."""
    place.mkdir()
    found = Cluster(place)
    try:
        found.start("scheduler", "--port", "0", **settings)
        until((place / "scheduler.json").exists, "the scheduler is there")
        yield found
    finally:
        for process in found.processes:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@dataclass
class Kept:
    """The cluster of the test before, if its scheduler is still there."""

    fresh: Callable[[], Cluster]
    found: Cluster | None = None

    def cluster(self) -> Cluster:
        if self.found is None or self.found.processes[0].poll() is not None:
            self.found = self.fresh()
        return self.found


@contextmanager
def started(file: Path, address: str) -> Iterator[subprocess.Popen[str]]:
    """Start a sweep on a cluster."""
    process = subprocess.Popen(
        [*DRIVER, "run", str(file), "--out", "out", "--dask", address],
        cwd=file.parent,
        env=environment(),
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


def command(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run ``peckham`` to its end."""
    return subprocess.run(
        [*DRIVER, *map(str, arguments)],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def tripping(folder: Path, does: str, replicates: range | list[int]) -> dict[str, Any]:
    """Return a selection block that trips at some replicates."""
    folder.mkdir(exist_ok=True)
    seeds = [run_seed(1, replicate) for replicate in replicates]
    return {"kind": "tripwire", "beta": 5.0, "seeds": seeds, "does": does, "folder": str(folder)}


def stuck(wires: Path, many: int) -> list[int]:
    """Wait until so many processes are held up, and return their ids."""

    def held() -> list[int]:
        found = [int(path.name) for path in wires.iterdir() if path.name.isdigit()]
        return found if len(found) >= many else []

    return list(until(held, f"{many} processes at the tripwire"))


def assert_same(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame]) -> None:
    """Hold the rows of a folder to those of another, all but the time that runs took."""
    assert found["runs"]["run"].tolist() == expected["runs"]["run"].tolist()
    for name, table in expected.items():
        assert_frame_equal(found[name], table, check_exact=True)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, rows: Any) -> dict[str, pd.DataFrame]:
    """Return the rows of the sweep when one process does it."""
    path = run(SWEEP, out=tmp_path_factory.mktemp("undisturbed") / "out", workers=1)
    found: dict[str, pd.DataFrame] = rows(path)
    return found


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Return a place to keep a cluster for the next test; workers take long to warm up."""
    with ExitStack() as stack:

        def fresh() -> Cluster:
            return stack.enter_context(cluster(tmp_path_factory.mktemp("dask") / "cluster"))

        yield Kept(fresh)


@pytest.fixture
def two(kept: Kept) -> Cluster:
    """Return a cluster of two workers, of which a test may kill any part."""
    found = kept.cluster()
    while len(found.workers) < 2:
        found.start_worker()
    found.until_registered(len(found.processes) - 1)
    return found


# ------------------------------------------------------------ the same rows


def test_rows_are_those_of_one_worker(two: Cluster, tmp_path: Path, rows: Any) -> None:
    (tmp_path / "beliefs.csv").write_text(
        "value,signal,cluster\n" + "".join(f"{i % 7 - 3},{i % 5 - 2},c{i % 2}\n" for i in range(40))
    )
    experiment = {
        "name": "everything",
        "generations": 4,
        "replicates": 6,
        "controls": ["neutral"],
        "record": {"agents_at": [0, 3]},
        "population": {"size": 12, "beliefs_per_agent": 4},
        "landscape": {"kind": "table", "path": str(tmp_path / "beliefs.csv")},
        "battery": {"questions": 6, "density": 0.3},
        "reproduction": {"mutation_rate": 0.1},
        "sweep": {"selection.beta": [0, 5, 20]},
    }
    one = run(experiment, out=tmp_path / "one", workers=1)
    many = run(experiment, out=tmp_path / "many", dask=two.address)
    assert not rows(one)["agents"].empty
    assert_same(rows(many), rows(one))
    assert load(many).manifest["given"]["dask"] == two.address
    assert load(many).manifest["identity"] == load(one).manifest["identity"]
    resume(many, replicates=8, dask=two.address)
    resume(one, replicates=8)
    assert_same(rows(many), rows(one))


def test_a_run_that_raises_has_failed(
    two: Cluster, tmp_path: Path, to_yaml: Any, rows: Any
) -> None:
    blocks = {"replicates": 4, "selection": tripping(tmp_path / "wires", "fail", [1])}
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, **blocks})
    done = command("run", file, "--dask", two.address, "--out", "out", cwd=tmp_path)
    assert done.returncode == 1
    assert "2 of 8 runs failed" in done.stderr
    found = rows(tmp_path / "out")
    assert found["runs"]["status"].tolist() == ["done"] * 2 + ["failed"] * 2 + ["done"] * 4
    assert found["runs"]["error"].str.contains("RuntimeError: tripped").sum() == 2
    expected = rows(run({**SWEEP, "replicates": 4}, out=tmp_path / "sound"))["generations"]
    expected = expected[~expected["run"].isin([2, 3])].reset_index(drop=True)
    assert_frame_equal(found["generations"], expected, check_exact=True)


# ------------------------------------------------------------ kill -9


def test_a_worker_is_killed(
    two: Cluster, tmp_path: Path, undisturbed: Any, rows: Any, to_yaml: Any
) -> None:
    wires = tmp_path / "wires"
    selection = tripping(wires, "wait", range(40, 90))
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, "selection": selection})
    with started(file, two.address) as process:
        first, second = stuck(wires, 2)
        assert {first, second} == two.workers
        os.kill(first, signal.SIGKILL)
        (wires / "open").touch()
        out, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0, err
    assert f"{RUNS} of {RUNS} runs done" in out
    assert (rows(tmp_path / "out")["runs"]["status"] == "done").all()
    assert_same(rows(tmp_path / "out"), undisturbed)


def test_a_run_that_kills_its_workers_has_failed_and_no_other(
    tmp_path: Path, rows: Any, to_yaml: Any
) -> None:
    died = 2 * 15
    conditions = {
        "still": {"selection": tripping(tmp_path / "wires", "die", [15])},
        "mutating": {"reproduction.mutation_rate": 0.2},
    }
    few = {**SWEEP, "replicates": 20}
    file = to_yaml(tmp_path / "sweep.yaml", {**few, "conditions": conditions})
    once = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    with cluster(tmp_path / "cluster", **once) as found:
        found.start_worker("--nanny")  # which starts it again
        with started(file, found.address) as process:
            _, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1, err
    assert "1 of 40 runs failed" in err
    runs = rows(tmp_path / "out")["runs"]
    assert runs.index[runs["status"] == "failed"].tolist() == [died]
    assert "died again when it ran alone" in runs.loc[died, "error"]
    expected = rows(run(few, out=tmp_path / "sound"))["generations"]
    expected = expected[expected["run"] != died].reset_index(drop=True)
    assert_frame_equal(rows(tmp_path / "out")["generations"], expected, check_exact=True)


def test_the_scheduler_goes_away(
    two: Cluster, tmp_path: Path, undisturbed: Any, rows: Any, to_yaml: Any
) -> None:
    wires = tmp_path / "wires"
    file = to_yaml(tmp_path / "sweep.yaml", {**SWEEP, "selection": tripping(wires, "wait", LATE)})
    with started(file, two.address) as process:
        stuck(wires, 2)
        until(lambda: list((tmp_path / "out" / "runs").glob("part-*")), "a first part")
        two.processes[0].kill()
        _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 1, err
    (last,) = [line for line in err.splitlines() if line.startswith("peckham: ")]
    assert last == err.splitlines()[-1]
    assert "the connection to the scheduler was lost" in last
    assert f"peckham resume out --dask {two.address}" in last
    assert "Traceback" not in err
    log = load(tmp_path / "out")
    assert log.manifest["status"] == {"state": "interrupted"}
    assert (log.runs["status"] == "done").all()
    assert 200 <= len(log.runs) < RUNS
    (wires / "open").touch()
    again = command("resume", "out", cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert_same(rows(tmp_path / "out"), undisturbed)


# ------------------------------------------------------------ refused in one line


@pytest.mark.parametrize("address", ["nowhere", "http://127.0.0.1:8786", "127.0.0.1:port", ""])
def test_no_address(address: str, tmp_path: Path, to_yaml: Any, tree: Any, main: Any) -> None:
    to_yaml(tmp_path / "sweep.yaml", SWEEP)
    before = tree(tmp_path)
    answer = main("run", "sweep.yaml", "--out", "new/out", "--dask", address, cwd=tmp_path)
    assert answer.code == 2
    assert answer.err.startswith("peckham: --dask: must be a scheduler's address")
    assert repr(address) in answer.err
    assert len(answer.err.splitlines()) == 1
    assert tree(tmp_path) == before


def test_no_scheduler(
    tmp_path: Path, to_yaml: Any, tree: Any, main: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peckham.experiments import cluster as module

    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.5)
    to_yaml(tmp_path / "sweep.yaml", SWEEP)
    with socket.socket() as nobody:  # bound, so that no other takes the port, but not listening
        nobody.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{nobody.getsockname()[1]}"
        before = tree(tmp_path)
        answer = main("run", "sweep.yaml", "--out", "new/out", "--dask", address, cwd=tmp_path)
    assert answer.code == 2
    assert answer.err.startswith(f"peckham: --dask {address}: no Dask scheduler answers")
    assert len(answer.err.splitlines()) == 1
    assert tree(tmp_path) == before


def test_workers_of_another_version(
    tmp_path: Path, to_yaml: Any, undisturbed: Any, rows: Any
) -> None:
    other = tmp_path / "other" / "peckham-0.0.1.dist-info"
    other.mkdir(parents=True)
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: peckham\nVersion: 0.0.1\n")
    path = os.pathsep.join([str(other.parent), str(Path(__file__).parent)])
    file = to_yaml(tmp_path / "sweep.yaml", SWEEP)
    says = "has peckham 0.0.1 (here "
    with cluster(tmp_path / "cluster") as found:
        with started(file, found.address) as process:
            until((tmp_path / "out" / "manifest.json").exists, "a start without workers")
            found.start_worker(PYTHONPATH=path)
            _, err = process.communicate(timeout=PATIENCE)
        assert process.returncode == 2
        assert says in err.splitlines()[-1]
        assert "Traceback" not in err
        with pytest.raises(ExperimentError, match=re.escape(says)):
            run(SWEEP, out=tmp_path / "new", dask=found.address)
    assert not (tmp_path / "new").exists()
    assert status(tmp_path / "out").done == 0
    resume(tmp_path / "out")
    assert_same(rows(tmp_path / "out"), undisturbed)
