"""Uniform proposals."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.parts import Part, register


@register
class Uniform(Part):
    """New beliefs are drawn uniformly from those that the parent does not hold."""

    family: ClassVar[str] = "proposal"
    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"

    kind: Literal["uniform"] = "uniform"
