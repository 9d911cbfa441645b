"""What a proposal decides: how likely each belief is to be a mutation's new one."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.parameters.registry import Part


class ProposalPart(Part):
    """Base of the proposals."""

    family: ClassVar[str] = "proposal"

    @abstractmethod
    def log_weights(self, landscape: Landscape) -> NDArray[np.float64] | None:
        """Return the logarithm of every belief's weight, shape (B,), or None if all are equal.

        A pure function of the landscape: it is called when that has changed, not
        in every generation.

        Parameters
        ----------
        landscape : Landscape
            The beliefs, with their current signals.
        """
