"""The schedule: when Python must look whether an intervention is due, and what was applied."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence

from .intervention import InterventionPart


class Schedule:
    """The interventions of a run.

    Parameters
    ----------
    interventions : sequence of InterventionPart
        In the order in which they are applied.
    generations : int
        G.

    Attributes
    ----------
    times_applied, last_applied : dict
        How often each intervention has been applied, and in which generation
        last, by name.
    """

    def __init__(self, interventions: Sequence[InterventionPart], generations: int) -> None:
        self.interventions = interventions
        self.times_applied: dict[str, int] = defaultdict(int)
        self.last_applied: dict[str, int] = {}
        dates = [intervention.dates(generations) for intervention in interventions]
        self._is_known = None not in dates
        self._dates = sorted({date for some in dates if some is not None for date in some})

    def next(self, generation: int) -> int | None:
        """Return the first generation from this one on in which any may be due, None if none is.

        Where an intervention has a trigger, that is this generation.
        """
        return first_from(generation, self._dates) if self._is_known else generation

    def due(self, generation: int, measured: Callable[[str, int], float]) -> list[InterventionPart]:
        """Return those that are due in a generation and have not been applied in it.

        Parameters
        ----------
        generation : int
            From 0.
        measured : callable
            ``measured(name, generation)`` returns a recorded measure.
        """
        return [
            intervention
            for intervention in self.interventions
            if intervention.is_due(generation, measured)
            and self.last_applied.get(intervention.name) != generation
        ]

    def note(self, intervention: InterventionPart, generation: int) -> None:
        """Note that an intervention has been applied."""
        self.times_applied[intervention.name] += 1
        self.last_applied[intervention.name] = generation


def first_from(generation: int, dates: Sequence[int]) -> int | None:
    """Return the first of some ascending dates that is not before a generation, None if none is."""
    place = bisect_left(dates, generation)
    return dates[place] if place < len(dates) else None
