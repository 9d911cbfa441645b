"""Absorption: a population of clones that nothing can change any more."""

from __future__ import annotations

from .compilation import compiled
from .parameters import ModelSpec
from .population import Population


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


@compiled
def is_absorbed(population: Population) -> bool:
    """Return whether all agents have the same traits, scores and genome, and nobody is stale."""
    ledger, genome = population.ledger, population.genome
    for stale in population.stale:
        if stale:
            return False
    for i in range(1, genome.size):
        if genome[i] != genome[0]:
            return False
        for k in range(ledger.shape[1]):
            if ledger[i, k] != ledger[0, k]:
                return False
    return True
