"""The parameters of a run: blocks of fields, as experiment files have them.

A field marked `Reserved` belongs to the file format; the mechanism behind it
is not there yet, and any value but its default is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field

from .parts import Block, Reserved, default_part, one_of
from .quantities import Count, CountOrZero, Generation, NonNegative, Real, Share

if TYPE_CHECKING:
    from .batteries.battery import BatteryPart
    from .interventions.intervention import InterventionPart
    from .landscapes.landscape import LandscapePart
    from .proposals.proposal import ProposalPart
    from .selection.parentage import SelectionPart

    AnyLandscape = LandscapePart
    AnyBattery = BatteryPart
    AnySelection = SelectionPart
    AnyProposal = ProposalPart
    AnyIntervention = InterventionPart
else:
    AnyLandscape = one_of("landscape")
    AnyBattery = one_of("battery")
    AnySelection = one_of("selection")
    AnyProposal = one_of("proposal")
    AnyIntervention = one_of("intervention")

PART_FIELDS = {
    "landscape": "landscape",
    "battery": "battery",
    "selection": "selection",
    "proposal": "proposal",
    "interventions": "intervention",
}
"""Fields that hold parts, and the family they choose from."""


class Moments(Block):
    """Mean and standard deviation of a normal trait."""

    mean: Real
    sd: NonNegative


class Capability(Block):
    """Capability c of the founders: normal, clipped to 0..100."""

    mean: Annotated[float, Field(ge=0, le=100)] = 50.0
    sd: NonNegative = 10.0


class PopulationBlock(Block):
    """Who there is at the start."""

    size: Count = 300
    beliefs_per_agent: CountOrZero = 50
    capability: Capability = Field(default_factory=Capability)
    alignment: Annotated[Moments | None, Reserved()] = None
    schemers: Share = 0.5


class ReproductionBlock(Block):
    """How children differ from their parents."""

    mutation_rate: Share = 0.0
    recombination_rate: Share = 0.0
    capability_drift: Annotated[Real, Reserved()] = 0.0
    capability_sd: Annotated[NonNegative, Reserved()] = 0.0
    alignment_sd: Annotated[NonNegative, Reserved()] = 0.0
    strategy_flip_rate: Annotated[Share, Reserved()] = 0.0
    proposal: AnyProposal = Field(default_factory=lambda: default_part("proposal"))


class ConductBlock(Block):
    """Who deceives, and when."""

    kind: Annotated[Literal["allele", "innate"], Reserved()] = "allele"
    horizon: Annotated[bool, Reserved()] = True
    threat_ends: Annotated[bool, Reserved()] = True
    aware_from: Annotated[Real, Reserved()] = 0.0
    episodes: Annotated[Literal["expected", "sampled"], Reserved()] = "expected"
    allele_assortment: Annotated[Share, Reserved()] = 0.0


class OversightBlock(Block):
    """How closely the evaluator looks; level 0 is none."""

    level: Annotated[Share, Reserved()] = 0.0
    deterrence: Annotated[Share | None, Reserved()] = None
    transparency: Annotated[Share | None, Reserved()] = None
    audit: Annotated[Share | None, Reserved()] = None
    deployment: Annotated[Share | None, Reserved()] = None
    sensitivity: Annotated[Share, Reserved()] = 0.8
    false_positive_rate: Annotated[Share, Reserved()] = 0.05
    sanction: Annotated[Literal["penalty", "removal"], Reserved()] = "penalty"
    penalty: Annotated[NonNegative, Reserved()] = 1.0
    scaling: Annotated[str, Reserved()] = "constant"


class DeploymentBlock(Block):
    """What deployment asks of the tested models."""

    pressure: NonNegative = 1.0
    shift: NonNegative = 0.0
    noise: Annotated[NonNegative, Reserved()] = 0.0
    offset: Annotated[Real, Reserved()] = 0.0


def names_of_measures(value: object) -> object:
    """Refuse what cannot name measures; which names there are depends on the landscape."""
    a_list = isinstance(value, list) and all(isinstance(name, str) for name in value)
    if not a_list and value not in ("all", "published"):
        raise ValueError(f"must be all, published or a list of names, got {value!r}")
    return value


class RecordBlock(Block):
    """What is written down of each generation."""

    measures: Annotated[str | list[str], BeforeValidator(names_of_measures)] = "all"
    agents_at: list[Generation] = Field(default_factory=list)
    prevalence: Annotated[float, Field(gt=0, le=1)] = 0.9


class ModelSpec(Block):
    """All parameters of one run; with a seed they determine it.

    Attributes
    ----------
    generations : int
        G, at least 1.
    control : {"none", "neutral"}
        ``neutral`` makes the run a neutral twin: fitness is what it is, but
        selection sees the same fitness for everyone.
    """

    generations: Count = 100
    record: RecordBlock = Field(default_factory=RecordBlock)
    population: PopulationBlock = Field(default_factory=PopulationBlock)
    landscape: AnyLandscape = Field(default_factory=lambda: default_part("landscape"))
    battery: AnyBattery = Field(default_factory=lambda: default_part("battery"))
    selection: AnySelection = Field(default_factory=lambda: default_part("selection"))
    reproduction: ReproductionBlock = Field(default_factory=ReproductionBlock)
    conduct: ConductBlock = Field(default_factory=ConductBlock)
    oversight: OversightBlock = Field(default_factory=OversightBlock)
    deployment: DeploymentBlock = Field(default_factory=DeploymentBlock)
    interventions: list[AnyIntervention] = Field(default_factory=list)
    control: Literal["none", "neutral"] = "none"
