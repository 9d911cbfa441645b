"""Executors: work is handed out, and stopping is heard at any moment."""

from __future__ import annotations

import signal
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from peckham.experiments import executors, read
from peckham.experiments.design import design
from peckham.experiments.executors import InProcess, Processes, executor


@pytest.mark.parametrize("workers", [None, 1])
def test_one_worker_is_this_process(workers: int | None) -> None:
    assert isinstance(executor(workers), InProcess)


def test_more_workers_are_processes() -> None:
    chosen = executor(3)
    assert isinstance(chosen, Processes)
    assert chosen.workers == 3


def test_ctrl_c_is_heard_while_work_is_handed_out(
    tiny: Callable[..., dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pool:
        """Takes any work, while somebody presses Ctrl-C, and never does it."""

        def __init__(self, *_: Any) -> None:
            self.closed = False

        def submit(self, *_: Any) -> Future[Any]:
            signal.raise_signal(signal.SIGINT)
            never: Future[Any] = Future()
            never.set_exception(AssertionError("the interrupt was not heard"))
            return never

        def shutdown(self, **_: Any) -> None:
            self.closed = True

    monkeypatch.setattr(executors, "ProcessPoolExecutor", Pool)
    # where the tests run in the background, Ctrl-C may be switched off for them
    was = signal.signal(signal.SIGINT, signal.default_int_handler)
    before = signal.getsignal(signal.SIGINT)
    plan = design(read(tiny()))
    specs = [variant.spec for variant in plan.variants]
    try:
        with pytest.raises(KeyboardInterrupt):
            list(Processes(2).outcomes(plan, specs))
        assert signal.getsignal(signal.SIGINT) is before
    finally:
        signal.signal(signal.SIGINT, was)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
