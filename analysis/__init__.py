"""Analysis: run folders as tables, fixation, theory, published runs and plots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import plots
    from .comparison.ablation import ablation
    from .comparison.compare import compare
    from .comparison.frontier import frontier
    from .comparison.power import power
    from .fixations import belief_fixation, fixation
    from .limits import check
    from .log import Log, load
    from .published.comparison import compare_with_published

_MODULES = {
    "Log": "log",
    "ablation": "comparison.ablation",
    "belief_fixation": "fixations",
    "check": "limits",
    "compare": "comparison.compare",
    "compare_with_published": "published.comparison",
    "fixation": "fixations",
    "frontier": "comparison.frontier",
    "load": "log",
    "power": "comparison.power",
}

__all__ = [
    "Log",
    "ablation",
    "belief_fixation",
    "check",
    "compare",
    "compare_with_published",
    "fixation",
    "frontier",
    "load",
    "plots",
    "power",
]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts quickly."""
    from importlib import import_module

    if name == "plots":
        return import_module(f"{__name__}.plots")
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
