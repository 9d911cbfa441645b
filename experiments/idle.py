"""Interventions that can never act, and lines that can never end a run."""

from __future__ import annotations

from collections import defaultdict

from peckham.agents.interventions.intervention import InterventionPart
from peckham.agents.interventions.responsive_oversight import CAUGHT, ResponsiveOversight
from peckham.agents.measures.measure import Measure
from peckham.agents.measures.registry import selected_measures
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.when import When

from .design import Design


def idle_interventions(design: Design) -> list[str]:
    """Describe the interventions that act in none of the runs in which they stand.

    So is ``stop_when`` that can end none of them. Different settings of an intervention,
    or of ``stop_when``, are looked at separately.
    """
    reasons: dict[tuple[str, str], list[str | None]] = defaultdict(list)
    stops: dict[str, list[str | None]] = defaultdict(list)
    for variant in design.variants:
        for intervention in variant.spec.interventions:
            settings = intervention.model_dump_json()
            reasons[intervention.name, settings].append(why_idle(intervention, variant.spec))
        stop = variant.spec.stop_when
        if stop is not None:
            stops[stop.model_dump_json()].append(why_never(stop, variant.spec))
    never = [
        f"stop_when: {found[0]}, so it never ends a run; change it or leave it out"
        for found in stops.values()
        if None not in found
    ]
    return never + [
        f"interventions.{name}: {found[0]}, so it never acts; change its schedule or leave it out"
        for (name, _), found in reasons.items()
        if None not in found
    ]


def why_idle(intervention: InterventionPart, spec: ModelSpec) -> str | None:
    """Return why an intervention can never act in a run, None if it can."""
    last = spec.generations - 1
    if isinstance(intervention, ResponsiveOversight) and intervention.on != CAUGHT:
        undefined = why_undefined(measure_of(intervention.on, spec), spec)
        if undefined is not None:
            return undefined
    dates = intervention.dates(spec.generations)
    if dates is not None:
        return None if len(dates) else f"its schedule starts after the last generation, {last}"
    when = intervention.when
    if when is None:  # a schedule of its own, known to nobody else
        return None
    if last < 1:
        return "its trigger needs the record of an earlier generation"
    return why_never(when, spec)


def why_never(when: When, spec: ModelSpec) -> str | None:
    """Return why a measure can never be beyond a line in a run, None if it can."""
    measure = measure_of(when.measure, spec)
    if when.above is not None and when.above >= measure.high:
        return f"{measure.name} cannot be above {when.above:g} (it is at most {measure.high:g})"
    if when.below is not None and when.below <= measure.low:
        return f"{measure.name} cannot be below {when.below:g} (it is at least {measure.low:g})"
    return why_undefined(measure, spec)


def measure_of(name: str, spec: ModelSpec) -> Measure:
    """Return a measure by its name."""
    known = selected_measures("all", spec.landscape.cluster_names)
    return next(measure for measure in known if measure.name == name)


def why_undefined(measure: Measure, spec: ModelSpec) -> str | None:
    """Return why a measure is null throughout a run, None if it may have a value."""
    if "held-out questions" in measure.needs and spec.battery.held_out == 0:
        return f"{measure.name} is null without held-out questions"
    if spec.population.beliefs_per_agent == 0 and of_beliefs(measure):
        return f"{measure.name} is null in a population without beliefs"
    in_closed_form = getattr(spec.selection, "in_closed_form", None)
    realised = measure.name.endswith("_selection_realised")
    expected = measure.name.endswith(("_selection", "_drift", "effective_parents"))
    if measure.needs.startswith("selection") and (
        (in_closed_form is True and realised) or (in_closed_form is False and expected)
    ):
        return f"{measure.name} is null under {spec.selection.kind} selection"
    return None


def of_beliefs(measure: Measure) -> bool:
    """Return whether a measure needs beliefs or a battery."""
    needs = measure.needs.split(", ")[0]
    has_traits_too = measure.name.startswith("alignment")
    is_price = measure.name.startswith("price_deceptive_share")
    return (needs in ("genomes", "battery") and not has_traits_too) or is_price
