"""Executors: ways to execute planned runs. Other modules do not depend on the one chosen."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.synchronize import Event
from typing import Protocol

from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun
from .errors import ExperimentError
from .interrupts import ignored_by_children
from .kernels import warm
from .server import get_ready, start_method
from .simulation import Outcome, failed, simulate_all

BATCH_SECONDS = 0.25
"""Target duration of the runs that a worker receives at once."""


class Executor(Protocol):
    """Executes planned runs in any order. Outcomes do not depend on where a run executes."""

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run as it arrives.

        Parameters
        ----------
        planned : iterable of PlannedRun
            The runs.
        specs : sequence of ModelSpec
            The parameters of each variant.
        """
        ...


class InProcess:
    """Executes runs sequentially in this process."""

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run, in order."""
        replicate: list[PlannedRun] = []
        for run in planned:
            if replicate and run.replicate != replicate[0].replicate:
                yield from simulate_all(replicate, specs)
                replicate = []
            replicate.append(run)
        yield from simulate_all(replicate, specs)


class NeverStarted(BrokenProcessPool):
    """The pool broke before any of its workers started."""


class Processes:
    """Executes runs in worker processes.

    The death of a worker breaks its pool. The pool is then rebuilt, and every
    run that was in progress is retried alone. If its worker dies again, the run
    has failed.

    Parameters
    ----------
    workers : int
        Number of processes, at least 1.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run as it arrives."""
        warm(specs)
        waiting = iter(planned)
        while True:
            in_progress: dict[Future[list[Outcome]], list[PlannedRun]] = {}
            try:
                with pool(self.workers, specs) as workers:
                    yield from self._submit_and_collect(workers, waiting, in_progress)
                return
            except BrokenProcessPool:
                yield from retry_alone([r for batch in in_progress.values() for r in batch], specs)

    def _submit_and_collect(
        self,
        workers: ProcessPoolExecutor,
        waiting: Iterator[PlannedRun],
        in_progress: dict[Future[list[Outcome]], list[PlannedRun]],
    ) -> Iterator[Outcome]:
        """Keep two batches per worker in progress and yield the outcomes."""
        size = 1
        while True:
            while len(in_progress) < 2 * self.workers:
                batch = list(islice(waiting, size))
                if not batch:
                    break
                with ignored_by_children():
                    in_progress[submit(workers, batch)] = batch
            if not in_progress:
                return
            ready, _ = wait(in_progress, return_when=FIRST_COMPLETED)
            for future in ready:
                outcomes = future.result()
                del in_progress[future]
                yield from outcomes
                each = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
                size = max(1, min(50, int(BATCH_SECONDS / max(each, 1e-6))))


def submit(workers: ProcessPoolExecutor, batch: list[PlannedRun]) -> Future[list[Outcome]]:
    """Submit a batch to the pool; if it is broken already, the future raises BrokenProcessPool."""
    try:
        return workers.submit(perform, batch)
    except BrokenProcessPool as error:
        broken: Future[list[Outcome]] = Future()
        broken.set_exception(error)
        return broken


def executor(workers: int | None) -> Executor:
    """Return the executor for a number of workers; None and 1 mean this process."""
    return InProcess() if workers is None or workers == 1 else Processes(workers)


@contextlib.contextmanager
def open_executor(workers: int | None, dask: str | None) -> Iterator[Executor]:
    """Open the executor that was asked for, and check that it is available.

    Raises
    ------
    ExperimentError
        If the cluster does not answer, or Dask is not installed.
    """
    if dask is None:
        chosen = executor(workers)
        get_ready(workers)
        yield chosen
        return
    if importlib.util.find_spec("distributed") is None:
        raise ExperimentError(
            "--dask: needs Dask, which is not installed; run: pip install 'peckham[dask]'"
        )
    from .cluster import Cluster

    with Cluster(dask) as cluster:
        yield cluster


def retry_alone(runs: list[PlannedRun], specs: Sequence[ModelSpec]) -> Iterator[Outcome]:
    """Execute each run alone in a worker; a run whose worker dies again has failed.

    Raises
    ------
    ExperimentError
        If no worker can start.
    """
    while runs:
        try:
            with pool(1, specs) as worker:
                while runs:
                    yield from submit(worker, runs[:1]).result()
                    runs = runs[1:]
        except NeverStarted:
            raise ExperimentError(
                "workers: the worker processes could not start; a script must call run under "
                "`if __name__ == '__main__':`, or leave out workers"
            ) from None
        except BrokenProcessPool:
            yield failed(runs[0], "its worker process died, and died again when it ran alone")
            runs = runs[1:]


@contextlib.contextmanager
def pool(workers: int, specs: Sequence[ModelSpec]) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of new processes. An exception terminates them immediately."""
    context = start_method()
    started = context.Event()
    processes = ProcessPoolExecutor(workers, context, start_worker, (list(specs), started))
    try:
        with importable_main():
            yield processes
    except BaseException as error:
        alive = list((getattr(processes, "_processes", None) or {}).values())
        processes.shutdown(wait=False, cancel_futures=True)
        for process in alive:
            process.terminate()
        if isinstance(error, BrokenProcessPool) and not started.is_set():
            raise NeverStarted from error
        raise
    processes.shutdown()


@contextlib.contextmanager
def importable_main() -> Iterator[None]:
    """Hide the path of a main module that is not a file, because workers would import it.

    A program read from standard input has such a path.
    """
    main = sys.modules["__main__"]
    path = getattr(main, "__file__", None)
    hidden = path is not None and not os.path.exists(path)
    if hidden:
        del main.__file__
    try:
        yield
    finally:
        if hidden:
            main.__file__ = path


# ---------------------------------------------------------------- inside a worker

_specs: list[ModelSpec] = []


def start_worker(specs: Sequence[ModelSpec], started: Event) -> None:
    """Store the parameters of all variants, and watch for the end of the parent."""
    _specs[:] = specs
    started.set()
    gc.freeze()  # imported modules need no garbage collection
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=exit_with_parent, daemon=True).start()


def exit_with_parent() -> None:
    """End this process when its parent ends, for whatever reason."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def perform(batch: list[PlannedRun]) -> list[Outcome]:
    """Simulate a batch of runs."""
    return list(simulate_all(batch, _specs))
