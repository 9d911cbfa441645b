"""Neutral Wright-Fisher drift over 100 generations: fwdpy11 and Peckham.

fwdpy11 has N/2 diploids, whose gametes are drawn with replacement, and records
their genealogy as a tree sequence. Without mutation and recombination it does
nothing else. Peckham has N agents without beliefs under the rule `neutral`
and records the lineages. Both are compared with the same closed form: two
copies of generation g, drawn with replacement, descend from one founder with
probability 1 − (1 − 1/N)^(g + 1). Times are measured at N = 300, where the
fixed cost of a generation dominates in Peckham, and at N = 10,000, where the
cost per agent dominates.

    python benchmarks/peers/fwdpy11_drift.py
"""

from __future__ import annotations

from functools import cache, partial

import fwdpy11
import numpy as np
from baseline import LEVEL, least_in_turn
from scipy import stats

from peckham.agents import PopulationModel, resolve
from peckham.agents.parameters.spec import ModelSpec

COPIES, MANY, GENERATIONS = 300, 10_000, 100


@cache
def drift(copies: int) -> ModelSpec:
    """Return the parameters, which are the same for every run."""
    return resolve(
        {
            "generations": GENERATIONS + 1,  # the record of generation g is before its selection
            "population": {"size": copies, "beliefs_per_agent": 0},
            "selection": {"kind": "neutral"},
            "record": {"measures": ["effective_founders"]},
        }
    )


def peckham_evolved(seed: int, copies: int) -> PopulationModel:
    """Return a model after all its generations."""
    return PopulationModel(drift(copies), seed).run()


def peckham_run(seed: int) -> float:
    """Return the probability that two copies descend from one founder, from one run."""
    return 1 / peckham_evolved(seed, COPIES).log["effective_founders"].iloc[GENERATIONS]


def fwdpy11_evolved(seed: int, copies: int) -> fwdpy11.DiploidPopulation:
    """Return a population after all its generations."""
    size = copies // 2
    population = fwdpy11.DiploidPopulation(size, 1.0)
    graph = fwdpy11.ForwardDemesGraph.tubes([size], burnin=GENERATIONS, burnin_is_exact=True)
    parameters = fwdpy11.ModelParams(
        rates=(0.0, 0.0, None),
        gvalue=fwdpy11.Additive(2.0),
        simlen=GENERATIONS,
        demography=graph,
        prune_selected=False,
    )
    interval = GENERATIONS  # between simplifications: the longest possible
    fwdpy11.evolvets(fwdpy11.GSLrng(seed), population, parameters, interval)
    return population


def fwdpy11_run(seed: int) -> float:
    """Return the same probability from one run of fwdpy11."""
    tree = fwdpy11_evolved(seed, COPIES).dump_tables_to_tskit().first()
    shares = np.array([tree.num_samples(root) for root in tree.roots]) / COPIES
    return float((shares**2).sum())


def main() -> None:
    """Compare results, then times."""
    exact = 1 - (1 - 1 / COPIES) ** (GENERATIONS + 1)
    for name, work in (("Peckham", peckham_run), ("fwdpy11", fwdpy11_run)):
        found = [work(seed) for seed in range(1, 201)]
        p = stats.ttest_1samp(found, exact).pvalue
        print(f"{name}: {np.mean(found):.4f}, exact {exact:.4f} (p {p:.2f})")
        assert p > LEVEL
    for copies, rounds in ((COPIES, 20), (MANY, 2)):
        works = [partial(run, 1, copies) for run in (fwdpy11_evolved, peckham_evolved)]
        theirs, ours = least_in_turn(works, 5, rounds)
        print(
            f"N {copies:6}: fwdpy11 {1e3 * theirs:.1f} ms per run, Peckham {1e3 * ours:.1f} ms, "
            f"ratio {theirs / ours:.1f} (target: at least 10)"
        )


if __name__ == "__main__":
    main()
