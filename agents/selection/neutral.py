"""Neutral selection: drift alone."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from peckham.agents.parameters.registry import register

from .parentage import CompiledRule
from .softmax import draw_softmax


@register
class Neutral(CompiledRule):
    """Every agent has the same chance to be each child's parent (Wright-Fisher drift).

    This is softmax selection with β = 0.
    """

    source: ClassVar[str] = "Wright 1931, Genetics 16:97"
    draws: ClassVar[Any] = draw_softmax
    draws_second: ClassVar[Any] = draw_softmax
    strength_field: ClassVar[str] = ""

    kind: Literal["neutral"] = "neutral"
