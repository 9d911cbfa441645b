"""The course of a run: the parameters that may be in force at some time of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from peckham.agents.interventions.responsive_oversight import ResponsiveOversight
from peckham.agents.interventions.set import Setting
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import SpecError, with_setting

LONGEST = 64
"""Number of different parameters up to which a course is followed."""


class Step(NamedTuple):
    """One setting: when it is made, its place in the list of interventions, and what it sets."""

    generation: int
    place: int
    path: str
    value: object


def course(spec: ModelSpec) -> tuple[ModelSpec, ...] | None:
    """Return all parameters that may be in force in some generation of a run.

    Settings on dates are applied in order. A setting with a trigger may be made
    at any time or never.

    Parameters
    ----------
    spec : ModelSpec
        The parameters at the start.

    Returns
    -------
    tuple of ModelSpec or None
        The first is `spec`. None if the course cannot be known: under an
        intervention that may set anything, or with too many triggers.
    """
    dated: list[Step] = []
    any_time: list[Step] = []
    for place, part in enumerate(spec.interventions):
        if isinstance(part, Setting):
            dates = part.dates(spec.generations)
            if dates is None:
                any_time.append(Step(0, place, part.path, part.value))
            else:
                dated += [Step(date, place, part.path, part.value) for date in dates]
        elif isinstance(part, ResponsiveOversight):  # its highest level stands for all
            any_time.append(Step(0, place, "oversight.level", 1.0))
        elif not part.of_test:
            return None
    try:
        return followed(spec, sorted(dated, key=lambda step: step[:2]), any_time)
    except OverflowError:
        return None


def followed(spec: ModelSpec, dated: list[Step], any_time: list[Step]) -> tuple[ModelSpec, ...]:
    """Return all parameters that steps lead to; raise OverflowError if there are too many."""
    known: dict[str, ModelSpec] = {}
    after: dict[tuple[str, str, str], str | None] = {}

    def note(found: ModelSpec) -> str:
        name = found.model_dump_json(include={"oversight", "conduct", "selection", "deployment"})
        known.setdefault(name, found)
        if len(known) > LONGEST:
            raise OverflowError
        return name

    def applied(name: str, step: Step) -> str | None:
        """Return where a step leads to; None if it is refused, which ends the run."""
        way = name, step.path, repr(step.value)
        if way not in after:
            try:
                after[way] = note(with_setting(known[name], step.path, step.value))
            except SpecError:
                after[way] = None
        return after[way]

    def spread(names: Iterable[str]) -> dict[str, None]:
        """Return what is reached from here at any time."""
        reached = dict.fromkeys(names)
        waiting = list(reached)
        for name in waiting:
            for step in any_time:
                further = applied(name, step)
                if further is not None and further not in reached:
                    reached[further] = None
                    waiting.append(further)
        return reached

    current = spread([note(spec)])
    for step in dated:
        moved = [applied(name, step) for name in current]
        current = spread(name for name in moved if name is not None)
    return tuple(known.values())
