"""Oversight that responds to what it finds."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.parameters.quantities import Count, NonNegative
from peckham.agents.parameters.registry import register

from .intervention import Change, Circumstances, InterventionPart


@register
class ResponsiveOversight(InterventionPart):
    """Let the level of oversight follow the share of agents caught: an inspection game.

    Each time it is due, o = min(1, o₀ + gain·caught), with o₀ the level that
    the run started with and the share caught in the last generation. Where
    o₀ = 0 nobody is ever caught, so it is refused.

    Parameters
    ----------
    gain : float
        At least 0.
    """

    source: ClassVar[str] = "Avenhaus, von Stengel & Zamir 2002, Handbook of Game Theory 3:1947"

    kind: Literal["responsive_oversight"] = "responsive_oversight"
    interval: Count | None = 1
    gain: NonNegative = 1.0

    def change(self, circumstances: Circumstances) -> Change:
        """Return the new level."""
        base, caught = circumstances.initial_oversight, circumstances.caught
        if caught != caught:  # before the first generation nobody was caught
            return Change()
        return Change(settings={"oversight.level": min(1.0, base + self.gain * caught)})
