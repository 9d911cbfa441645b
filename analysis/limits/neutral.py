"""Limits under neutral selection: descent, diversity, the schemer allele and fixation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis import theory
from peckham.analysis.fixations import NEEDS, fixations, neutral_fixation, schemers
from peckham.analysis.log import Log
from peckham.analysis.neutral import Drift, allele_drifts, heterozygosity_drifts

from .limit import Limit, at, generations_of, mean_limit

NEARLY_NORMAL = 0.2
"""Skewness up to which a mean over replicates counts as normal."""


def descent_limits(drift: Drift, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the limits of the loss of founders."""
    lineages = drift.lineages(spec.generations)
    number = np.arange(drift.size + 1)
    for g in generations_of(spec, rows):
        open_ = 1 - lineages[g, 1]
        founders = at(rows, g, "effective_founders")
        if not founders.empty:
            expected = theory.expected_inverse_founders(drift.size, g, drift.coalescence)
            name = f"1/effective founders in generation {g}"
            yield mean_limit(name, 1 / founders, expected, open_)
        left = at(rows, g, "founders_left")
        if not left.empty:
            mean = lineages[g] @ number
            sd = np.sqrt(lineages[g] @ (number - mean) ** 2)
            yield mean_limit(f"founders left in generation {g}", left, mean, open_, sd)


def heterozygosity_limits(drift: Drift, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the limits of the loss of belief diversity, if nothing restores it."""
    start = at(rows, 0, "heterozygosity")
    if start.empty or not heterozygosity_drifts(spec):
        return
    one_lineage = drift.descended_by(spec.generations)
    for g in generations_of(spec, rows):
        expected = theory.neutral_heterozygosity(start, g, drift.coalescence)
        excess = at(rows, g, "heterozygosity") - expected
        limit = mean_limit(f"heterozygosity in generation {g}", excess, 0.0, 1 - one_lineage[g])
        base = float(expected.mean())
        yield replace(limit, expected=base, observed=base + limit.observed)


def allele_limits(drift: Drift, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the limits of the mean and the variance of the schemer allele's share."""
    copies = schemers(spec)
    if not allele_drifts(spec) or copies in (0, drift.size) or "schemers" not in rows:
        return
    start = copies / drift.size
    shares = np.arange(drift.size + 1) / drift.size
    by_generation = theory.distributions(drift.allele, copies, spec.generations)
    for g in generations_of(spec, rows):
        chances = by_generation[g]
        unsettled = 1 - chances[0] - chances[-1]
        share, squares = at(rows, g, "schemers"), (shares - start) ** 2
        for name, numbers, sample in (
            ("schemers", shares, share),
            ("variance of schemers", squares, (share - start) ** 2),
        ):
            mean = chances @ numbers
            sd = np.sqrt(chances @ (numbers - mean) ** 2)
            skew = chances @ (numbers - mean) ** 3 / sd**3 if sd > 0 else 0.0
            # a z-test keeps its level only if the mean is close to normal
            normal = np.floor((skew / NEARLY_NORMAL) ** 2) + 1
            limit = f"{name} in generation {g}"
            yield mean_limit(limit, sample, mean, unsettled, sd, normal)


def fixation_limits(log: Log, spec: ModelSpec, runs: pd.Index) -> Iterator[Limit]:
    """Yield the limits of the fixation of one lineage and of the schemer allele by the end."""
    for kind in ("lineage", "schemer"):
        if NEEDS[kind] not in log.runs:
            continue
        events = fixations(log, kind)
        won = events[events["run"].isin(runs) & ((events["id"] == 1) | (kind == "lineage"))]
        null = neutral_fixation(spec, kind, len(won), len(runs))
        if np.isnan(null["neutral"]):
            continue
        p, many = null["neutral"], len(runs)
        error = np.sqrt(p * (1 - p) / many)
        yield Limit(f"{kind} fixed by the end", p, len(won) / many, float(error), null["p"])
