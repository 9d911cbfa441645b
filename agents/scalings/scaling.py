"""What a scaling decides: how much of the oversight that was set is in force."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from peckham.agents.oversight import Channels
from peckham.agents.parts import Part


class ScalingPart(Part):
    """Base of the scalings."""

    family: ClassVar[str] = "scaling"
    of_capability: ClassVar[bool] = True
    """Whether it looks at capability; if not, that is not averaged for it."""

    @abstractmethod
    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the channels in force.

        Parameters
        ----------
        channels : Channels
            As they were set.
        capability : float
            Mean capability of the population, 0..100.
        agents : int
            N.
        """
