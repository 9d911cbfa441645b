"""Running on a Dask cluster. Nothing imports this but who was given an address."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, cast

from distributed import Client, Future, KilledWorker, WorkerPlugin, get_worker
from distributed.comm import get_address_host_port
from distributed.security import Security

from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun
from .errors import ExperimentError, Stopped
from .inputs import table_of
from .provenance import versions
from .simulation import Outcome, failed, simulate

CONNECT_SECONDS = 10.0
"""How long a scheduler may take to answer."""

BATCH_SECONDS = 2.0
BATCH_RUNS = 200
"""A task is the runs of about so many seconds, at most so many; a scheduler sees each task."""

LOOK_SECONDS = 5.0
"""How often to look whether the cluster has grown or shrunk."""

GONE = (OSError, TimeoutError, CancelledError)
"""What calls to a scheduler raise that is not there any more."""


@dataclass(eq=False)
class Task:
    """Runs that were handed out together."""

    future: Future
    runs: list[PlannedRun]
    alone: bool


class Cluster:
    """Runs on the workers of a Dask cluster, whoever started it.

    Parameters come to every worker once, also to those that join later; rows
    come back through the scheduler. Two tasks a thread are under way at any time,
    so neither this process nor the scheduler ever knows of all runs. Dask itself
    gives the tasks of a worker that died to others. A task that took several
    workers with it is taken apart, and its runs are tried once more, one by one;
    what takes its workers with it again has failed.

    Parameters
    ----------
    address : str
        The scheduler's, as in ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ExperimentError
        On entering, if there is no scheduler, or its workers have other versions.
    Stopped
        While running, if the scheduler goes away.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    # ------------------------------------------------------------ there and gone

    def __enter__(self) -> Cluster:
        with contextlib.ExitStack() as stack:
            stack.enter_context(quiet())
            try:
                check(self.address)
                self._client = Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
                stack.callback(self._leave)
                self._refuse_other_versions()
            except GONE as error:
                raise ExperimentError(
                    f"--dask {self.address}: no Dask scheduler answers there: {said(error)}; "
                    "give the address that one prints when it starts"
                ) from None
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _leave(self) -> None:
        with contextlib.suppress(*GONE):
            self._client.close(timeout=CONNECT_SECONDS)

    def _refuse_other_versions(self) -> None:
        """Look at who is there already; workers that come later are looked at task by task."""
        here = versions()
        try:  # a scheduler has to read what it hands on
            found = {"its scheduler": self._client.run_on_scheduler(versions)}
        except ImportError as error:
            raise self._unfit(f"its scheduler cannot do this: {said(error)}") from None
        for worker, there in self._client.run(versions, on_error="return").items():
            if isinstance(there, OSError):  # it is just leaving
                continue
            found[f"its worker {worker}"] = there
        for who, there in found.items():
            if isinstance(there, BaseException):
                raise self._unfit(f"{who} cannot do this: {said(there)}")
            if differ := differences(here, there):
                raise self._unfit(f"{who} has {differ}")

    def _unfit(self, why: str) -> ExperimentError:
        return ExperimentError(
            f"--dask {self.address}: {why}; rows are the same only where versions are; give the "
            "cluster the environment of this machine"
        )

    # ------------------------------------------------------------ running

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run as it comes in."""
        name = f"peckham-{uuid.uuid4().hex}"
        parameters = Parameters.of(specs)
        try:
            self._client.register_plugin(parameters, name=name)
            try:
                yield from self._keep_busy(iter(planned), name)
            finally:
                if self._client.status == "running":
                    self._client.unregister_worker_plugin(name)
        except GONE:
            raise Stopped(
                f"--dask {self.address}: the scheduler went away", f"--dask {self.address}"
            ) from None

    def _keep_busy(self, waiting: Iterator[PlannedRun], name: str) -> Iterator[Outcome]:
        """Hand out batches, two a thread at a time, and yield what comes back."""
        here = versions()
        ended: SimpleQueue[Future] = SimpleQueue()
        under_way: dict[Any, Task] = {}
        suspects: deque[PlannedRun] = deque()
        room, looked = self._room(), time.monotonic()
        size, handed_out = 1, 0

        def hand_out(runs: list[PlannedRun], alone: bool = False) -> None:
            nonlocal handed_out
            key = (name, handed_out)
            future = self._client.submit(perform, runs, name, here, key=key, pure=False)
            under_way[key] = Task(future, runs, alone)
            future.add_done_callback(ended.put)
            handed_out += 1

        while True:
            while len(under_way) < room and (batch := list(islice(waiting, size))):
                hand_out(batch)
            if suspects and not any(task.alone for task in under_way.values()):
                hand_out([suspects.popleft()], alone=True)
            if not under_way:
                return
            if time.monotonic() - looked >= LOOK_SECONDS:
                room, looked = self._room(), time.monotonic()
            try:
                task = under_way.pop(ended.get(timeout=LOOK_SECONDS).key)
            except Empty:
                if self._client.status != "running":
                    raise CancelledError("the connection was lost") from None
                continue
            if task.future.status == "error":
                error = task.future.exception()
                if not isinstance(error, KilledWorker):
                    raise self._unfit(f"a worker could not do its runs: {said(error)}")
                if task.alone:
                    death = "its worker process died, and died again when it ran alone"
                    yield failed(task.runs[0], death)
                else:
                    suspects.extend(task.runs)
                continue
            outcomes = task.future.result()
            task.future.release()  # its rows need not wait in the cluster until they are written
            yield from outcomes
            each = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
            size = max(1, min(BATCH_RUNS, int(BATCH_SECONDS / max(each, 1e-6))))

    def _room(self) -> int:
        """Return how many tasks to have under way, also while no worker is there yet."""
        return max(2, 2 * sum(self._client.nthreads().values()))


def check(address: str) -> None:
    """Refuse what cannot be the address of a scheduler; a client would get stuck over it."""
    try:
        get_address_host_port(address if "://" in address else f"tcp://{address}", strict=True)
    except (ValueError, NotImplementedError):
        raise ExperimentError(
            f"--dask: must be a scheduler's address as in tcp://10.0.0.1:8786, got {address!r}"
        ) from None
    security = Security().get_connection_args("client")
    if address.startswith("tls://") and security.get("ssl_context") is None:
        raise ExperimentError(
            f"--dask {address}: needs a certificate; set distributed.comm.tls in Dask's "
            "configuration, or give a tcp:// address"
        )


def differences(here: dict[str, str], there: dict[str, str]) -> str:
    """Say which versions differ, in words; nothing if none does."""
    return ", ".join(
        f"{package} {there.get(package)} (here {version})"
        for package, version in here.items()
        if there.get(package) != version
    )


def said(error: BaseException) -> str:
    """Return an error in one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep Dask from logging what is said here in one line."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


