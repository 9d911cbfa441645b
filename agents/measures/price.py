"""The Price equation, exact to rounding in every generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census, column_mean
from peckham.agents.population.columns import COLUMNS, SCHEMER
from peckham.agents.population.population import Population

from .measure import Group, Measure

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel
    from peckham.agents.selection.parentage import Parentage

TRAITS = {"true_value": "true_value", "deceptive_share": "deceptive", "schemers": "schemer"}
"""The traits z that are decomposed, and their columns in the ledger."""

TERMS = {
    "selection": "with expected offspring, Σ p_i·z_i − z̄",
    "drift": "realised minus expected offspring",
    "transmission": "children differ from their parents, under the old battery and signals",
    "environment": "what interventions changed",
    "selection_realised": "selection and drift together, where the rule has no closed form",
}

SETTLED, CLOSED_FORM = range(2)
"""Places of the flags."""

PLACES = np.array([COLUMNS.index(column) for column in TRAITS.values()])


class Means(NamedTuple):
    """What the terms of a generation are worked out from.

    Attributes
    ----------
    of : ndarray of float64, shape (5, traits)
        Means over the last generation; expected and realised over its
        offspring; over the newborn; over the current generation.
    flags : ndarray of bool, shape (2,)
        Whether those over the newborn are there, for something changed since
        they were born; whether what was expected is known.
    scale : ndarray of float64, shape (traits,)
        What each column is multiplied by.
    """

    of: NDArray[np.float64]
    flags: NDArray[np.bool_]
    scale: NDArray[np.float64]


class Price(Group):
    """Δz̄ = selection + drift + transmission + environment, from g − 1 to g.

    Price 1970, Nature 227:520: Δz̄ = Cov(w, z)/w̄ + E[w·Δz]/w̄. The row of
    generation g holds the change from g − 1 to g; it is null in generation 0.
    The terms that are not null sum to the difference of the means. A merged
    child counts half to each of its parents.
    """

    of_descent: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = tuple(
        Measure(
            f"price_{trait}_{term}",
            f"Price equation of {trait}: {meaning}",
            "score" if trait == "true_value" else "share",
            needs="selection, scores",
        )
        for trait in TRAITS
        for term, meaning in TERMS.items()
    )

    def __init__(self, model: PopulationModel) -> None:
        size, genes = model.population.size, model.population.genes
        share = 1.0 / genes if genes else np.nan
        scale = [share if column == "deceptive" else 1.0 for column in TRAITS.values()]
        self.means = Means(
            np.full((5, len(TRAITS)), np.nan), np.zeros(2, np.bool_), np.array(scale)
        )
        self._nobody = np.full(size, -1, np.int32)
        self._even = np.full(size, 1.0 / size)
        self._trait = np.empty(size)

    def selected(
        self, model: PopulationModel, parentage: Parentage, out: NDArray[np.float64]
    ) -> None:
        """Note means of z: over the parents, expected and realised over their offspring."""
        weights = parentage.probabilities
        parental_means(
            model.population,
            model.evaluator.census,
            self._even if weights is None else weights,
            parentage.parents,
            self._nobody if parentage.second is None else parentage.second,
            self._nobody if parentage.allele is None else parentage.allele,
            weights is not None,
            self.means,
            self._trait,
        )

    def settle(self, model: PopulationModel) -> None:
        """Note the means over the newborn before the battery or the signals change."""
        settle(model.population.clones.ledger, model.evaluator.census, self.means)

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Fill in the terms of the change that led to this generation."""
        if model.generation > 0:
            price_terms(model.population.clones.ledger, model.evaluator.census, self.means, out)


@borrowing
def price_terms(
    ledger: NDArray[np.float64], census: Census, means: Means, out: NDArray[np.float64]
) -> None:
    """Write the five terms of each trait to `out`, trait by trait; see `Price`.

    Parameters
    ----------
    ledger : ndarray of float64, shape (2N, columns)
    census : Census
        Of this generation.
    means : Means
        Of the last generation.
    out : ndarray of float64, shape (5·traits,)
    """
    now = means.of[4]
    column_averages(ledger, census, now)
    for k in range(PLACES.size):
        before, expected, realised = means.of[0, k], means.of[1, k], means.of[2, k]
        born = means.of[3, k] if means.flags[SETTLED] else now[k]
        scale = means.scale[k]
        if means.flags[CLOSED_FORM]:
            out[5 * k] = (expected - before) * scale
            out[5 * k + 1] = (realised - expected) * scale
        else:
            out[5 * k + 4] = (realised - before) * scale
        out[5 * k + 2] = (born - realised) * scale
        out[5 * k + 3] = (now[k] - born) * scale


@borrowing
def column_averages(ledger: NDArray[np.float64], census: Census, out: NDArray[np.float64]) -> None:
    """Write the mean over agents of each trait to `out`."""
    for k in range(PLACES.size):
        out[k] = column_mean(ledger, census, PLACES[k])


@borrowing
def settle(ledger: NDArray[np.float64], census: Census, means: Means) -> None:
    """Note the means over the newborn, unless that was done; see `Price.settle`."""
    if not means.flags[SETTLED]:
        column_averages(ledger, census, means.of[3])
    means.flags[SETTLED] = True


@borrowing
def parental_means(
    parents: Population,
    census: Census,
    weights: NDArray[np.float64],
    first: NDArray[np.int32],
    second: NDArray[np.int32],
    allele: NDArray[np.int32],
    closed_form: bool,
    means: Means,
    z: NDArray[np.float64],
) -> None:
    """Fill in the means that `price_terms` needs, but for those over the newborn.

    A second parent below 0 is none; nor is an allele's parent, which counts
    for the allele alone. `z` is scratch space of N numbers.
    """
    ledger, clone, member = parents.clones.ledger, census.clone, census.member
    size = member.size
    means.flags[SETTLED], means.flags[CLOSED_FORM] = False, closed_form
    for k in range(PLACES.size):
        place = PLACES[k]
        for c in range(census.many[0]):
            z[c] = ledger[np.uint32(clone[c]), place]
        expected = realised = 0.0
        for i in range(size):
            own = z[member[np.uint32(first[i])]]
            expected += z[member[i]] * weights[i]
            realised += own
            if place == SCHEMER and allele[i] >= 0:
                realised += z[member[allele[i]]] - own
            elif second[i] >= 0:
                realised += 0.5 * (z[member[second[i]]] - own)
        means.of[0, k] = column_mean(ledger, census, place)
        means.of[1, k], means.of[2, k] = expected, realised / size
