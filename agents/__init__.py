"""The model: arrays, Mesa classes and mechanisms.

Nothing here knows of run folders, plots or command lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from peckham.agents.evaluation.evaluator import EvaluatorAgent
    from peckham.agents.parameters.spec import ModelSpec
    from peckham.agents.parameters.validation import SpecError, resolve
    from peckham.agents.population.views import ModelAgent

    from .model import PopulationModel

_HOMES = {
    "EvaluatorAgent": "evaluation.evaluator",
    "ModelAgent": "population.views",
    "ModelSpec": "parameters.spec",
    "PopulationModel": "model",
    "SpecError": "parameters.validation",
    "resolve": "parameters.validation",
}

__all__ = ["EvaluatorAgent", "ModelAgent", "ModelSpec", "PopulationModel", "SpecError", "resolve"]


def __getattr__(name: str) -> Any:
    """Import on first use: Mesa takes most of a second to load."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
