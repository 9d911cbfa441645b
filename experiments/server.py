"""The fork server that starts worker processes.

This module imports nothing slow, so that a command can start the server before its
own imports. Both then import in parallel.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import BaseContext

from .interrupts import ignored_by_children

PRELOADED = ["mesa", f"{__package__}.simulation"]
"""Modules that the server imports once for all workers. Mesa is first, as in `.execution`."""


def start_method() -> BaseContext:
    """Return the context that starts workers: a fork server if the system has one, else spawn.

    The server is a new process without threads, so it is safe to fork.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def get_ready(workers: int | None) -> None:
    """Start the server now if there will be workers, because its imports are slow."""
    if workers is None or workers < 2 or start_method().get_start_method() != "forkserver":
        return
    from multiprocessing import forkserver, resource_tracker  # missing on some systems

    resource_tracker.ensure_running()  # starting it unblocks the signal that is blocked below
    with ignored_by_children():
        forkserver.ensure_running()
