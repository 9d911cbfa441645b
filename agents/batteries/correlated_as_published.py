"""The correlated battery of the published runs."""

from __future__ import annotations

from typing import ClassVar, Literal

from peckham.agents.parameters.registry import register

from .correlated import Correlated


@register
class CorrelatedAsPublished(Correlated):
    """The correlated battery of the published runs, which copies with probability c.

    The correlation of two questions is then c², not c.

    Parameters
    ----------
    correlation : float
        c, 0..1; the correlation of the patterns is c².
    density : float
        Chance that a question activates a belief, 0..1.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274, as its published runs have it"

    kind: Literal["correlated_as_published"] = "correlated_as_published"  # type: ignore[assignment]

    @property
    def copying(self) -> float:
        """Probability that a question copies the base pattern for a belief."""
        return self.correlation
