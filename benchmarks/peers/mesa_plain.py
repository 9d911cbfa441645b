"""The Baseline as a plain Mesa model: one object per agent, updated in place.

A Mesa user might write it like this: agents score themselves with NumPy, the
model draws parents by softmax, and every agent copies its parent's beliefs.

    python benchmarks/peers/mesa_plain.py
"""

from __future__ import annotations

import mesa
import numpy as np
from baseline import World, agree, least, peckham_run, plain


class Model(mesa.Agent):
    """An AI model with its beliefs."""

    def __init__(self, population: Population) -> None:
        super().__init__(population)
        self.genome = population.world.genome()
        self.next_genome = self.genome
        self.proxy = self.true_value = 0.0

    def answer(self) -> None:
        """Take the test."""
        self.proxy, self.true_value = self.model.world.score(self.genome)

    def reborn(self) -> None:
        """Replace the genome with the copy of the parent's."""
        self.genome = self.next_genome


class Population(mesa.Model):
    """A population that is tested, selected and copied."""

    def __init__(self, seed: int) -> None:
        super().__init__(rng=seed)
        self.world = World(seed)
        self.records: list[tuple[float, ...]] = []
        for _ in range(plain.AGENTS):
            Model(self)

    def step(self) -> None:
        """Run one generation."""
        self.agents.do("answer")
        proxy = np.array(self.agents.get("proxy"))
        held = np.concatenate(self.agents.get("genome"))
        self.records.append(
            (
                proxy.mean(),
                float(np.mean(self.agents.get("true_value"))),
                self.world.deceptive[held].mean(),
            )
        )
        weights = np.exp(plain.BETA * (proxy - proxy.max()))
        parents = self.world.rng.choice(plain.AGENTS, plain.AGENTS, p=weights / weights.sum())
        members = list(self.agents)
        for agent, parent in zip(members, parents, strict=True):
            agent.next_genome = members[parent].genome.copy()
        self.agents.do("reborn")


def mesa_run(seed: int, generations: int = 100) -> np.ndarray:
    """Return the record of one run: proxy, true value, deceptive share."""
    population = Population(seed)
    for _ in range(generations):
        population.step()
    return np.array(population.records)


def main() -> None:
    """Compare results, then times."""
    agree([peckham_run(seed) for seed in range(100)], [mesa_run(seed) for seed in range(100, 106)])
    theirs, ours = least(lambda: mesa_run(1), 2), least(lambda: peckham_run(1), 20)
    print(f"plain Mesa {1e3 * theirs:.0f} ms per run, Peckham {1e3 * ours:.1f} ms")
    print(f"ratio {theirs / ours:.0f} (target: at least 10)")


if __name__ == "__main__":
    main()
