"""Experiments: experiment files, designs, runs and run folders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ExperimentError, ExperimentWarning, RunsFailed
    from .execution import resume, run
    from .experiment import Experiment
    from .reading import read
    from .run_status import status

_MODULES = {
    "Experiment": "experiment",
    "ExperimentError": "errors",
    "ExperimentWarning": "errors",
    "RunsFailed": "errors",
    "read": "reading",
    "resume": "execution",
    "run": "execution",
    "status": "run_status",
}

__all__ = [
    "Experiment",
    "ExperimentError",
    "ExperimentWarning",
    "RunsFailed",
    "read",
    "resume",
    "run",
    "status",
]


def __getattr__(name: str) -> Any:
    """Import a name on first use, so that the command line starts quickly."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
