"""Oversight that responds to what it finds."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import field_validator

from peckham.agents.measures.measure import current_name
from peckham.agents.parameters.quantities import Count, NonNegative
from peckham.agents.parameters.registry import register

from .intervention import Change, Circumstances, InterventionPart

CAUGHT = "caught"
"""The measure that is followed by default."""

OF_AUDITS = (CAUGHT, "caught_share", "wrongly_flagged")
"""Measures that are 0 or null without audits."""


@register
class ResponsiveOversight(InterventionPart):
    """Let the level of oversight follow a measure, by default the share of agents caught.

    Each time it is due, o = o₀ + gain·m, kept in 0..1, with o₀ the level that the run
    started with and m the measure in the last generation. The level stays where m is
    null. ``caught`` is a share of the whole population: .01 where a tenth deceive and a
    tenth of these are caught, so a gain of 50 raises the level by .5 there. ``caught_share``
    is the share of deception that is caught, .1 there. Where o₀ = 0 nobody is ever caught,
    so following what needs that is refused. It is an inspection game.

    Parameters
    ----------
    gain : float
        At least 0.
    on : str
        A recorded measure; ``caught`` needs no record.
    """

    source: ClassVar[str] = "Avenhaus, von Stengel & Zamir 2002, Handbook of Game Theory 3:1947"

    kind: Literal["responsive_oversight"] = "responsive_oversight"
    interval: Count | None = 1
    gain: NonNegative = 1.0
    on: str = CAUGHT

    @field_validator("on")
    @classmethod
    def _has_its_present_name(cls, name: str) -> str:
        return current_name(name)

    def change(self, circumstances: Circumstances) -> Change:
        """Return the new level."""
        base, followed = circumstances.initial_oversight, circumstances.caught
        if self.on != CAUGHT:
            followed = circumstances.measured(self.on)
        if followed != followed:  # null, or before the first generation
            return Change()
        level = min(1.0, max(0.0, base + self.gain * followed))
        return Change(settings={"oversight.level": level})
