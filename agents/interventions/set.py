"""Setting a parameter while the population evolves."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import field_validator

from peckham.agents.parameters.registry import register

from .intervention import Change, Circumstances, InterventionPart

SETTABLE = ("oversight", "conduct", "selection", "deployment")
"""Blocks whose parameters can be set while a run goes on."""


@register
class Setting(InterventionPart):
    """Set a parameter of oversight, conduct, selection or deployment to a value.

    Parameters
    ----------
    path : str
        Which parameter, as in an experiment file: ``oversight.level``.
    value : object
        What it is from then on.
    """

    source: ClassVar[str] = "Mesa-Optimization and Goodhart's Law in AI Systems"

    kind: Literal["set"] = "set"
    path: str
    value: Any

    @field_validator("path")
    @classmethod
    def _can_be_set(cls, path: str) -> str:
        if path.partition(".")[0] not in SETTABLE or "." not in path:
            raise ValueError(f"must be a parameter of {', '.join(SETTABLE)}, got {path!r}")
        return path

    def change(self, circumstances: Circumstances) -> Change:
        """Return the new value."""
        return Change(settings={self.path: self.value})
