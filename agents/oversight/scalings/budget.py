"""Oversight with a budget of audits."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.oversight.channels import Channels
from peckham.agents.parameters.quantities import CountOrZero
from peckham.agents.parameters.registry import register

from .scaling import ScalingPart


@register
class Budget(ScalingPart):
    """The evaluator can audit so many agents a generation and no more.

    The audit channel is the lesser of what it was set to and audits/N, the
    share of agents that the budget covers; the other channels stay.

    Parameters
    ----------
    audits : int
        Audits a generation, at least 0.
    """

    source: ClassVar[str] = "Mesa-Optimization and Goodhart's Law in AI Systems"
    of_capability: ClassVar[bool] = False

    kind: Literal["budget"] = "budget"
    audits: CountOrZero

    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the channels with the audits that the budget allows."""
        return channels._replace(audit=min(channels.audit, self.audits / agents))
