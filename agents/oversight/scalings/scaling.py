"""Base of the scalings: from the oversight that is set to the oversight in force."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from peckham.agents.oversight.channels import Channels
from peckham.agents.parameters.registry import Part


class ScalingPart(Part):
    """Base of the scalings."""

    family: ClassVar[str] = "scaling"
    of_capability: ClassVar[bool] = True
    """Whether `scaled` uses capability; if not, mean capability is not computed for it."""

    def __init_subclass__(cls, **options: Any) -> None:
        """Assume that an overridden `scaled` uses capability, unless the class says otherwise."""
        super().__init_subclass__(**options)
        if "scaled" in vars(cls) and "of_capability" not in vars(cls):
            cls.of_capability = True

    @abstractmethod
    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the channels in force.

        Parameters
        ----------
        channels : Channels
            The channels as set.
        capability : float
            Mean capability of the population, 0..100.
        agents : int
            N.
        """
