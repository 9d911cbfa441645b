"""The parameters of a run: blocks of fields, as experiment files have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from peckham.agents.measures.measure import current_name
from peckham.agents.oversight.channels import Channels

from .quantities import (
    LARGEST,
    Correlation,
    Count,
    CountOrZero,
    Generation,
    NonNegative,
    Real,
    Share,
)
from .registry import Block, default_part, one_of
from .when import When

if TYPE_CHECKING:
    from peckham.agents.batteries.battery import BatteryPart
    from peckham.agents.interventions.intervention import InterventionPart
    from peckham.agents.landscapes.landscape import LandscapePart
    from peckham.agents.oversight.detection.detection import DetectionPart
    from peckham.agents.oversight.scalings.scaling import ScalingPart
    from peckham.agents.reproduction.proposals.proposal import ProposalPart
    from peckham.agents.selection.parentage import SelectionPart

    AnyLandscape = LandscapePart
    AnyBattery = BatteryPart
    AnySelection = SelectionPart
    AnyProposal = ProposalPart
    AnyScaling = ScalingPart
    AnyDetection = DetectionPart
    AnyIntervention = InterventionPart
else:
    AnyLandscape = one_of("landscape")
    AnyBattery = one_of("battery")
    AnySelection = one_of("selection")
    AnyProposal = one_of("proposal")
    AnyScaling = one_of("scaling")
    AnyDetection = one_of("detection")
    AnyIntervention = one_of("intervention")

PART_FIELDS = {
    "landscape": "landscape",
    "battery": "battery",
    "selection": "selection",
    "proposal": "proposal",
    "scaling": "scaling",
    "detection": "detection",
    "interventions": "intervention",
}
"""Fields that hold parts, and the family they choose from."""


class Alignment(Block):
    """Alignment ρ of a trait population's founders: normal, reflected into -1..1."""

    mean: Correlation = 0.0
    sd: NonNegative = 0.5


class Capability(Block):
    """Capability c of the founders: normal, clipped to 0..100."""

    mean: Annotated[float, Field(ge=0, le=100)] = 50.0
    sd: NonNegative = 10.0


class PopulationBlock(Block):
    """Who there is at the start."""

    size: Count = 300
    beliefs_per_agent: CountOrZero = 50
    capability: Capability = Field(default_factory=Capability)
    alignment: Alignment | None = None
    schemers: Share = 0.5


class ReproductionBlock(Block):
    """How children differ from their parents."""

    mutation_rate: Share = 0.0
    recombination_rate: Share = 0.0
    capability_drift: Real = 0.0
    capability_sd: NonNegative = 0.0
    alignment_sd: NonNegative = 0.0
    strategy_flip_rate: Share = 0.0
    proposal: AnyProposal = Field(default_factory=lambda: default_part("proposal"))


def kind_alone(value: object) -> object:
    """Take the name of a kind alone for a block of that kind."""
    return {"kind": value} if isinstance(value, str) else value


class ConductBlock(Block):
    """Who deceives, and when."""

    kind: Literal["allele", "innate"] = "allele"
    horizon: bool = True
    threat_ends: bool = True
    aware_from: Real = 0.0
    episodes: Literal["expected", "sampled"] = "expected"
    allele_assortment: Share = 0.0


class OversightBlock(Block):
    """How closely the evaluator looks; level 0 is none. Channels are the level unless set apart."""

    level: Share = 0.0
    deterrence: Share | None = None
    transparency: Share | None = None
    audit: Share | None = None
    deployment: Share | None = None
    sensitivity: Share = 0.8
    false_positive_rate: Share = 0.05
    sanction: Literal["penalty", "removal"] = "penalty"
    penalty: NonNegative = 1.0
    audit_cost: NonNegative = 1.0
    transparency_cost: NonNegative = 0.0
    deterrence_cost: NonNegative = 0.0
    detection: Annotated[AnyDetection, BeforeValidator(kind_alone)] = Field(
        default_factory=lambda: default_part("detection")
    )
    scaling: Annotated[AnyScaling, BeforeValidator(kind_alone)] = Field(
        default_factory=lambda: default_part("scaling")
    )

    def channels(self) -> Channels:
        """Return the channels before scaling: each is the level unless it is set apart."""
        apart = (self.deterrence, self.transparency, self.audit, self.deployment)
        return Channels(self.level, *(self.level if o is None else o for o in apart))

    def rates(self) -> tuple[float, float]:
        """Return the composite sensitivity and false-positive rate of detection."""
        return self.detection.rates(self.sensitivity, self.false_positive_rate)


class DeploymentBlock(Block):
    """What deployment asks of the tested models."""

    pressure: NonNegative = 1.0
    shift: NonNegative = 0.0
    noise: NonNegative = 0.0
    offset: Real = 0.0

    @model_validator(mode="after")
    def _performance_is_in_range(self) -> DeploymentBlock:
        largest = self.shift * self.pressure * self.pressure
        if largest > LARGEST:
            raise ValueError(
                f"shift·pressure² must be at most {LARGEST:g}, got {largest:g}; lower one of them"
            )
        return self


def names_of_measures(value: object) -> object:
    """Refuse what cannot name measures; which names there are depends on the landscape."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return [current_name(name) for name in value]
    if value not in ("all", "published"):
        raise ValueError(f"must be all, published or a list of names, got {value!r}")
    return value


class RecordBlock(Block):
    """What is written down of each generation.

    Attributes
    ----------
    every : int
        Of the generations, 0, each n-th and the last are written to run folders.
        Measures are taken in all.
    """

    measures: Annotated[str | list[str], BeforeValidator(names_of_measures)] = "all"
    every: Count = 1
    agents_at: list[Generation] = Field(default_factory=list)
    prevalence: Annotated[float, Field(gt=0, le=1)] = 0.9


class ModelSpec(Block):
    """All parameters of one run; with a seed they determine it.

    Attributes
    ----------
    generations : int
        G, at least 1.
    stop_when : When or None
        Ends the run after the generation whose record crosses the line.
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
    stop_when: When | None = None
    control: Literal["none", "neutral"] = "none"
