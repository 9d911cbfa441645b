"""Detection with one look at each audited agent."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.parameters.registry import register

from .detection import DetectionPart


@register
class Single(DetectionPart):
    """One look per audited agent, with the rates of the block ``oversight``."""

    source: ClassVar[str] = "Mesa-Optimization and Goodhart's Law in AI Systems"

    kind: Literal["single"] = "single"

    def rates(self, sensitivity: float, false_positive_rate: float) -> tuple[float, float]:
        """Return the rates unchanged."""
        return sensitivity, false_positive_rate
