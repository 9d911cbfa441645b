"""Executors: how planned runs get done. Nothing else knows which one does it."""

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
from .simulation import Outcome, failed, simulate

BATCH_SECONDS = 0.25
"""How long the runs that a worker is given at once should take together."""


class Executor(Protocol):
    """Runs planned runs, in any order, each with the same outcome wherever it runs."""

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run as it comes in.

        Parameters
        ----------
        planned : iterable of PlannedRun
            The runs.
        specs : sequence of ModelSpec
            The parameters of each variant.
        """
        ...


class InProcess:
    """Runs one after the other in this process."""

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run, in order."""
        for run in planned:
            yield simulate(run, specs[run.variant])


class NeverStarted(BrokenProcessPool):
    """The pool broke before any of its workers was there."""


class Processes:
    """Runs in worker processes.

    A worker that dies takes its pool with it: the pool is built again, and
    every run that was under way is tried once more, alone. If its worker dies
    again, the run has failed.

    Parameters
    ----------
    workers : int
        How many, at least 1.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers

    def outcomes(
        self, planned: Iterable[PlannedRun], specs: Sequence[ModelSpec]
    ) -> Iterator[Outcome]:
        """Yield the outcome of each run as it comes in."""
        warm(specs)
        waiting = iter(planned)
        while True:
            under_way: dict[Future[list[Outcome]], list[PlannedRun]] = {}
            try:
                with pool(self.workers, specs) as workers:
                    yield from self._keep_busy(workers, waiting, under_way)
                return
            except BrokenProcessPool:
                yield from once_more([r for batch in under_way.values() for r in batch], specs)

    def _keep_busy(
        self,
        workers: ProcessPoolExecutor,
        waiting: Iterator[PlannedRun],
        under_way: dict[Future[list[Outcome]], list[PlannedRun]],
    ) -> Iterator[Outcome]:
        """Hand out batches, two a worker at a time, and yield what comes back."""
        size = 1
        while True:
            while len(under_way) < 2 * self.workers:
                batch = list(islice(waiting, size))
                if not batch:
                    break
                with ignored_by_children():
                    under_way[submitted(workers, batch)] = batch
            if not under_way:
                return
            ready, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in ready:
                outcomes = future.result()
                del under_way[future]
                yield from outcomes
                each = sum(outcome.seconds for outcome in outcomes) / len(outcomes)
                size = max(1, min(50, int(BATCH_SECONDS / max(each, 1e-6))))


def submitted(workers: ProcessPoolExecutor, batch: list[PlannedRun]) -> Future[list[Outcome]]:
    """Hand a batch to the pool; a pool that is already broken gives a future that says so."""
    try:
        return workers.submit(perform, batch)
    except BrokenProcessPool as error:
        broken: Future[list[Outcome]] = Future()
        broken.set_exception(error)
        return broken


def executor(workers: int | None) -> Executor:
    """Return the executor for so many workers; one or none given runs in this process."""
    return InProcess() if workers is None or workers == 1 else Processes(workers)


@contextlib.contextmanager
def opened(workers: int | None, dask: str | None) -> Iterator[Executor]:
    """Have the executor that was asked for at hand; what it needs is there, or refused.

    Raises
    ------
    ExperimentError
        If there is no such cluster, or Dask is not installed.
    """
    if dask is None:
        chosen = executor(workers)
        get_ready(workers)
        yield chosen
        return
    if importlib.util.find_spec("distributed") is None:
        raise ExperimentError("--dask needs Dask, which is an extra: pip install 'peckham[dask]'")
    from .cluster import Cluster

    with Cluster(dask) as cluster:
        yield cluster


def once_more(runs: list[PlannedRun], specs: Sequence[ModelSpec]) -> Iterator[Outcome]:
    """Run each run alone in a worker; one whose worker dies again has failed.

    Raises
    ------
    ExperimentError
        If not even one worker can start.
    """
    while runs:
        try:
            with pool(1, specs) as worker:
                while runs:
                    yield from submitted(worker, runs[:1]).result()
                    runs = runs[1:]
        except NeverStarted:
            raise ExperimentError(
                "workers: the worker processes could not start; a script has to call run under "
                "`if __name__ == '__main__':`, or leave workers out"
            ) from None
        except BrokenProcessPool:
            yield failed(runs[0], "its worker process died, and died again when it ran alone")
            runs = runs[1:]


@contextlib.contextmanager
def pool(workers: int, specs: Sequence[ModelSpec]) -> Iterator[ProcessPoolExecutor]:
    """Open a pool of fresh processes; leaving it early ends them at once."""
    context = start_method()
    started = context.Event()
    processes = ProcessPoolExecutor(workers, context, start_worker, (list(specs), started))
    try:
        with main_module_to_import():
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
def main_module_to_import() -> Iterator[None]:
    """Hide a main module without a file (a program on standard input), which workers look for."""
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


# ---------------------------------------------------------------- in the worker

_specs: list[ModelSpec] = []


def start_worker(specs: Sequence[ModelSpec], started: Event) -> None:
    """Keep the parameters of all variants, and leave when the parent is gone."""
    _specs[:] = specs
    started.set()
    gc.freeze()  # what was imported stays: need not be gone through for garbage
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=leave_with_parent, daemon=True).start()


def leave_with_parent() -> None:
    """End this process when its parent ends, however that came about."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def perform(batch: list[PlannedRun]) -> list[Outcome]:
    """Run a batch of runs."""
    return [simulate(run, _specs[run.variant]) for run in batch]
