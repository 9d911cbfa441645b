"""The model: arrays, Mesa classes and mechanisms.

Nothing here knows of run folders, plots or command lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .evaluator import EvaluatorAgent
    from .model import PopulationModel
    from .parameters import ModelSpec
    from .validation import SpecError, resolve
    from .views import ModelAgent

_HOMES = {
    "EvaluatorAgent": "evaluator",
    "ModelAgent": "views",
    "ModelSpec": "parameters",
    "PopulationModel": "model",
    "SpecError": "validation",
    "resolve": "validation",
}

__all__ = [
    "EvaluatorAgent",
    "ModelAgent",
    "ModelSpec",
    "PopulationModel",
    "SpecError",
    "resolve",
]


def __getattr__(name: str) -> Any:
    """Import on first use: Mesa takes most of a second to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
