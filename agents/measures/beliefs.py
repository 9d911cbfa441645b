"""Measures of the beliefs that agents hold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.population.abundance import Abundance, trait_mean
from peckham.agents.population.genotypes import Genotypes
from peckham.agents.population.traits import CLUSTERS, COLUMNS

from .measure import CompiledGroup, Measure

AVERAGED = np.array(
    [COLUMNS.index(c) for c in ("value_sum", "signal_sum", "deceptive", "deceptive_signal0")]
)
"""Columns whose means are divided by K to give the measures; cluster shares follow them."""


class Beliefs(CompiledGroup):
    """Means over agents and held beliefs; the shares of clusters follow in the same row."""

    of_beliefs = True
    measures = (
        Measure(
            "belief_value",
            "mean v over agents and held beliefs",
            "score",
            needs="genomes",
            better="higher",
        ),
        Measure("belief_signal", "mean a over agents and held beliefs", "score", needs="genomes"),
        *(
            Measure(
                name,
                f"share of held beliefs with v < 0 < a, {by}",
                "share",
                0.0,
                1.0,
                "genomes",
                "lower",
            )
            for name, by in (
                ("deceptive_share", "by the current signal"),
                ("deceptive_share_signal0", "by the first signal"),
            )
        ),
    )


def cluster_measures(clusters: tuple[str, ...]) -> tuple[Measure, ...]:
    """Return the measures of a landscape's clusters, one share each."""
    meaning, needs = "share of held beliefs that are of the cluster", "genomes, clusters"
    return tuple(
        Measure(f"share_{name}", f"{meaning} {name}", "share", 0.0, 1.0, needs) for name in clusters
    )


@kernel
def measure_beliefs(
    genotypes: Genotypes, abundance: Abundance, row: NDArray[np.float64], first: int
) -> None:
    """Write the means over agents and beliefs to a row, starting at column `first`."""
    traits, genes = genotypes.traits, genotypes.beliefs.shape[1]
    for k in range(AVERAGED.size):
        row[first + k] = trait_mean(traits, abundance, AVERAGED[k]) / genes
    for column in range(CLUSTERS, traits.shape[1]):
        k = AVERAGED.size + column - CLUSTERS
        row[first + k] = trait_mean(traits, abundance, column) / genes
