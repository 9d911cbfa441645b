"""Adversarial proposals."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.parameters.quantities import NonNegative, Real
from peckham.agents.parameters.registry import register

from .proposal import ProposalPart


@register
class Adversarial(ProposalPart):
    """New beliefs are proposed for how they score, and a bounty breeds harmful ones.

    Belief b is drawn with weight e^{ψa_b}·(1 + χ·[v_b < 0]), from those that
    the parent does not hold, with its signal as it is at that time. Several
    new beliefs of one child are drawn one after another without replacement.
    With ψ = χ = 0 all beliefs are as likely as with ``uniform``.

    Parameters
    ----------
    pull : float
        ψ, per unit of signal: the larger, the more it favours beliefs that score well.
    bounty : float
        χ, at least 0: how much more often harmful beliefs are proposed.
    """

    source: ClassVar[str] = "Manheim & Garrabrant 2018, arXiv 1803.04585"

    kind: Literal["adversarial"] = "adversarial"
    pull: Real = 1.0
    bounty: NonNegative = 1.0

    def log_weights(self, landscape: Landscape) -> NDArray[np.float64]:
        """Return ψa + ln(1 + χ·[v < 0]), shape (B,)."""
        return self.pull * landscape.signal + np.log1p(self.bounty) * (landscape.value < 0)