# ---------------------------------------------------------------- in the worker


class OtherVersions(Exception):
    """A worker has other versions than the one who hands out the runs."""


@dataclass(eq=False)
class Parameters(WorkerPlugin):
    """The parameters of all variants, and the tables they read, as a worker keeps them.

    A worker on another machine may not see the tables, so it gets its own copies.
    """

    specs: list[ModelSpec]
    tables: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, specs: Sequence[ModelSpec]) -> Parameters:
        """Return the parameters with the content of all tables."""
        paths = {path for path in map(table_of, specs) if path is not None}
        return cls(list(specs), {path: Path(path).read_bytes() for path in paths})

    def setup(self, worker: Any) -> None:
        """Put the tables where this worker's runs find them."""
        folder = tempfile.mkdtemp(prefix="tables-", dir=worker.local_directory)
        for number, (path, content) in enumerate(self.tables.items()):
            copy = os.path.join(folder, f"{number}-{os.path.basename(path)}")
            Path(copy).write_bytes(content)
            self.specs = [
                reading(spec, copy) if table_of(spec) == path else spec for spec in self.specs
            ]


def reading(spec: ModelSpec, path: str) -> ModelSpec:
    """Return parameters that read their table from another place."""
    landscape = spec.landscape.model_copy(update={"path": path})
    return spec.model_copy(update={"landscape": landscape})


def perform(batch: list[PlannedRun], name: str, expected: dict[str, str]) -> list[Outcome]:
    """Run a batch of runs with the parameters that came by a name."""
    worker = get_worker()
    if differ := differences(expected, versions_here()):
        raise OtherVersions(f"{worker.address} has {differ}")
    parameters = cast(Parameters, worker.plugins[name])
    return [simulate(run, parameters.specs[run.variant]) for run in batch]


versions_here = cache(versions)
