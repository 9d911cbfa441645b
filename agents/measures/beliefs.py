"""Measures of the beliefs that agents hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.population.abundance import Census, column_mean
from peckham.agents.population.columns import CLUSTERS, COLUMNS
from peckham.agents.population.genotypes import Clones

from .measure import Group, Measure

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel

AVERAGED = np.array(
    [COLUMNS.index(c) for c in ("value_sum", "signal_sum", "deceptive", "deceptive_signal0")]
)


class Beliefs(Group):
    """Means over agents and held beliefs; the shares of clusters follow in the same row."""

    of_beliefs: ClassVar[bool] = True
    measures: ClassVar[tuple[Measure, ...]] = (
        Measure("belief_value", "mean v over agents and held beliefs", "score", needs="genomes"),
        Measure(
            "belief_alignment",
            "mean a over agents and held beliefs (not ρ)",
            "score",
            needs="genomes",
        ),
        Measure(
            "deceptive_share",
            "share of held beliefs with v < 0 < a, by the current signal",
            "share",
            0.0,
            1.0,
            needs="genomes",
        ),
        Measure(
            "deceptive_share_signal0",
            "share of held beliefs with v < 0 < a, by the first signal",
            "share",
            0.0,
            1.0,
            needs="genomes",
        ),
    )

    def __init__(self, model: PopulationModel) -> None:
        ledger = model.population.clones.ledger
        self.columns = np.concatenate((AVERAGED, np.arange(CLUSTERS, ledger.shape[1])))

    def observe(self, model: PopulationModel, out: NDArray[np.float64]) -> None:
        """Measure the generation before its selection."""
        clones = model.population.clones
        column_means(clones, model.evaluator.census, self.columns, out)


def cluster_measures(clusters: tuple[str, ...]) -> tuple[Measure, ...]:
    """Return the measures of a landscape's clusters, one share each."""
    return tuple(
        Measure(
            f"share_{name}",
            f"share of held beliefs that are of the cluster {name}",
            "share",
            0.0,
            1.0,
            needs="genomes, clusters",
        )
        for name in clusters
    )


@borrowing
def column_means(
    clones: Clones, census: Census, columns: NDArray[np.int64], out: NDArray[np.float64]
) -> None:
    """Write the mean of each column over agents and beliefs to `out`."""
    genes = clones.beliefs.shape[1]
    for k in range(columns.size):
        out[k] = column_mean(clones.ledger, census, columns[k]) / genes
