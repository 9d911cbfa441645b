"""Measure the time of each part of a run: set-up, a generation, mutation, groups of measures.

The time of a part is the difference between runs with it and runs without it.
Each run time is the minimum over many rounds with the same seeds; the cases
take turns. Runs are short, so none ends early because all agents are clones:

    python benchmarks/parts.py
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict

from scenarios import alone

from peckham.agents import PopulationModel
from peckham.agents.measures.registry import group_measures, groups
from peckham.agents.parameters.spec import ModelSpec
from peckham.experiments import read
from peckham.experiments.design import design

GENERATIONS, SEEDS = 40, range(1, 6)


def spec_of(condition: str, measures: object, generations: int = GENERATIONS) -> ModelSpec:
    """Return the parameters of a published scenario that records these measures."""
    overrides = {"record.measures": measures, "generations": generations}
    return design(read(alone(condition), overrides=overrides)).variants[0].spec


def cases() -> dict[str, ModelSpec]:
    """Return the parameters of each case, by name."""
    found = {
        "one generation": spec_of("Baseline", ["questions"], 1),
        "Baseline": spec_of("Baseline", ["questions"]),
        "Mutation": spec_of("Mutation", ["questions"]),
        "Baseline, published": spec_of("Baseline", "published"),
        "Mutation, published": spec_of("Mutation", "published"),
        "Baseline, all": spec_of("Baseline", "all"),
        "Mutation, all": spec_of("Mutation", "all"),
    }
    clusters = found["Baseline"].landscape.cluster_names
    for group in groups():
        names = [measure.name for measure in group_measures(group, clusters)]
        for condition in ("Baseline", "Mutation"):
            found[f"{condition} {group.__name__}"] = spec_of(condition, ["questions", *names])
    return found


def main() -> None:
    """Print the time of each part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40, help="number of runs of each seed")
    options = parser.parse_args()

    specs = cases()
    for spec in specs.values():
        PopulationModel(spec, 1).run()  # compiles the kernels
    least: dict[tuple[str, int, str], float] = defaultdict(lambda: float("inf"))
    for _ in range(options.rounds):
        for name, spec in specs.items():
            for seed in SEEDS:
                start = time.perf_counter()
                model = PopulationModel(spec, seed)
                ready = time.perf_counter()
                model.run()
                end = time.perf_counter()
                vars(model).clear()  # model and agents refer to each other; free them now
                for part, seconds in (("set-up", ready - start), ("run", end - ready)):
                    least[name, seed, part] = min(least[name, seed, part], seconds)

    def taken(name: str, part: str = "run") -> float:
        return 1e6 * sum(least[name, seed, part] for seed in SEEDS) / len(SEEDS)

    def each(name: str) -> float:
        """Return microseconds per generation, without the first and its scoring."""
        return (taken(name) - taken("one generation")) / (GENERATIONS - 1)

    print("microseconds, N 300, K 50, Q 75")
    print(f"set-up                                   {taken('Baseline', 'set-up'):8.0f}")
    print(f"scoring of the founders, first and last steps {taken('one generation'):3.0f}")
    print("per generation                           Baseline Mutation")
    rows = {"selection, inheritance, mutation, scores": ""}
    rows |= {f"  and {group.__name__}": f" {group.__name__}" for group in groups()}
    rows |= {"with the published measures": ", published", "with all measures": ", all"}
    for label, case in rows.items():
        found = [each(f"{condition}{case}") for condition in ("Baseline", "Mutation")]
        if label.startswith("  and"):
            found = [f - each(c) for f, c in zip(found, ("Baseline", "Mutation"), strict=True)]
        print(f"{label:<40} {found[0]:8.1f} {found[1]:8.1f}")


if __name__ == "__main__":
    main()
