"""Execution on a Dask cluster. It is imported only if a scheduler's address is given."""

from __future__ import annotations

import contextlib
import logging
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from itertools import islice
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any

from distributed import Client, Future, KilledWorker
from distributed.comm import get_address_host_port
from distributed.security import Security

from peckham.agents.parameters.spec import ModelSpec

from .cluster_worker import Parameters, perform
from .design import PlannedRun
from .errors import ExperimentError, Stopped
from .provenance import version_differences, versions
from .simulation import Outcome, failed

CONNECT_SECONDS = 10.0
"""Time that a scheduler may take to answer."""

BATCH_SECONDS = 2.0
BATCH_RUNS = 200
"""Target duration and largest number of runs of a task. Fewer tasks relieve the scheduler."""

POLL_SECONDS = 5.0
"""Interval at which the size of the cluster is checked."""

UNREACHABLE = (OSError, TimeoutError, CancelledError)
"""Exceptions that calls raise if the scheduler is unreachable."""


@dataclass(eq=False)
class Task:
    """A batch of runs that was submitted to the cluster.

    Attributes
    ----------
    future : Future
        Its result on the cluster.
    runs : list of PlannedRun
        The runs.
    alone : bool
        Whether it is a single run that is retried because its worker died.
    """

    future: Future
    runs: list[PlannedRun]
    alone: bool


class Cluster:
    """Executor that runs on the workers of an existing Dask cluster.

    Each worker receives the parameters once, including workers that join later.
    Rows return through the scheduler. Two tasks per thread are in progress at any
    time, so neither this process nor the scheduler holds all runs in memory. Dask
    reassigns the tasks of a worker that died. If a task kills several workers,
    its runs are retried one by one. A run that kills its workers again has
    failed.

    Parameters
    ----------
    address : str
        Address of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    ExperimentError
        On entry, if there is no scheduler or its workers have different versions.
    Stopped
        During a run, if the connection to the scheduler is lost.
    """

    def __init__(self, address: str) -> None:
        self.address = address

    # ------------------------------------------------------------ connection

    def __enter__(self) -> Cluster:
        with contextlib.ExitStack() as stack:
            stack.enter_context(silenced_logs())
            try:
                check_address(self.address)
                self._client = Client(self.address, timeout=CONNECT_SECONDS, set_as_default=False)
                stack.callback(self._disconnect)
                self._check_versions()
            except UNREACHABLE as error:
                raise ExperimentError(
                    f"--dask {self.address}: no Dask scheduler answers there: {one_line(error)}; "
                    "give the address that the scheduler prints when it starts"
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

    def _disconnect(self) -> None:
        with contextlib.suppress(*UNREACHABLE):
            self._client.close(timeout=CONNECT_SECONDS)

    def _check_versions(self) -> None:
        """Check the versions of current workers; later ones are checked with each task."""
        here = versions()
        try:  # the scheduler also has to deserialize the tasks
            found = {"its scheduler": self._client.run_on_scheduler(versions)}
        except ImportError as error:
            raise self._mismatch(f"its scheduler cannot load peckham: {one_line(error)}") from None
        for worker, there in self._client.run(versions, on_error="return").items():
            if isinstance(there, OSError):  # it is shutting down
                continue
            found[f"its worker {worker}"] = there
        for node, there in found.items():
            if isinstance(there, BaseException):
                raise self._mismatch(f"{node} cannot load peckham: {one_line(there)}")
            if differing := version_differences(here, there):
                raise self._mismatch(f"{node} has {differing}")

    def _mismatch(self, reason: str) -> ExperimentError:
        return ExperimentError(
            f"--dask {self.address}: {reason}; rows are reproducible only with equal "
            "versions; install the environment of this machine on the cluster"
        )

    # ------------------------------------------------------------ running

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run as it arrives."""
        name = f"peckham-{uuid.uuid4().hex}"
        parameters = Parameters.of(specs)
        try:
            self._client.register_plugin(parameters, name=name)
            try:
                yield from self._submit_and_collect(iter(planned), name)
            finally:
                if self._client.status == "running":
                    self._client.unregister_worker_plugin(name)
        except UNREACHABLE:
            raise Stopped(
                f"--dask {self.address}: the connection to the scheduler was lost",
                f"--dask {self.address}",
            ) from None

    def _submit_and_collect(self, waiting: Iterator[PlannedRun], name: str) -> Iterator[Outcome]:
        """Keep two tasks per thread in progress and yield the outcomes."""
        here = versions()
        ended: SimpleQueue[Future] = SimpleQueue()
        in_progress: dict[Any, Task] = {}
        suspects: deque[PlannedRun] = deque()
        limit, checked = self._task_limit(), time.monotonic()
        size, submitted = 1, 0

        def submit(runs: list[PlannedRun], alone: bool = False) -> None:
            nonlocal submitted
            key = (name, submitted)
            future = self._client.submit(perform, runs, name, here, key=key, pure=False)
            in_progress[key] = Task(future, runs, alone)
            future.add_done_callback(ended.put)
            submitted += 1

        while True:
            while len(in_progress) < limit and (batch := list(islice(waiting, size))):
                submit(batch)
            if suspects and not any(task.alone for task in in_progress.values()):
                submit([suspects.popleft()], alone=True)
            if not in_progress:
                return
            if time.monotonic() - checked >= POLL_SECONDS:
                limit, checked = self._task_limit(), time.monotonic()
            try:
                task = in_progress.pop(ended.get(timeout=POLL_SECONDS).key)
            except Empty:
                if self._client.status != "running":
                    raise CancelledError("the connection was lost") from None
                continue
            if task.future.status == "error":
                error = task.future.exception()
                if not isinstance(error, KilledWorker):
                    raise self._mismatch(f"a worker could not execute its runs: {one_line(error)}")
                if task.alone:
                    death = "its worker process died, and died again when it ran alone"
                    yield failed(task.runs[0], death)
                else:
                    suspects.extend(task.runs)
                continue
            outcomes = task.future.result()
            task.future.release()  # frees the rows on the cluster before they are written here
            yield from outcomes
            each = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
            size = max(1, min(BATCH_RUNS, int(BATCH_SECONDS / max(each, 1e-6))))

    def _task_limit(self) -> int:
        """Return the number of tasks to keep in progress, at least 2 even without a worker."""
        return max(2, 2 * sum(self._client.nthreads().values()))


def check_address(address: str) -> None:
    """Raise if the address is malformed, because a client would hang on it.

    Raises
    ------
    ExperimentError
        If it is malformed, or lacks the certificate that it needs.
    """
    try:
        get_address_host_port(address if "://" in address else f"tcp://{address}", strict=True)
    except (ValueError, NotImplementedError):
        raise ExperimentError(
            f"--dask: must be a scheduler's address such as tcp://10.0.0.1:8786, got {address!r}"
        ) from None
    security = Security().get_connection_args("client")
    if address.startswith("tls://") and security.get("ssl_context") is None:
        raise ExperimentError(
            f"--dask {address}: needs a certificate; set distributed.comm.tls in Dask's "
            "configuration, or give a tcp:// address"
        )


def one_line(error: BaseException) -> str:
    """Return an exception as one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextlib.contextmanager
def silenced_logs() -> Iterator[None]:
    """Suppress Dask's log, because errors are reported here in one line."""
    loggers = [logging.getLogger(name) for name in ("distributed", "distributed.client")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)
