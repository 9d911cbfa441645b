"""The Price equation, exact to rounding in every generation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised
from peckham.agents.population.abundance import Abundance, trait_mean
from peckham.agents.population.traits import COLUMNS, SCHEMER

from .measure import CompiledGroup, Measure, row_class

TRAITS = {"true_value": "true_value", "deceptive_share": "deceptive", "schemers": "schemer"}
"""The traits z whose change is decomposed, and their columns in the table of traits."""

TERMS = {
    "selection": "with expected offspring, Σ p_i·z_i − z̄",
    "drift": "realised minus expected offspring",
    "transmission": "children differ from their parents, under the old battery and signals",
    "environment": "what interventions changed",
    "selection_realised": "selection and drift together, where the rule has no closed form",
}

Z = np.array([COLUMNS.index(column) for column in TRAITS.values()])


class Price(CompiledGroup):
    """Δz̄ = selection + drift + transmission + environment, from g − 1 to g.

    Price 1970, Nature 227:520: Δz̄ = Cov(w, z)/w̄ + E[w·Δz]/w̄. The row of
    generation g holds the change from g − 1 to g; it is null in generation 0.
    The terms that are not null sum to the difference of the means. A merged
    child counts half to each of its parents.
    """

    measures = tuple(
        Measure(
            f"price_{trait}_{term}",
            f"Price equation of {trait}: {meaning}",
            "score" if trait == "true_value" else "share",
            needs="selection, scores",
        )
        for trait in TRAITS
        for term, meaning in TERMS.items()
    )


Row = row_class(TERMS, __name__)


@summarised
class Means(NamedTuple):
    """The means from which the terms of a generation are computed, one number per trait.

    `before` is over the last generation, `expected` and `realised` over its offspring,
    `newborn` over the newborn before any intervention. `scale` is the factor of each
    column. The flags say whether an intervention has changed the newborn, and whether the
    expected numbers are known.
    """

    before: NDArray[np.float64]
    expected: NDArray[np.float64]
    realised: NDArray[np.float64]
    newborn: NDArray[np.float64]
    scale: NDArray[np.float64]
    intervened: NDArray[np.bool_]
    in_closed_form: NDArray[np.bool_]


def blank_means(genes: int) -> Means:
    """Return unfilled means for agents with `genes` beliefs."""
    share = 1.0 / genes if genes else np.nan
    scale = np.array([share if column == "deceptive" else 1.0 for column in TRAITS.values()])
    before, expected, realised, newborn = np.full((4, len(TRAITS)), np.nan)
    no = np.zeros((2, 1), np.bool_)
    return Means(before, expected, realised, newborn, scale, no[0], no[1])


@kernel
def price_terms(
    traits: NDArray[np.float64], abundance: Abundance, means: Means, trait: int
) -> tuple[float, ...]:
    """Return the terms of the change from the last generation, in `means`, to this one."""
    now = trait_mean(traits, abundance, Z[trait])
    newborn = means.newborn[trait] if means.intervened[0] else now
    before, realised, scale = means.before[trait], means.realised[trait], means.scale[trait]
    selection = drift = together = np.nan
    if means.in_closed_form[0]:
        selection = (means.expected[trait] - before) * scale
        drift = (realised - means.expected[trait]) * scale
    else:
        together = (realised - before) * scale
    transmission = (newborn - realised) * scale
    return Row(
        selection=selection,
        drift=drift,
        transmission=transmission,
        environment=(now - newborn) * scale,
        selection_realised=together,
    )


@kernel
def note_newborn(traits: NDArray[np.float64], abundance: Abundance, means: Means) -> None:
    """Store the means over the newborn before the first intervention of a generation."""
    if not means.intervened[0]:
        for k in range(Z.size):
            means.newborn[k] = trait_mean(traits, abundance, Z[k])
    means.intervened[0] = True


@kernel
def note_parents(
    traits: NDArray[np.float64],
    abundance: Abundance,
    weights: NDArray[np.float64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    allele: NDArray[np.int32],
    means: Means,
    scratch: NDArray[np.float64],
) -> None:
    """Store the means over a generation and over its offspring.

    `weights` holds the expected offspring divided by N, valid where they are in
    closed form. A second parent below 0 is none. So is a parent of an allele,
    which counts for the allele alone.
    """
    member, size, z = abundance.member, abundance.member.size, scratch
    means.intervened[0] = False
    for k in range(Z.size):
        for c in range(abundance.distinct[0]):
            z[c] = traits[np.uint32(abundance.genotype[c]), Z[k]]
        expected = realised = 0.0
        for i in range(size):
            own = z[member[np.uint32(first[i])]]
            expected += z[member[i]] * weights[i]
            realised += own
            if Z[k] == SCHEMER and allele[i] >= 0:
                realised += z[member[allele[i]]] - own
            elif second[i] >= 0:
                realised += 0.5 * (z[member[second[i]]] - own)
        means.before[k] = trait_mean(traits, abundance, Z[k])
        means.expected[k], means.realised[k] = expected, realised / size
