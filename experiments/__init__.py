"""Experiments: files, designs, runs and the folders they are kept in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ExperimentError
    from .execution import resume, run
    from .experiment import Experiment
    from .reading import read
    from .standing import status

_HOMES = {
    "Experiment": "experiment",
    "ExperimentError": "errors",
    "read": "reading",
    "resume": "execution",
    "run": "execution",
    "status": "standing",
}

__all__ = ["Experiment", "ExperimentError", "read", "resume", "run", "status"]


def __getattr__(name: str) -> Any:
    """Import on first use, so that the command line answers at once."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
