"""Solvable limits: what theory says exactly of a logged run, and whether the log agrees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import stats

from peckham.agents.landscapes.bivariate import Bivariate
from peckham.agents.landscapes.clustered import Clustered
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.selection.softmax import Softmax

from . import theory
from .fixations import NEEDS, fixations, kinds_of_run, neutral_fixation, schemers
from .log import Log, load
from .neutral import INDEPENDENT, LARGEST, Drift, allele_drifts, drift_of, is_neutral
from .published.comparison import holm

LEVEL = 0.01
"""Family-wise error rate: how often a right simulator would be said to disagree."""

ENOUGH = 30
"""Replicates that must be expected not to have fixed yet for a mean over them to be tested."""

ROUNDING = 1e-12
"""What differs by less, relative to the numbers compared, is equal."""

STRAIGHT = 0.2
"""Skewness up to which a mean over replicates counts as normal."""

PRICED = ("true_value", "deceptive_share", "schemers")


@dataclass(frozen=True)
class Limit:
    """One statement of theory about a kind of run, held against its replicates.

    Attributes
    ----------
    limit : str
        What is stated.
    expected, observed : float
        The mean by theory and over the replicates.
    error : float
        Standard error of the difference.
    p : float
        P-value of the difference, null where the replicates cannot tell.
    """

    limit: str
    expected: float
    observed: float
    error: float
    p: float


def check(run: str | Path | Log) -> pd.DataFrame:
    """Hold a run folder against every solvable limit that its runs have.

    Under neutral selection (a neutral twin, β = 0, ...) these are the descent
    from founders, heterozygosity, the schemer allele and the fixation of
    lineages; under any rule with expected offspring in closed form, the
    absence of drift on average; among clones under softmax selection, the
    fixation of the schemer allele; at generation 0, the share of deceptive
    beliefs in a landscape with a closed form.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.

    Returns
    -------
    DataFrame
        A row a kind of run and limit: the key, ``limit`` (null where there
        is none), ``expected``, ``observed``, ``error``, ``p``, ``p_holm``
        adjusted for all limits of the table, and ``verdict``: ``agrees``,
        ``disagrees`` where p_holm is below 0.01, ``no limit`` or ``too few``
        replicates. Tests are t-tests over replicates, binomial for
        probabilities; with few replicates they are approximate.
    """
    log = run if isinstance(run, Log) else load(run)
    rows = []
    for key, spec, runs in kinds_of_run(log):
        found = list(limits(log, spec, runs))
        rows += [{**key, **vars(limit)} for limit in found]
        if not found:
            rows.append({**key, "limit": None})
    columns = ["limit", "expected", "observed", "error", "p"]
    table = pd.DataFrame(rows).reindex(columns=[*log.keys[1:-1], *columns])
    table["p_holm"] = holm(table["p"])
    table["verdict"] = "agrees"
    table.loc[table["p_holm"] < LEVEL, "verdict"] = "disagrees"
    table.loc[table["p"].isna(), "verdict"] = "too few"
    table.loc[table["limit"].isna(), "verdict"] = "no limit"
    return table


def limits(log: Log, spec: ModelSpec, runs: pd.Index) -> Iterator[Limit]:
    """Yield the limits of one kind of run that its log can be held against."""
    rows = log.generations[log.generations["run"].isin(runs)]
    yield from landscape_limits(spec, rows)
    drift = drift_of(spec) if is_neutral(spec) else None
    if drift is not None:
        yield from descent_limits(drift, spec, rows)
        yield from heterozygosity_limits(drift, spec, rows)
        yield from allele_limits(drift, spec, rows)
        yield from fixation_limits(log, spec, runs)
    if are_clones(spec):
        yield from clone_limits(log, spec, rows)
    yield from martingale_limits(spec, rows)


def generations_of(spec: ModelSpec) -> list[int]:
    """Return the generations at which means are compared."""
    last = spec.generations - 1
    return sorted({g for g in (1, 5, 20, last) if 0 < g <= last})


def at(rows: pd.DataFrame, generation: int, measure: str) -> pd.Series:
    """Return a measure of each run in a generation."""
    there = rows[rows["generation"] == generation]
    return there.set_index("run")[measure].astype(float)


def landscape_limits(spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield the deceptive share of the founders' beliefs, where it has a closed form."""
    land = spec.landscape
    if "deceptive_share_signal0" not in rows:
        return
    if isinstance(land, Bivariate):
        scales = land.sigma_v > 0 and land.sigma_a > 0
        if land.mu_v != 0 or land.mu_a != 0 or not scales:
            return
        expected = theory.share_deceptive_bivariate(land.rho)
    elif isinstance(land, Clustered):
        own = [c.rho if c.rho is not None else land.global_correlation for c in land.clusters]
        if any(own) or any(min(c.sigma_v, c.sigma_a) == 0 for c in land.clusters):
            return
        expected = theory.share_deceptive_clusters(
            [size / land.size for size in land.counts()],
            [c.mu_v for c in land.clusters],
            [c.sigma_v for c in land.clusters],
            [c.mu_a for c in land.clusters],
            [c.sigma_a for c in land.clusters],
        )
    else:
        return
    share = at(rows, 0, "deceptive_share_signal0")
    yield mean_limit("deceptive share of the founders' beliefs", share, expected)


