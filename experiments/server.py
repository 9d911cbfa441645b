"""The server that worker processes are forked off.

Nothing heavy is imported here, so that a command can have it start before its own
imports: both take as long, and go on at the same time.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import BaseContext

from .interrupts import ignored_by_children

PRELOADED = ["mesa", f"{__package__}.simulation"]
"""What the server imports, once for all workers; Mesa first: see `.execution`."""


def start_method() -> BaseContext:
    """Return how workers are started: forked off a server that has imported all, if there is one.

    The server is a fresh process without threads, so that forking it is safe.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def get_ready(workers: int | None) -> None:
    """Have the server start now, if there will be workers, for its imports take a while."""
    if workers is None or workers < 2 or start_method().get_start_method() != "forkserver":
        return
    from multiprocessing import forkserver, resource_tracker  # not on every system

    resource_tracker.ensure_running()  # as it starts it lets through what is blocked below
    with ignored_by_children():
        forkserver.ensure_running()
