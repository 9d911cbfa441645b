"""Fixation under the Fermi rule, by Monte Carlo: EGTtools and Peckham.

One mutant among 100, with β .05 and a constant payoff advantage of 1, fixes
with probability 0.0491014. Most mutants are lost soon, but those that fix take
15,209 steps on average, so a cap on the steps censors exactly the runs that
matter. EGTtools silently excludes censored runs from its estimate; Peckham
counts them (`fixation`, column censored).

    python benchmarks/peers/egttools_fermi.py
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from pathlib import Path

import egttools
import numpy as np
from scipy import stats

from peckham.agents.selection.fermi import Fermi
from peckham.analysis import theory
from peckham.analysis.fixations import fixation
from peckham.experiments import run

SIZE, BETA = 100, 0.05
CAPS = (300, 1000, 3000, 10_000, 100_000)
GENERATIONS = 300
"""Generations of a Peckham run, 100 steps each."""

LEVEL = 1e-3
"""Probability that a comparison rejects a correct program."""

EXPERIMENT = {
    "name": "fermi",
    "generations": GENERATIONS,
    "seed": 1,
    "population": {
        "size": SIZE,
        "beliefs_per_agent": 0,
        "alignment": {"mean": -1.0, "sd": 0.0},
        "capability": {"mean": 100.0, "sd": 0.0},
        "schemers": 1 / SIZE,
    },
    # deceives with probability σ(5), and gains twice the pressure because honest agents show U
    "oversight": {"transparency": 1.0, "deterrence": 0.0, "audit": 0.0, "penalty": 0.0},
    "deployment": {"pressure": (1 + math.exp(-5)) / 2},
    "selection": {"kind": "fermi", "beta": BETA},
    "record": {"measures": ["schemers"]},
}
"""Clones with one schemer, whose advantage is exactly 1."""


def estimates(runs: int) -> float:
    """Print EGTtools' estimates under several caps; return seconds per run at the largest."""
    game = egttools.games.Matrix2PlayerGameHolder(2, np.array([[1.0, 1.0], [0.0, 0.0]]))
    solver = egttools.numerical.PairwiseComparisonNumerical(SIZE, game, 100_000)
    egttools.Random.seed(1)
    solver.estimate_fixation_probability(0, 1, 10, 100, BETA)
    chain = theory.fermi_chain(SIZE, BETA, 1.0)
    print(f"{'EGTtools, cap':<26} {'estimate':>9} {'ms/run':>9}  excluded (exact)")
    for cap in CAPS:
        start = time.perf_counter()
        found = solver.estimate_fixation_probability(0, 1, runs, cap, BETA)
        each = (time.perf_counter() - start) / runs
        ends = np.linalg.matrix_power(chain, cap)[1, [0, -1]]
        left_out = 1 - ends.sum()
        print(
            f"{cap:>12} steps        {found:9.4f} {1e3 * each:9.3f}  {left_out:.1%} of the runs",
            flush=True,
        )
    check(round(found * runs), runs)
    return each


def by_run(runs: int) -> float:
    """Do the same with `peckham.experiments.run`; return seconds per run."""
    with tempfile.TemporaryDirectory() as folder:
        run({**EXPERIMENT, "generations": 2}, out=Path(folder) / "warm", replicates=1)
        start = time.perf_counter()
        path = run(EXPERIMENT, out=Path(folder) / "runs", replicates=runs, progress=False)
        each = (time.perf_counter() - start) / runs
        row = fixation(path, "schemer").iloc[0]
    check(row["fixed"], runs, row["censored"])
    print(
        f"{'Peckham, run':<26} {row['probability']:9.4f} {1e3 * each:9.3f}  "
        f"{row['fixed']} fixed, {row['lost']} lost, {row['censored']} censored of {runs}"
    )
    return each


def by_rule(runs: int) -> float:
    """Do the same with the selection rule alone, until absorption; return seconds per run."""
    rule, rng = Fermi(beta=BETA), np.random.default_rng(1)
    fixed = 0
    start = time.perf_counter()
    for _ in range(runs):
        payoff = np.zeros(SIZE)
        payoff[0] = 1.0
        while 0 < payoff.sum() < SIZE:
            payoff = payoff[rule.select(payoff, rng).parents]
        fixed += payoff[0] == 1.0
    each = (time.perf_counter() - start) / runs
    check(fixed, runs)
    print(f"{'Peckham, the rule alone':<26} {fixed / runs:9.4f} {1e3 * each:9.3f}")
    return each


def check(fixed: int, runs: int, censored: int = 0) -> None:
    """Compare a count with the closed form; censored runs may count either way."""
    exact = theory.fermi_fixation(BETA, 1.0, SIZE)
    assert stats.binom.cdf(fixed + censored, runs, exact) > LEVEL / 2
    assert stats.binom.sf(fixed - 1, runs, exact) > LEVEL / 2


def main() -> None:
    """Compare results and times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=2000)
    options = parser.parse_args()
    print(f"exact: {theory.fermi_fixation(BETA, 1.0, SIZE):.7f}; {options.runs} runs each")
    theirs = estimates(options.runs)
    ours, rule = by_run(options.runs), by_rule(options.runs)
    print(f"ratio {theirs / ours:.2f} by run, {theirs / rule:.1f} by the rule (target: at least 1)")


if __name__ == "__main__":
    main()
