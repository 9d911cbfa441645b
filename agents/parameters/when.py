"""When a measure crosses a line: what triggers an intervention, or ends a run."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import AfterValidator, model_validator

from peckham.agents.measures.measure import current_name

from .quantities import Real
from .registry import Block


class When(Block):
    """A recorded measure, and a line that it may cross.

    An intervention is due in generation g if the record of g − 1 is beyond the line,
    and the record of g − 2 is not or does not exist. A run with ``stop_when`` ends
    after the first generation whose record is beyond the line.
    """

    alternatives: ClassVar[tuple[str, ...]] = ("above", "below")

    measure: Annotated[str, AfterValidator(current_name)]
    above: Real | None = None
    below: Real | None = None

    @model_validator(mode="after")
    def _one_line(self) -> When:
        if (self.above is None) == (self.below is None):
            raise ValueError("needs either above or below, one of the two")
        return self

    def beyond(self, measured: float) -> bool:
        """Return whether a measured value lies beyond the line."""
        if self.above is not None:
            return measured > self.above
        assert self.below is not None
        return measured < self.below
