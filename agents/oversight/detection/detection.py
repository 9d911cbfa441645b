"""Base of the detections: the chances of being caught, and of being flagged by mistake."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from peckham.agents.compilation import Floats, kernel
from peckham.agents.parameters.registry import Part


@kernel(allocates=True)
def catching(audit: Floats, sensitivity: Floats, deception_probability: Floats) -> Floats:
    """Return h = o·S·(1 − D), the chance that a deceiver is caught, 0..1.

    Parameters
    ----------
    audit : float or ndarray
        o, the audit channel, 0..1.
    sensitivity : float or ndarray
        S, 0..1.
    deception_probability : float or ndarray
        D, 0..1.
    """
    return audit * sensitivity * (1.0 - deception_probability)


@kernel(allocates=True)
def flagging(audit: Floats, false_positive_rate: Floats) -> Floats:
    """Return f = o·R, the chance that an agent that does not deceive is flagged, 0..1."""
    return audit * false_positive_rate


class DetectionPart(Part):
    """Base of the detections."""

    family: ClassVar[str] = "detection"

    @abstractmethod
    def rates(self, sensitivity: float, false_positive_rate: float) -> tuple[float, float]:
        """Return the composite sensitivity S and false-positive rate R, each 0..1.

        Parameters
        ----------
        sensitivity, false_positive_rate : float
            Rates of one look at one agent, from the block ``oversight``, 0..1.
        """
