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

PLACES = np.array([COLUMNS.index(column) for column in TRAITS.values()])


class Price(Group):
    """Δz̄ = selection + drift + transmission + environment, from g − 1 to g.

    Price 1970, Nature 227:520: Δz̄ = Cov(w, z)/w̄ + E[w·Δz]/w̄. The row of
    generation g holds the change from g − 1 to g; it is null in generation 0.
    The terms that are not null sum to the difference of the means.
    """

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
        self._scale = np.array([1.0 / genes if c == "deceptive" else 1.0 for c in TRAITS.values()])
        self._closed_form = False
        self._at_selection = np.full((3, len(TRAITS)), np.nan)
        self._newborn: NDArray[np.float64] | None = None

    def selected(
        self, model: PopulationModel, parentage: Parentage, out: NDArray[np.float64]
    ) -> None:
        """Note means of z: over the parents, expected and realised over their offspring."""
        self._closed_form = parentage.probabilities is not None
        ledger = model.population.ledger
        weights = parentage.probabilities
        if weights is None:
            weights = np.full(ledger.shape[0], 1 / ledger.shape[0])
        self._at_selection = parental_means(ledger, PLACES, weights, parentage.parents)
        self._newborn = None

    def settle(self, model: PopulationModel) -> None:
        """Note the means over the newborn before the battery or the signals change."""
        self._newborn = means(model.population.ledger, PLACES)

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Fill in the terms of the change that led to this generation."""
        if model.generation == 0:
            return
        now = means(model.population.ledger, PLACES)
        newborn = now if self._newborn is None else self._newborn
        before, expected, realised = self._at_selection
        terms = np.full((len(TRAITS), len(TERMS)), np.nan)
        if self._closed_form:
            terms[:, 0] = expected - before
            terms[:, 1] = realised - expected
        else:
            terms[:, 4] = realised - before
        terms[:, 2] = newborn - realised
        terms[:, 3] = now - newborn
        out[: terms.size] = (terms * self._scale[:, None]).ravel()


@compiled
def means(ledger: NDArray[np.float64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the mean over agents of some columns."""
    out = np.zeros(places.size)
    for i in range(ledger.shape[0]):
        for k in range(places.size):
            out[k] += ledger[i, places[k]]
    return out / ledger.shape[0]


@compiled
def parental_means(
    ledger: NDArray[np.float64],
    places: NDArray[np.int64],
    weights: NDArray[np.float64],
    parents: NDArray[np.int32],
) -> NDArray[np.float64]:
    """Return means of some columns: plain, weighted, and over each child's parent. Shape (3, z)."""
    out = np.zeros((3, places.size))
    size = ledger.shape[0]
    for i in range(size):
        for k in range(places.size):
            z = ledger[i, places[k]]
            out[0, k] += z / size
            out[1, k] += z * weights[i]
            out[2, k] += ledger[parents[i], places[k]] / size
    return out
