"""Absorption: a population of clones that nothing can change any more."""

from __future__ import annotations

from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.population.abundance import Census
from peckham.agents.population.genotypes import Clones

from .compilation import borrowing


def can_be_absorbed(spec: ModelSpec) -> bool:
    """Return whether nothing but selection changes a population of this kind.

    Then, once all agents are the same, they stay what they are: children
    differ from their parents in nothing, and no intervention is to come.
    """
    build = spec.reproduction
    changes = (
        build.mutation_rate,
        build.strategy_flip_rate,
        build.capability_drift,
        build.capability_sd,
        build.alignment_sd,
    )
    return not any(changes) and not spec.interventions and spec.conduct.episodes == "expected"


@borrowing
def is_absorbed(clones: Clones, census: Census) -> bool:
    """Return whether all agents have the same traits, scores and genome, and nobody is stale."""
    ledger, genome, stale = clones.ledger, clones.genome, clones.stale
    first = census.clone[0]
    if stale[first]:
        return False
    for c in range(1, census.many[0]):
        i = census.clone[c]
        if stale[i] or genome[i] != genome[first]:
            return False
        for k in range(ledger.shape[1]):
            if ledger[i, k] != ledger[first, k]:
                return False
    return True
