"""The schedule of a run: when anything is due that is known beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .model import PopulationModel


class Schedule(NamedTuple):
    """When anything is due in a run, which is known beforehand.

    Attributes
    ----------
    stops : list of int
        The generations, ascending; the last is the end of the run.
    apart : frozenset of int
        Those of them that are left to `step`: somebody looks at the agents, or
        a parameter changes.
    """

    stops: list[int]
    apart: frozenset[int]


def schedule_of(model: PopulationModel) -> Schedule | None:
    """Return what is due when, None if that depends on how the run goes."""
    end = min(model.generations, model.record.room)
    stops, apart = {end}, {g for g in model.spec.record.agents_at if g < end}
    for intervention in model.spec.interventions:
        dates = intervention.dates(end)
        if dates is None:
            return None
        (stops if intervention.of_test else apart).update(dates)
    return Schedule(sorted(stops | apart), frozenset(apart))
