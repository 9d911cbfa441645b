"""The schedule of a run: when anything is due that is known beforehand."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, NamedTuple

from .agenda import Item, action_of

if TYPE_CHECKING:
    from .model import PopulationModel


class Schedule(NamedTuple):
    """When anything is due in a run, which is known beforehand.

    Attributes
    ----------
    stops : list of int
        The generations in which a stretch cannot go on, ascending; the last is
        the end of the run.
    apart : frozenset of int
        Those of them that are left to `step`: somebody looks at the agents, or
        a parameter changes.
    items : list of Item
        What stretches carry out themselves, in order.
    """

    stops: list[int]
    apart: frozenset[int]
    items: list[Item]

    def is_stop(self, generation: int) -> bool:
        """Return whether a stretch cannot go on in a generation."""
        place = bisect_left(self.stops, generation)
        return place < len(self.stops) and self.stops[place] == generation

    def due(self, first: int, until: int) -> list[Item]:
        """Return the items of some generations."""
        begin, end = (
            bisect_left(self.items, g, key=lambda item: item.date) for g in (first, until)
        )
        return self.items[begin:end]


def schedule_of(model: PopulationModel) -> Schedule | None:
    """Return what is due when, None if that depends on how the run goes."""
    end = min(model.generations, model.record.room)
    stops, apart = {end}, {g for g in model.spec.record.agents_at if g < end}
    items = []
    for intervention in model.spec.interventions:
        dates = intervention.dates(end)
        if dates is None:
            return None
        action = action_of(intervention, model.spec)
        if action is not None:
            items += [Item(date, intervention, action) for date in {*dates}]
        else:
            (stops if intervention.of_test else apart).update(dates)
    stops |= apart
    # at a stop `intervene` applies all that is due, in the order of the list
    items = [item for item in items if item.date not in stops]
    items.sort(key=lambda item: item.date)
    return Schedule(sorted(stops), frozenset(apart), items)
