"""Test that the yardstick, the limit and Peckham give the same results.

Welch's test compares runs of the plain program and of the fused loop with
Peckham's runs. It is applied to each scenario and to the five published
measures in generations 0, 20 and 99. Correct programs fail one time in a
hundred (Bonferroni's correction over all comparisons):

    python benchmarks/agreement.py
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import limit
import numpy as np
import plain
from scenarios import LIMITS, SUITE
from scipy import stats

from peckham.agents import PopulationModel
from peckham.experiments import read
from peckham.experiments.design import design

GENERATIONS = [0, 20, 99]
LEVEL = 0.01


def several(work: Callable[[int], np.ndarray], count: int) -> np.ndarray:
    """Return the measures of `count` runs in `GENERATIONS`, shape (runs, measures)."""
    return np.array([work(seed)[GENERATIONS].ravel() for seed in range(count)])


def main() -> None:
    """Print the smallest p of each scenario and program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="runs of Peckham and the limit")
    parser.add_argument("--plain", type=int, default=10, help="runs of the plain program")
    options = parser.parse_args()
    plan = design(read(SUITE, overrides={"record.measures": list(plain.MEASURES)}))
    found = []
    for variant in plan.variants:
        name, spec = variant.condition, variant.spec
        ours = several(
            lambda seed, spec=spec: PopulationModel(spec, seed).run().log[[*plain.MEASURES]].values,
            options.runs,
        )
        others = {"plain": several(lambda seed, name=name: plain.run(name, seed), options.plain)}
        if (rate := LIMITS.get(name)) is not None:
            others["limit"] = several(lambda seed, rate=rate: limit.run(seed, rate), options.runs)
        for program, theirs in others.items():
            p = stats.ttest_ind(ours, theirs, equal_var=False).pvalue
            found.extend(p)
            print(f"{name:<26} {program}  smallest p of {p.size}: {p.min():.3f}", flush=True)
    line = LEVEL / len(found)
    print(f"{len(found)} comparisons, smallest p {min(found):.2g}; the limit is {line:.2g}")
    sys.exit(int(min(found) < line))


if __name__ == "__main__":
    main()
