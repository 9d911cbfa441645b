"""The Baseline in DEAP: Wright-Fisher with roulette selection, 300 × 100 generations.

Roulette selection needs fitness above 0 and draws parents in proportion to it,
so with fitness exp(βP) it is the softmax rule. DEAP evaluates only individuals
without a valid fitness; without mutation these are only the founders.

    python benchmarks/peers/deap_wright_fisher.py
"""

from __future__ import annotations

import math
import random

import numpy as np
from baseline import World, agree, least, peckham_run, plain
from deap import base, creator, tools

creator.create("Fitness", base.Fitness, weights=(1.0,))
creator.create("Individual", list, fitness=creator.Fitness, scores=None)


def deap_run(seed: int, generations: int = 100) -> np.ndarray:
    """Return the record of one run: proxy, true value, deceptive share."""
    random.seed(seed)
    world = World(seed)

    def founder() -> list[int]:
        return world.genome().tolist()  # plain integers are copied fastest

    toolbox = base.Toolbox()
    toolbox.register("individual", tools.initIterate, creator.Individual, founder)
    toolbox.register("population", tools.initRepeat, list, toolbox.individual)
    toolbox.register("evaluate", world.score)
    toolbox.register("select", tools.selRoulette)
    population = toolbox.population(n=plain.AGENTS)
    records = []
    for _ in range(generations):
        for individual in population:
            if not individual.fitness.valid:
                individual.scores = toolbox.evaluate(individual)
                individual.fitness.values = (math.exp(plain.BETA * individual.scores[0]),)
        proxy, true = np.mean([individual.scores for individual in population], axis=0)
        held = np.concatenate(population)
        records.append((proxy, true, world.deceptive[held].mean()))
        chosen = toolbox.select(population, plain.AGENTS)
        population = [toolbox.clone(individual) for individual in chosen]
    return np.array(records)


def main() -> None:
    """Compare results, then times."""
    agree([peckham_run(seed) for seed in range(100)], [deap_run(seed) for seed in range(100, 106)])
    theirs, ours = least(lambda: deap_run(1), 2), least(lambda: peckham_run(1), 20)
    print(f"DEAP {1e3 * theirs:.0f} ms per run, Peckham {1e3 * ours:.1f} ms")
    print(f"ratio {theirs / ours:.0f} (target: at least 10)")


if __name__ == "__main__":
    main()