def descent_limits(drift: Drift, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield how fast founders are lost."""
    lineages = drift.lineages(spec.generations)
    number = np.arange(drift.size + 1)
    for g in generations_of(spec):
        open_ = 1 - lineages[g, 1]
        if "effective_founders" in rows:
            expected = theory.expected_inverse_founders(drift.size, g, drift.coalescence)
            shares = 1 / at(rows, g, "effective_founders")
            yield mean_limit(f"1/effective founders in generation {g}", shares, expected, open_)
        if "founders_left" in rows:
            mean = lineages[g] @ number
            sd = np.sqrt(lineages[g] @ (number - mean) ** 2)
            left = at(rows, g, "founders_left")
            yield mean_limit(f"founders left in generation {g}", left, mean, open_, sd)


def heterozygosity_limits(drift: Drift, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield how fast belief diversity is lost, where nothing brings it back."""
    build = spec.reproduction
    merges = build.recombination_rate > 0 and spec.selection.kind not in INDEPENDENT
    if build.mutation_rate > 0 or merges or "heterozygosity" not in rows:
        return
    one_lineage = drift.descended_by(spec.generations)
    start = at(rows, 0, "heterozygosity")
    for g in generations_of(spec):
        expected = theory.neutral_heterozygosity(start, g, drift.coalescence)
        excess = at(rows, g, "heterozygosity") - expected
        limit = mean_limit(f"heterozygosity in generation {g}", excess, 0.0, 1 - one_lineage[g])
        base = float(expected.mean())
        yield replace(limit, expected=base, observed=base + limit.observed)


def allele_limits(drift: Drift, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield mean and spread of the schemer allele's share."""
    copies = schemers(spec)
    if not allele_drifts(spec) or copies in (0, drift.size) or "schemers" not in rows:
        return
    start = copies / drift.size
    shares = np.arange(drift.size + 1) / drift.size
    rows_of_chain = theory.distributions(drift.allele, copies, spec.generations)
    for g in generations_of(spec):
        chances = rows_of_chain[g]
        unsettled = 1 - chances[0] - chances[-1]
        share, squares = at(rows, g, "schemers"), (shares - start) ** 2
        for name, numbers, sample in (
            ("schemers", shares, share),
            ("variance of schemers", squares, (share - start) ** 2),
        ):
            mean = chances @ numbers
            sd = np.sqrt(chances @ (numbers - mean) ** 2)
            skew = chances @ (numbers - mean) ** 3 / sd**3
            # a z-test holds its level only where the mean is near normal
            enough = abs(skew) < STRAIGHT * np.sqrt(share.size)
            limit = f"{name} in generation {g}"
            yield mean_limit(limit, sample, mean, unsettled if enough else 0.0, sd)


def fixation_limits(log: Log, spec: ModelSpec, runs: pd.Index) -> Iterator[Limit]:
    """Yield how often one lineage, and the schemer allele, has fixed by the end."""
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


def are_clones(spec: ModelSpec) -> bool:
    """Return whether agents differ in their strategy alone, and softmax selects it."""
    who, build, conduct = spec.population, spec.reproduction, spec.conduct
    traits = who.beliefs_per_agent == 0
    alike = who.alignment is not None and who.alignment.sd == 0 and build.alignment_sd == 0
    same_genome = alike if traits else who.beliefs_per_agent == spec.landscape.size
    still = who.capability.sd == build.capability_sd == build.capability_drift == 0
    settled = build.strategy_flip_rate == 0 and not spec.interventions
    plain = conduct.kind == "allele" and conduct.episodes == "expected"
    softmax = isinstance(spec.selection, Softmax) and spec.selection.beta > 0
    small = who.size <= LARGEST
    return (
        same_genome and still and settled and plain and softmax and small and not is_neutral(spec)
    )


def clone_limits(log: Log, spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield how often the schemer allele fixes among clones, by the exact Wright-Fisher chain.

    The weight ratio is e^{βA}, with the advantage A that a run logged in
    generation 0: the deception gap of its schemers.
    """
    copies, size = schemers(spec), spec.population.size
    if "deception_gap" not in rows or NEEDS["schemer"] not in rows or copies in (0, size):
        return
    assert isinstance(spec.selection, Softmax)
    gap = at(rows, 0, "deception_gap") * size / copies
    events = fixations(log, "schemer")
    won = gap.index.isin(events.loc[events["id"] == 1, "run"])
    chances = np.array(
        [
            theory.absorbed_by(
                theory.wright_fisher_chain(size, np.exp(spec.selection.beta * advantage)),
                copies,
                spec.generations,
            )[-1, 1]
            for advantage in gap
        ]
    )
    sd = float(np.sqrt(np.mean(chances * (1 - chances))))
    excess = mean_limit("schemer allele of clones fixed by the end", won - chances, 0.0, sd=sd)
    base = float(chances.mean())
    yield replace(excess, expected=base, observed=base + excess.observed)


def martingale_limits(spec: ModelSpec, rows: pd.DataFrame) -> Iterator[Limit]:
    """Yield that drift moves no mean, under any rule that has expected offspring.

    The allele's drift ends in all or nothing, so that a few replicates may
    miss its spread: this is taken to be that of fixation with the initial
    share, if it is larger.
    """
    start = schemers(spec) / spec.population.size
    for trait in PRICED:
        name = f"price_{trait}_drift"
        if name in rows and rows[name].notna().any():
            total = rows.groupby("run")[name].sum(min_count=1).dropna()
            sd = None
            if trait == "schemers" and total.size > 1:
                sd = max(float(total.std()), np.sqrt(start * (1 - start)))
            yield mean_limit(f"drift of {trait}, summed over the run", total, 0.0, sd=sd)


def mean_limit(
    limit: str,
    sample: ArrayLike,
    expected: float,
    unsettled: float = 1.0,
    sd: float | None = None,
) -> Limit:
    """Return a statement about a mean over replicates, by a t- or z-test.

    Parameters
    ----------
    limit : str
        What is stated.
    sample : array_like, shape (replicates,)
        What was found.
    expected : float
        Its mean by theory.
    unsettled : float
        Share of replicates expected not to have fixed: where these are few,
        a mean hangs on the odd run, and there is no test.
    sd : float, optional
        Standard deviation of a replicate by theory, that of the sample by default.
    """
    x = np.asarray(sample, float)
    observed = float(x.mean())
    spread = sd if sd is not None or x.size < 2 else x.std(ddof=1)
    error = np.nan if spread is None else float(spread / np.sqrt(x.size))
    found = Limit(limit, float(expected), observed, error, np.nan)
    if x.size < 2 or unsettled * x.size < ENOUGH:
        return found
    rounding = ROUNDING * max(1.0, abs(expected), float(np.abs(x).max()))
    if abs(observed - expected) <= rounding:
        return replace(found, p=1.0)
    if error <= rounding:  # it never varies, and is not what it should be
        return replace(found, p=0.0)
    score = abs(observed - expected) / error
    tail = stats.t.sf(score, x.size - 1) if sd is None else stats.norm.sf(score)
    return replace(found, p=2 * float(tail))
