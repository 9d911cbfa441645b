"""Analysis: run folders as tables, fixation, theory, published runs and plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fixations import belief_fixation, fixation
    from .limits import check
    from .log import Log, load
    from .published.comparison import compare_with_published

_MODULES = {
    "Log": "log",
    "belief_fixation": "fixations",
    "check": "limits",
    "compare_with_published": "published.comparison",
    "fixation": "fixations",
    "load": "log",
}

__all__ = ["Log", "belief_fixation", "check", "compare_with_published", "fixation", "load"]


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts quickly."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
