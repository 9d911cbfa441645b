"""Uniform proposals."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.parameters.registry import register

from .proposal import ProposalPart


@register
class Uniform(ProposalPart):
    """New beliefs are drawn uniformly from those that the parent does not hold."""

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["uniform"] = "uniform"

    def log_weights(self, landscape: Landscape) -> None:
        """Return None: all beliefs weigh the same."""
        return None
