"""Limits under selection: fixation among clones, and zero mean drift."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.selection.softmax import Softmax
from peckham.analysis import theory
from peckham.analysis.fixations import NEEDS, fixations, schemers
from peckham.analysis.groups import by_key, has_every_generation
from peckham.analysis.log import Log
from peckham.analysis.neutral import LARGEST, is_neutral, may_remove

from .limit import Limit, at, mean_limit

PRICED = ("true_value", "deceptive_share", "schemers")
"""Traits whose Price equation is recorded."""


def are_clones(spec: ModelSpec) -> bool:
    """Return whether agents differ only in strategy, and selection is by softmax of fitness.

    Where agents may be removed, their weights are not given by fitness alone.
    """
    who, build, conduct = spec.population, spec.reproduction, spec.conduct
    traits = who.beliefs_per_agent == 0
    alike = who.alignment is not None and who.alignment.sd == 0 and build.alignment_sd == 0
    same_genome = alike if traits else who.beliefs_per_agent == spec.landscape.size
    still = who.capability.sd == build.capability_sd == build.capability_drift == 0
    settled = build.strategy_flip_rate == 0 and not spec.interventions
    plain = conduct.kind == "allele" and conduct.episodes == "expected" and not may_remove(spec)
    softmax = isinstance(spec.selection, Softmax) and spec.selection.beta > 0
    small = who.size <= LARGEST
    return (
        same_genome and still and settled and plain and softmax and small and not is_neutral(spec)
    )


def clone_limits(log: Log, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the limit of the schemer allele's fixation among clones.

    The expectation comes from the exact Wright-Fisher chain with weight ratio
    e^{βA}. The advantage A is the deception gap of the schemers that the run
    logged in generation 0.
    """
    copies, size = schemers(spec), spec.population.size
    first = at(rows, 0, "deception_gap")
    if first.empty or NEEDS["schemer"] not in rows or copies in (0, size):
        return
    assert isinstance(spec.selection, Softmax)
    gap = first * size / copies
    events = fixations(log, "schemer")
    won = gap.index.isin(events.loc[events["id"] == 1, "run"])
    beta = spec.selection.beta
    different, place = np.unique(gap, return_inverse=True)
    chains = [theory.wright_fisher_chain(size, log_weight=beta * float(a)) for a in different]
    fixed = [theory.absorbed_by(chain, copies, spec.generations)[-1, 1] for chain in chains]
    chances = np.array(fixed)[place]
    sd = float(np.sqrt(np.mean(chances * (1 - chances))))
    excess = mean_limit("schemer allele of clones fixed by the end", won - chances, 0.0, sd=sd)
    base = float(chances.mean())
    yield replace(excess, expected=base, observed=base + excess.observed)


def martingale_limits(spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the limits of zero mean drift, under any rule with expected offspring.

    The allele ends at a share of 0 or 1, so a few replicates may underestimate
    its spread. The spread of fixation at the initial share is used if it is
    larger. The sum needs every generation. An end by ``stop_when`` does not move its
    mean, because what ends a run is known before the next drift.
    """
    if not has_every_generation(rows):
        return
    start = schemers(spec) / spec.population.size
    for trait in PRICED:
        name = f"price_{trait}_drift"
        if name in rows and rows[name].notna().any():
            total = by_key(rows, ["run"])[name].sum(min_count=1).dropna()
            sd = None
            if trait == "schemers" and total.size > 1:
                sd = max(float(total.std()), np.sqrt(start * (1 - start)))
            yield mean_limit(f"drift of {trait}, summed over the run", total, 0.0, sd=sd)
