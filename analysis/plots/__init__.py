"""Plots. Each function takes an optional ``ax`` and returns the Axes."""

from __future__ import annotations

from typing import Any

FIGURE_MODULES = {
    "fixation": "drift",
    "goodhart": "deception",
    "heterozygosity": "drift",
    "scatter": "scatter",
    "threshold": "deception",
    "trajectories": "trajectories",
}
"""The module of each figure."""

__all__ = [*FIGURE_MODULES]  # noqa: PLE0604  all are text


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Import a figure on first use, because matplotlib is slow to import."""
    if name not in FIGURE_MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{FIGURE_MODULES[name]}"), name)
