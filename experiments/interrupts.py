"""Ctrl-C and polite kills at moments when they must wait."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

SIGNALS = (signal.SIGINT, signal.SIGTERM)


def in_main_thread() -> bool:
    """Return whether signals can be handled here."""
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def deferred() -> Iterator[None]:
    """Have an interrupt wait until the block is through; it takes effect then."""
    if not in_main_thread():
        yield
        return
    caught: list[int] = []
    before = {number: signal.signal(number, lambda n, _: caught.append(n)) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if caught:
            signal.raise_signal(caught[0])


@contextlib.contextmanager
def ignored_by_children() -> Iterator[None]:
    """Have processes that start meanwhile ignore Ctrl-C: stopping is the parent's business.

    They inherit that it is blocked. Here one that comes meanwhile takes effect at the end.
    """
    if not in_main_thread() or not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
