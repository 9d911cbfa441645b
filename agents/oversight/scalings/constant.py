"""Constant oversight."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.oversight.channels import Channels
from peckham.agents.parameters.registry import register

from .scaling import ScalingPart


@register
class Constant(ScalingPart):
    """Oversight stays as set."""

    source: ClassVar[str] = "Mesa-Optimization and Goodhart's Law in AI Systems"
    of_capability: ClassVar[bool] = False

    kind: Literal["constant"] = "constant"

    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the channels unchanged."""
        return channels
