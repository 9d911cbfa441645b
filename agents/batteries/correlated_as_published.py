"""The correlated battery as the published runs have it."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.parameters.registry import register

from .correlated import Correlated


@register
class CorrelatedAsPublished(Correlated):
    """The published form of correlation, which copies with probability c.

    Two questions then correlate by c², not c.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Questions that selection does not see.
    correlation : float
        c, 0..1; the patterns correlate by c².
    density : float
        Chance that a question activates a belief, 0..1.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274, as its published runs have it"

    kind: Literal["correlated_as_published"] = "correlated_as_published"  # type: ignore[assignment]

    @property
    def copying(self) -> float:
        """Probability that a question copies the base pattern at a belief."""
        return self.correlation
