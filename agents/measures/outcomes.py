"""Measures of what oversight achieves and what it costs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.evaluation.assessment import named
from peckham.agents.oversight.channels import Channels
from peckham.agents.parameters.settings import Settings
from peckham.agents.population.abundance import Abundance

from .measure import CompiledGroup, Measure, row_class
from .scales import NOISE

NEEDS = "scores, alignment, traits, oversight"


class Outcomes(CompiledGroup):
    """Safety, usefulness, what honest agents lose, and the cost of oversight."""

    measures = (
        Measure(
            "safety",
            "share of the harm of deception that is prevented, 1 − Σ commission/Σ q·max(0, −T)",
            "share",
            0.0,
            1.0,
            NEEDS,
            better="higher",
        ),
        Measure(
            "caught_share",
            "share of deception that is caught, Σ q·h/Σ q",
            "share",
            0.0,
            1.0,
            NEEDS,
            better="higher",
        ),
        Measure(
            "honest_loss",
            "mean of P less the F of q = 0, what oversight takes from honest agents",
            "score",
            needs=NEEDS,
            better="lower",
        ),
        Measure(
            "usefulness",
            "mean of the value delivered less the harm of omission",
            "score",
            needs=NEEDS,
            better="higher",
        ),
        Measure(
            "oversight_cost",
            "cost of oversight, Σ cost·o over audit, transparency and deterrence",
            "cost",
            0.0,
            needs="oversight",
            better="lower",
        ),
    )


Row = row_class([measure.name for measure in Outcomes.measures], __name__)


@kernel
def cost_of(channels: Channels, settings: Settings) -> float:
    """Return audit_cost·o_a + transparency_cost·o_t + deterrence_cost·o_d."""
    transparency = settings.transparency_cost * channels.transparency
    deterrence = settings.deterrence_cost * channels.deterrence
    return settings.audit_cost * channels.audit + transparency + deterrence


@kernel
def measure_outcomes(
    assessment: NDArray[np.float64], abundance: Abundance, cost: float
) -> tuple[float, ...]:
    """Return the measures of outcomes. Shares of deception that is only rounding are NaN."""
    found, size = named(assessment), abundance.member.size
    deceiving = caught = threat = harm = loss = use = 0.0
    for k in range(abundance.distinct[0]):
        agents = abundance.agents[k]
        deceiving += agents * found.deceiving[k]
        caught += agents * found.caught[k]
        threat += agents * (found.deceiving[k] * max(0.0, -found.deployed[k]))
        harm += agents * found.commission_harm[k]
        honest = found.fitness[k] - found.deception_gap[k]  # the F of q = 0
        loss += agents * (found.proxy[k] - honest)
        use += agents * (found.delivered[k] - found.omission_harm[k])
    anybody = deceiving > NOISE * size
    return Row(
        safety=1.0 - harm / threat if anybody and threat > 0.0 else np.nan,
        caught_share=caught / deceiving if anybody else np.nan,
        honest_loss=loss / size,
        usefulness=use / size,
        oversight_cost=cost,
    )
