"""Assessment: how P and U of each genotype become fitness F and performance T.

`assess` calls the stages in their order: conduct, detection, judgement, deployment.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.conduct import deceiving, deception_probability, hidden
from peckham.agents.deployment.harms import commission, delivered, omission
from peckham.agents.deployment.performance import exerted_pressure, goodhart_gap, true_performance
from peckham.agents.oversight.channels import Channels
from peckham.agents.oversight.detection.detection import catching, flagging
from peckham.agents.parameters.settings import Settings
from peckham.agents.parameters.summaries import summarised
from peckham.agents.population.abundance import Abundance
from peckham.agents.population.alignment import mesa_alignment
from peckham.agents.population.genotypes import Genotypes
from peckham.agents.population.traits import (
    ALIGNMENT,
    CAPABILITY,
    PRODUCT_SUM,
    PROXY,
    SCHEMER,
    SIGNAL_SQUARE_SUM,
    TRUE_VALUE,
    VALUE_SQUARE_SUM,
)

from .judgement import deception_gain, expected_fitness, honest_score


@summarised
class Assessment(NamedTuple):
    """What an assessment finds, one number per entry of an `Abundance`.

    With expected episodes `deceiving` (q), `caught` (q·h) and `wrongly_flagged`
    ((1 − q)·f) are probabilities, with sampled ones they are 0 or 1. `hidden` is
    Δ; `deception_gap` is F less the F of q = 0.
    """

    proxy: NDArray[np.float64]
    true_value: NDArray[np.float64]
    fitness: NDArray[np.float64]
    deployed: NDArray[np.float64]
    goodhart_gap: NDArray[np.float64]
    capability: NDArray[np.float64]
    alignment: NDArray[np.float64]
    deception_probability: NDArray[np.float64]
    deceiving: NDArray[np.float64]
    caught: NDArray[np.float64]
    wrongly_flagged: NDArray[np.float64]
    delivered: NDArray[np.float64]
    commission_harm: NDArray[np.float64]
    omission_harm: NDArray[np.float64]
    deception_gap: NDArray[np.float64]
    hidden: NDArray[np.float64]


ASSESSED = Assessment._fields


@kernel(inline=True)
def named(f: NDArray[np.float64]) -> Assessment:
    """Return the rows of an array, in the order of `ASSESSED`, by their names.

    Kernels hand over the array: sixteen arrays would take longer to compile.
    """
    return Assessment(
        f[0], f[1], f[2], f[3], f[4], f[5], f[6], f[7],
        f[8], f[9], f[10], f[11], f[12], f[13], f[14], f[15],
    )  # fmt: skip


@kernel
def copy_scores(
    genotypes: Genotypes, abundance: Abundance, assessment: NDArray[np.float64]
) -> None:
    """Write P, U and F = P, which is all that selection needs without oversight."""
    found = named(assessment)
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])
        found.proxy[k] = found.fitness[k] = genotypes.traits[i, PROXY]
        found.true_value[k] = genotypes.traits[i, TRUE_VALUE]


@kernel
def assess(
    genotypes: Genotypes,
    abundance: Abundance,
    settings: Settings,
    channels: Channels,
    episodes: NDArray[np.float64],
    assessment: NDArray[np.float64],
) -> None:
    """Assess every entry of an abundance; write the rows of `ASSESSED`.

    There is one entry per genotype, or per agent if episodes are sampled. Then `episodes`,
    shape (N, 2), has two uniforms per agent: whether it deceives, and whether it is caught
    or flagged.
    """
    traits, genes, found = genotypes.traits, genotypes.beliefs.shape[1], named(assessment)
    penalty = settings.penalty
    for k in range(abundance.distinct[0]):
        i = np.uint32(abundance.genotype[k])
        p, u, c, rho = traits[i, PROXY], traits[i, TRUE_VALUE], traits[i, CAPABILITY], 0.0
        if genes > 0:
            rho = mesa_alignment(
                traits[i, PRODUCT_SUM], traits[i, VALUE_SQUARE_SUM], traits[i, SIGNAL_SQUARE_SUM]
            )
        else:
            rho = traits[i, ALIGNMENT]

        # conduct
        d = deception_probability(c, channels.deterrence)
        gain = hidden(p, u)
        able = settings.innate or traits[i, SCHEMER] > 0.0
        able = able and settings.conditions and c >= settings.aware_from
        q = deceiving(rho, d, gain, 1.0 if able else 0.0)

        # detection
        h = catching(channels.audit, settings.sensitivity, d)
        f = flagging(channels.audit, settings.false_positive_rate)
        if episodes.shape[0] > 0:
            q = 1.0 if episodes[k, 0] < q else 0.0
            h = 1.0 if episodes[k, 1] < h else 0.0
            f = 1.0 if episodes[k, 1] < f else 0.0

        # judgement
        honest = honest_score(p, u, channels.transparency)
        found.fitness[k] = expected_fitness(p, honest, q, h, f, penalty)
        found.deception_gap[k] = deception_gain(p, honest, q, h, f, penalty)

        # deployment
        t = true_performance(u, rho, exerted_pressure(settings.pressure, c), settings.shift)
        found.deployed[k] = t
        found.goodhart_gap[k] = goodhart_gap(p, t)
        found.delivered[k] = delivered(t, p, q, channels.deployment)
        found.commission_harm[k] = commission(q, h, t)
        found.omission_harm[k] = omission(q, f, t)

        found.proxy[k], found.true_value[k], found.hidden[k] = p, u, gain
        found.capability[k], found.alignment[k], found.deception_probability[k] = c, rho, d
        found.deceiving[k], found.caught[k], found.wrongly_flagged[k] = q, q * h, (1.0 - q) * f


@kernel
def share_caught(assessment: NDArray[np.float64], abundance: Abundance) -> float:
    """Return the share of agents that were caught deceiving."""
    found, caught = named(assessment), 0.0
    for k in range(abundance.distinct[0]):
        caught += found.caught[k] * abundance.agents[k]
    return caught / abundance.member.size
