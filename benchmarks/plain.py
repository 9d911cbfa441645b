"""The yardstick: the published scenario written plainly, an agent at a time in NumPy.

One gather and one sum score an agent. It does what the Baseline and Mutation
scenarios ask for and records the five published measures.
"""

from __future__ import annotations

import numpy as np


def run(seed: int, mutation_rate: float = 0.0, generations: int = 100) -> np.ndarray:
    """Return five measures in every generation, shape (generations, 5)."""
    rng = np.random.default_rng(seed)
    agents, genes, beliefs, questions, beta = 300, 50, 3000, 75, 5.0
    sizes = (900, 1200, 900)
    means = ((0.7, 0.7), (0.1, 0.2), (-0.7, 0.7))
    value = np.concatenate([rng.normal(v, 0.5, n) for (v, _), n in zip(means, sizes, strict=True)])
    signal = np.concatenate([rng.normal(a, 0.3, n) for (_, a), n in zip(means, sizes, strict=True)])
    activation = np.zeros((beliefs, questions))
    for b in range(beliefs):
        activation[b, rng.choice(questions, 7, replace=False)] = 1.0
    sums = np.concatenate(
        [activation, activation * signal[:, None], activation * value[:, None]], 1
    )
    genomes = [rng.choice(beliefs, genes, replace=False) for _ in range(agents)]
    deceptive = (value < 0) & (signal > 0)
    records = np.empty((generations, 5))
    for g in range(generations):
        proxy, true = np.empty(agents), np.empty(agents)
        for i, genome in enumerate(genomes):
            total, shown, worth = sums[genome].sum(0).reshape(3, questions)
            active = total > 0
            proxy[i] = (shown[active] / total[active]).mean()
            true[i] = (worth[active] / total[active]).mean()
        held = np.concatenate(genomes)
        records[g] = (
            proxy.mean(),
            true.mean(),
            value[held].mean(),
            signal[held].mean(),
            deceptive[held].mean(),
        )
        weights = np.exp(beta * (proxy - proxy.max()))
        parents = rng.choice(agents, agents, p=weights / weights.sum())
        genomes = [genomes[p].copy() for p in parents]
        if mutation_rate > 0:
            for genome in genomes:
                replaced = rng.random(genes) < mutation_rate
                if replaced.any():
                    others = np.setdiff1d(np.arange(beliefs), genome)
                    genome[replaced] = rng.choice(others, replaced.sum(), replace=False)
    return records
