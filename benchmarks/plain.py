"""The yardstick: the seven published scenarios in plain NumPy, one agent at a time.

One gather and one sum score an agent, a loop over the mutants replaces their
beliefs, and the five published measures are recorded. A competent user could
write this program in an afternoon. It takes about as long as the published
program. It shares no code with Peckham, so it is also an independent check:

    python benchmarks/plain.py
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

MEASURES = ("proxy", "true_value", "belief_value", "belief_signal", "deceptive_share")
AGENTS, GENES, BELIEFS, QUESTIONS, DENSITY, BETA = 300, 50, 3000, 75, 0.1, 5.0


@dataclass(frozen=True)
class Scenario:
    """The features that a published scenario adds to Baseline.

    Attributes
    ----------
    battery : {"simple", "coverage", "correlated"}
        How questions activate beliefs.
    mutation_rate : float
        Probability per belief and birth.
    test_every : int
        Generations between added questions on the deceptive beliefs present; 0 for never.
    improve_every : int
        Generations between moves of the signals towards the values; 0 for never.
    target : float
        The correlation that the improvements approach.
    """

    battery: str = "simple"
    mutation_rate: float = 0.0
    test_every: int = 0
    improve_every: int = 0
    target: float = 0.9


SCENARIOS = {
    "Baseline": Scenario(),
    "Mutation": Scenario(mutation_rate=0.01),
    "Coverage_Mid": Scenario(battery="coverage"),
    "Correlation_Mid": Scenario(battery="correlated"),
    "Dynamic_Test": Scenario(test_every=15),
    "Improving_Align": Scenario(improve_every=20),
    "Combined_Dynamic_Mutation": Scenario("coverage", 0.01, 12, 18, 0.95),
}


def run(name: str, seed: int, generations: int = 100) -> np.ndarray:
    """Return five measures in every generation of a scenario, shape (generations, 5)."""
    scenario = SCENARIOS[name]
    rng = np.random.default_rng(seed)
    value, signal = landscape(rng)
    activation = battery(scenario.battery, rng)
    genomes = [rng.choice(BELIEFS, GENES, replace=False) for _ in range(AGENTS)]
    sums = activated(activation, signal, value)
    correlation = 0.0
    records = np.empty((generations, 5))
    for g in range(generations):
        if scenario.test_every and g % scenario.test_every == 0:
            present = np.zeros(BELIEFS, bool)
            present[np.concatenate(genomes)] = True
            targeted = present & (value < 0) & (signal > 0)
            if targeted.any() and activation.shape[1] < 2 * QUESTIONS:
                activation = np.column_stack([activation, targeted])
                sums = activated(activation, signal, value)
        if scenario.improve_every and g > 0 and g % scenario.improve_every == 0:
            better = correlation + (scenario.target - correlation) * 0.05
            w = (better - correlation) / (1 - correlation)
            correlation = better
            signal = (1 - w) * signal + w * value
            sums = activated(activation, signal, value)
        proxy, true = np.empty(AGENTS), np.empty(AGENTS)
        for i, genome in enumerate(genomes):
            total, shown, worth = sums[genome].sum(0).reshape(3, -1)
            active = total > 0
            proxy[i] = (shown[active] / total[active]).mean()
            true[i] = (worth[active] / total[active]).mean()
        held = np.concatenate(genomes)
        v, a = value[held], signal[held]
        deceptive = (v < 0) & (a > 0)
        records[g] = proxy.mean(), true.mean(), v.mean(), a.mean(), deceptive.mean()
        weights = np.exp(BETA * (proxy - proxy.max()))
        parents = rng.choice(AGENTS, AGENTS, p=weights / weights.sum())
        genomes = [genomes[p].copy() for p in parents]
        if scenario.mutation_rate > 0:
            mutate(genomes, scenario.mutation_rate, rng)
    return records


def landscape(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw the values and the signals of all beliefs, cluster by cluster."""
    clusters = ((900, 0.7, 0.7), (1200, 0.1, 0.2), (900, -0.7, 0.7))  # count, mean v, mean a
    value = np.concatenate([rng.normal(v, 0.5, n) for n, v, _ in clusters])
    signal = np.concatenate([rng.normal(a, 0.3, n) for n, _, a in clusters])
    return value, signal


def battery(kind: str, rng: np.random.Generator) -> np.ndarray:
    """Draw which questions activate which beliefs, shape (beliefs, questions)."""
    activation = np.zeros((BELIEFS, QUESTIONS))
    if kind == "simple":
        for b in range(BELIEFS):
            activation[b, rng.choice(QUESTIONS, int(DENSITY * QUESTIONS), replace=False)] = 1.0
    elif kind == "coverage":
        first = int(0.6 * BELIEFS)
        activation[np.arange(first), rng.integers(QUESTIONS, size=first)] = 1.0
        pairs = int(BELIEFS * QUESTIONS * DENSITY) - first
        activation[rng.integers(BELIEFS, size=pairs), rng.integers(QUESTIONS, size=pairs)] = 1.0
    else:
        base = rng.random(BELIEFS) < DENSITY
        for q in range(QUESTIONS):
            copied = rng.random(BELIEFS) < 0.5
            activation[:, q] = np.where(copied, base, rng.random(BELIEFS) < DENSITY)
    return activation


def activated(activation: np.ndarray, signal: np.ndarray, value: np.ndarray) -> np.ndarray:
    """Return w, wa and wv of each belief side by side, so one sum gives all of an agent's sums."""
    return np.hstack([activation, activation * signal[:, None], activation * value[:, None]])


def mutate(genomes: list[np.ndarray], rate: float, rng: np.random.Generator) -> None:
    """Replace some beliefs of each genome with beliefs that it does not hold."""
    replaced = rng.random((AGENTS, GENES)) < rate
    for i in np.flatnonzero(replaced.any(1)):
        held = np.zeros(BELIEFS, bool)
        held[genomes[i]] = True
        others = np.flatnonzero(~held)
        genomes[i][replaced[i]] = rng.choice(others, replaced[i].sum(), replace=False)


def main() -> None:
    """Time one run of each scenario."""
    total = 0.0
    for name in SCENARIOS:
        start = time.perf_counter()
        run(name, 1)
        took = time.perf_counter() - start
        total += took
        print(f"{name:<26} {took:6.2f} s")
    print(f"{'all seven':<26} {total:6.2f} s")


if __name__ == "__main__":
    main()
