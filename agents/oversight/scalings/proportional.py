"""Oversight that grows with capability."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from peckham.agents.oversight.channels import Channels
from peckham.agents.parameters.registry import register

from .scaling import ScalingPart


@register
class Proportional(ScalingPart):
    """Every channel is proportional to the population's mean capability, up to 1.

    Parameters
    ----------
    reference : float
        Mean capability at which oversight equals its setting, above 0 and at
        most 100.
    """

    source: ClassVar[str] = "Mesa-Optimization and Goodhart's Law in AI Systems"

    kind: Literal["proportional"] = "proportional"
    reference: Annotated[float, Field(gt=0, le=100)] = 100.0

    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the channels times capability/reference, at most 1 each."""
        factor = capability / self.reference
        return Channels(*(min(1.0, factor * o) for o in channels))
