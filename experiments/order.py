"""The order of events in a generation of an experiment, with the parts that act in each stage."""

from __future__ import annotations

from collections.abc import Iterator

from peckham.agents.generation import STAGES
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.when import When

from .design import Design


def acting(spec: ModelSpec) -> Iterator[tuple[str, str]]:
    """Yield the stages in which anything acts, with a phrase for each part.

    Parameters
    ----------
    spec : ModelSpec
        The parameters of a run.
    """
    build, conduct, oversight = spec.reproduction, spec.conduct, spec.oversight
    has_beliefs = spec.population.beliefs_per_agent > 0
    for intervention in spec.interventions:
        named = "" if intervention.name == intervention.kind else f" ({intervention.name})"
        yield "intervene", f"{intervention.kind}{named}"
    yield "score", f"{spec.battery.kind} battery" if has_beliefs else "traits"
    if has_beliefs and spec.battery.held_out > 0:
        yield "score", "held-out questions"
    if max(oversight.channels()) > 0:
        yield "oversee", f"{oversight.scaling.kind} scaling"
        yield "assess", f"{oversight.detection.kind} detection"
        yield "assess", oversight.sanction
    yield "assess", f"{conduct.kind} conduct, {conduct.episodes} episodes"
    measures = spec.record.measures
    listed = measures if isinstance(measures, str) else ", ".join(measures)
    yield "record", f"measures: {listed}"
    if spec.record.agents_at:
        yield "record", "snapshots"
    blind = " (neutral twin: it sees the same fitness for every agent)"
    yield "select", f"{spec.selection.kind}{blind if spec.control == 'neutral' else ''}"
    if build.recombination_rate > 0:
        yield "pair", "second parents"
        yield "recombine", "recombination"
    if conduct.allele_assortment > 0:
        yield "pair", "parents of alleles"
        yield "transmit", "allele assortment"
    yield "record_selection", "Price equation, effective parents"
    yield "inherit", "genotypes"
    if build.mutation_rate > 0:
        yield "mutate", f"mutation, {build.proposal.kind} proposal"
    if build.alignment_sd > 0:
        yield "mutate", "alignment"
    if build.capability_drift != 0 or build.capability_sd > 0:
        yield "drift", "capability"
    if build.strategy_flip_rate > 0:
        yield "transmit", "strategy flips"
    if spec.stop_when is not None:
        yield "transmit", f"the run ends here if the record has {line_of(spec.stop_when)}"


def line_of(when: When) -> str:
    """Return what a line asks of a measure, in words."""
    if when.above is not None:
        return f"{when.measure} above {when.above:g}"
    return f"{when.measure} below {when.below:g}"


def order_of(design: Design) -> dict[str, list[str]]:
    """Return the parts that act in each stage, in order.

    Parameters
    ----------
    design : Design
        A part that acts in some kinds of run only is followed by their
        conditions; sweep points of a condition are not told apart.

    Returns
    -------
    dict
        Phrases by stage, for every stage of `peckham.agents.generation.STAGES`.
    """
    runs = [({*acting(v.spec)}, v.condition, list(acting(v.spec))) for v in design.variants]
    order: dict[str, list[str]] = {stage: [] for stage in STAGES}
    for stage, phrase in dict.fromkeys(pair for _, _, pairs in runs for pair in pairs):
        where = [condition for found, condition, _ in runs if (stage, phrase) in found]
        some = "" if len(where) == len(runs) else f" [{', '.join(dict.fromkeys(where))}]"
        order[stage].append(phrase + some)
    return order


def in_lines(design: Design) -> list[str]:
    """Return the order of events as lines of text."""
    lines = []
    width = max(map(len, STAGES))
    for number, (stage, parts) in enumerate(order_of(design).items(), 1):
        lines.append(f"{number:>2}. {stage:<{width}}  {STAGES[stage]}")
        lines.append(f"    {'':<{width}}  → {'; '.join(parts) or 'nothing acts here'}")
    return lines
