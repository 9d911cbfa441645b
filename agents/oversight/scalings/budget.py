"""Oversight with a limited number of audits."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.oversight.channels import Channels
from peckham.agents.parameters.quantities import CountOrZero
from peckham.agents.parameters.registry import register

from .scaling import ScalingPart


@register
class Budget(ScalingPart):
    """The evaluator can audit a limited number of agents per generation.

    The audit channel is min(audit, audits/N), where audits/N is the share of
    agents that the budget covers. The other channels do not change.

    Parameters
    ----------
    audits : int
        Audits per generation, at least 0.
    """

    source: ClassVar[str] = "Mesa-Optimization and Goodhart's Law in AI Systems"
    of_capability: ClassVar[bool] = False

    kind: Literal["budget"] = "budget"
    audits: CountOrZero

    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the channels with the audit channel limited by the budget."""
        return channels._replace(audit=min(channels.audit, self.audits / agents))
