"""The Price equation, exact to rounding in every generation."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.ledger import COLUMNS

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

SCHEMER = COLUMNS.index("schemer")

PLACES = np.array([COLUMNS.index(column) for column in TRAITS.values()])


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
        genes = model.population.genes
        share = 1.0 / genes if genes else np.nan
        self._scale = np.array([share if c == "deceptive" else 1.0 for c in TRAITS.values()])
        self._closed_form = False
        self._even = np.full(model.population.size, 1.0 / model.population.size)
        self._nobody = np.full(model.population.size, -1, np.int32)
        self._at_selection = np.full((3, len(TRAITS)), np.nan)
        self._newborn = np.full(len(TRAITS), np.nan)
        self._settled = False

    def selected(
        self, model: PopulationModel, parentage: Parentage, out: NDArray[np.float64]
    ) -> None:
        """Note means of z: over the parents, expected and realised over their offspring."""
        weights = parentage.probabilities
        self._closed_form = weights is not None
        self._settled = False
        parental_means(
            model.population.ledger,
            PLACES,
            self._even if weights is None else weights,
            parentage.parents,
            self._nobody if parentage.second is None else parentage.second,
            self._nobody if parentage.allele is None else parentage.allele,
            self._at_selection,
        )

    def settle(self, model: PopulationModel) -> None:
        """Note the means over the newborn before the battery or the signals change."""
        if not self._settled:
            means(model.population.ledger, PLACES, self._newborn)
        self._settled = True

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Fill in the terms of the change that led to this generation."""
        if model.generation > 0:
            price_terms(
                model.population.ledger,
                PLACES,
                self._at_selection,
                self._newborn,
                self._settled,
                self._closed_form,
                self._scale,
                out,
            )


@compiled
def price_terms(
    ledger: NDArray[np.float64],
    places: NDArray[np.int64],
    at_selection: NDArray[np.float64],
    newborn: NDArray[np.float64],
    settled: bool,
    closed_form: bool,
    scale: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Write the five terms of each trait to `out`, trait by trait; see `Price`."""
    now = np.empty(places.size)
    means(ledger, places, now)
    for k in range(places.size):
        before, expected, realised = at_selection[0, k], at_selection[1, k], at_selection[2, k]
        born = newborn[k] if settled else now[k]
        term = out[5 * k : 5 * k + 5]
        if closed_form:
            term[0] = (expected - before) * scale[k]
            term[1] = (realised - expected) * scale[k]
        else:
            term[4] = (realised - before) * scale[k]
        term[2] = (born - realised) * scale[k]
        term[3] = (now[k] - born) * scale[k]


@compiled
def means(ledger: NDArray[np.float64], places: NDArray[np.int64], out: NDArray[np.float64]) -> None:
    """Write the mean over agents of some columns to `out`."""
    out[:] = 0.0
    for i in range(ledger.shape[0]):
        for k in range(places.size):
            out[k] += ledger[i, places[k]]
    out /= ledger.shape[0]


@compiled
def parental_means(
    ledger: NDArray[np.float64],
    places: NDArray[np.int64],
    weights: NDArray[np.float64],
    parents: NDArray[np.int32],
    second: NDArray[np.int32],
    allele: NDArray[np.int32],
    out: NDArray[np.float64],
) -> None:
    """Write means of some columns to `out`: plain, weighted, and over each child's parents.

    A second parent below 0 is none; nor is an allele's parent, which counts
    for the allele alone.
    """
    out[:] = 0.0
    size = ledger.shape[0]
    for i in range(size):
        for k in range(places.size):
            z = ledger[i, places[k]]
            out[0, k] += z
            out[1, k] += z * weights[i]
            out[2, k] += ledger[parents[i], places[k]]
            if places[k] == SCHEMER and allele[i] >= 0:
                out[2, k] += ledger[allele[i], places[k]] - ledger[parents[i], places[k]]
            elif second[i] >= 0:
                out[2, k] += 0.5 * (ledger[second[i], places[k]] - ledger[parents[i], places[k]])
    out[0] /= size
    out[2] /= size
