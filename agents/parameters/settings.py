"""Settings: the numbers of a spec that the kernels of a generation read."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from peckham.agents.oversight.channels import Channels
from peckham.agents.oversight.scalings.proportional import Proportional
from peckham.agents.randomness import Streams
from peckham.agents.selection.parentage import CompiledRule
from peckham.agents.selection.rules import number_of

from .spec import ModelSpec


class Settings(NamedTuple):
    """What stays the same until an intervention changes a parameter.

    Names are those of the experiment file, except for these.

    Attributes
    ----------
    rule, second_rule : int
        Numbers of the kernels that draw parents, see `peckham.agents.selection.rules`.
    strength : float
        What the rule takes: β, k or the number of survivors.
    in_closed_form, neutral : bool
        Whether the rule gives expected offspring; whether all agents have the same fitness.
    channels : Channels
        Oversight as it was set, and scaled unless it scales with capability.
    sensitivity, false_positive_rate, penalty : float
        Composite rates of detection; the penalty is 0 if the sanction is removal.
    conditions : bool
        Whether horizon and threat allow deception.
    reference : float
        Mean capability at which proportional oversight has its set value, else 0.
    overseen, assesses_all : bool
        Whether any channel is above 0; whether more than P, U and F is needed.
    inherits_sums : bool
        Whether mutants inherit sums over beliefs, see `score_battery`.
    """

    rule: int
    second_rule: int
    strength: float
    in_closed_form: bool
    neutral: bool
    mutation_rate: float
    recombination_rate: float
    allele_assortment: float
    flip_rate: float
    capability_drift: float
    capability_sd: float
    alignment_sd: float
    pressure: float
    shift: float
    channels: Channels
    sensitivity: float
    false_positive_rate: float
    penalty: float
    audit_cost: float
    transparency_cost: float
    deterrence_cost: float
    removal: bool
    innate: bool
    conditions: bool
    aware_from: float
    sampled: bool
    reference: float
    overseen: bool
    assesses_all: bool
    held_out: bool
    inherits_sums: bool


def scales_in_python(spec: ModelSpec) -> bool:
    """Return whether the scaling of oversight must be called in every generation."""
    scaling = spec.oversight.scaling
    return scaling.of_capability and type(scaling) is not Proportional


def settings_of(
    spec: ModelSpec, *, assesses_all: bool, held_out: bool, inherits_sums: bool
) -> Settings:
    """Return the settings of a spec.

    Parameters
    ----------
    spec : ModelSpec
    assesses_all, held_out, inherits_sums : bool
        See `Settings`; the first also where there is oversight.
    """
    build, conduct, oversight = spec.reproduction, spec.conduct, spec.oversight
    rule, deployment, scaling = spec.selection, spec.deployment, spec.oversight.scaling
    channels = oversight.channels()
    overseen, size = max(channels) > 0, spec.population.size
    if not scaling.of_capability:
        channels = scaling.scaled(channels, float("nan"), size)
    sensitivity, false_positive_rate = oversight.rates()
    first, second = number_of(rule)
    return Settings(
        rule=first,
        second_rule=second,
        strength=float(rule.strength_among(size)) if isinstance(rule, CompiledRule) else 0.0,
        in_closed_form=isinstance(rule, CompiledRule) and rule.in_closed_form,
        neutral=spec.control == "neutral",
        mutation_rate=float(build.mutation_rate),
        recombination_rate=float(build.recombination_rate),
        allele_assortment=float(conduct.allele_assortment),
        flip_rate=float(build.strategy_flip_rate),
        capability_drift=float(build.capability_drift),
        capability_sd=float(build.capability_sd),
        alignment_sd=float(build.alignment_sd),
        pressure=float(deployment.pressure),
        shift=float(deployment.shift),
        channels=Channels(*map(float, channels)),
        sensitivity=float(sensitivity),
        false_positive_rate=float(false_positive_rate),
        penalty=float(oversight.penalty) if oversight.sanction == "penalty" else 0.0,
        audit_cost=float(oversight.audit_cost),
        transparency_cost=float(oversight.transparency_cost),
        deterrence_cost=float(oversight.deterrence_cost),
        removal=oversight.sanction == "removal",
        innate=conduct.kind == "innate",
        conditions=conduct.horizon and conduct.threat_ends,
        aware_from=float(conduct.aware_from),
        sampled=conduct.episodes == "sampled",
        reference=float(scaling.reference) if type(scaling) is Proportional else 0.0,
        overseen=overseen,
        assesses_all=assesses_all or overseen,
        held_out=held_out,
        inherits_sums=inherits_sums,
    )


def streams_of(spec: ModelSpec, stream: Callable[[str], np.random.Generator]) -> Streams:
    """Return the streams that a generation draws from.

    A stream from which nothing is drawn is not made; the selection stream takes its place.
    """
    build, conduct = spec.reproduction, spec.conduct
    is_used = {
        "selection": True,
        "recombination": build.recombination_rate > 0,
        "mutation": build.mutation_rate > 0 or build.alignment_sd > 0,
        "capability": build.capability_drift != 0 or build.capability_sd > 0,
        "strategy": conduct.allele_assortment > 0 or build.strategy_flip_rate > 0,
        "conduct": conduct.episodes == "sampled",
    }
    return Streams(*(stream(name if is_used[name] else "selection") for name in Streams._fields))
