"""Fixation: how often, and when, against what drift alone would do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from peckham.agents.parameters.spec import ModelSpec
from peckham.experiments.design import design
from peckham.experiments.errors import ExperimentError
from peckham.experiments.reading import read
from peckham.experiments.store import MANIFEST

from .log import Log, load
from .neutral import Drift, allele_drifts, drift_of

NEEDS = {"lineage": "founders_left", "schemer": "schemers", "belief": "fixed_beliefs"}
"""A measure that must have been recorded for the events of each kind to be there."""


def kinds_of_run(log: Log) -> list[tuple[dict[str, Any], ModelSpec, pd.Index]]:
    """Return the kinds of run of a log: key, parameters, and the numbers of those that are done."""
    done = log.runs[log.runs["status"] == "done"]
    found = []
    for variant in design(read(log.path / MANIFEST)).variants:
        key = {"condition": variant.condition, **variant.swept, "control": variant.control}
        mine = done
        for path, value in key.items():
            mine = mine[mine[path].isna() if value is None else mine[path] == value]
        if not mine.empty:
            found.append((key, variant.spec, pd.Index(mine["run"])))
    return found


def fixation(run: str | Path | Log, kind: str = "lineage") -> pd.DataFrame:
    """Return how often a lineage or the schemer allele fixed, beside its neutral expectation.

    A run in which nothing has fixed or been lost by its end is censored: it
    counts as neither, and times are those of the runs in which it fixed.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    kind : {"lineage", "schemer"}
        ``lineage``: all agents descend from one founder; ``schemer``: all
        agents carry the schemer allele.

    Returns
    -------
    DataFrame
        A row a kind of run: the key; ``runs``; ``fixed``, ``lost`` and
        ``censored`` runs; ``probability`` of fixing by the last generation
        with a 95 % interval ``low``..``high`` (Clopper & Pearson 1934);
        ``neutral``, the exact probability under drift alone; ``p`` of a
        two-sided binomial test of the two; ``neutral_end``, the neutral
        probability of fixing in the end, which is the initial share;
        ``time``, the mean generation of fixation where it fixed, and
        ``neutral_time``, its exact neutral expectation given fixation by the
        last generation. The neutral columns are null where no exact chain is
        known: for the allele under flips, and under merging or assortment
        unless parents are drawn independently.

    Raises
    ------
    ExperimentError
        If the folder did not record what is needed, or the kind is unknown.
    """
    if kind not in ("lineage", "schemer"):
        raise ExperimentError(f"kind: must be lineage or schemer, got {kind!r}")
    log = run if isinstance(run, Log) else load(run)
    events = fixations(log, kind)
    rows = []
    for key, spec, runs in kinds_of_run(log):
        mine = events[events["run"].isin(runs)]
        won = mine[mine["id"] == 1] if kind == "schemer" else mine
        lost = len(mine) - len(won)
        low, high = stats.binomtest(len(won), len(runs)).proportion_ci(0.95)
        rows.append(
            {
                **key,
                "runs": len(runs),
                "fixed": len(won),
                "lost": lost,
                "censored": len(runs) - len(won) - lost,
                "probability": len(won) / len(runs),
                "low": low,
                "high": high,
                **neutral_fixation(spec, kind, len(won), len(runs)),
                "time": won["generation"].mean(),
            }
        )
    table = pd.DataFrame(rows)
    return table[[*table.columns.drop("neutral_time"), "neutral_time"]]


def fixations(log: Log, kind: str) -> pd.DataFrame:
    """Return the first fixation of each run: run, id and generation."""
    if NEEDS[kind] not in log.runs:
        raise ExperimentError(
            f"{log.path} did not record {NEEDS[kind]}, which fixation needs; see record.measures"
        )
    events = log.events
    name = "allele" if kind == "schemer" else kind
    mine = events[(events["kind"] == name) & (events["event"] == "fixed")]
    return mine.sort_values("generation").drop_duplicates("run")[["run", "id", "generation"]]


def neutral_fixation(spec: ModelSpec, kind: str, fixed: int, runs: int) -> dict[str, float]:
    """Return the neutral columns of `fixation` for one kind of run."""
    found = dict.fromkeys(("neutral", "p", "neutral_end", "neutral_time"), np.nan)
    drift = drift_of(spec)
    if drift is None or (kind == "schemer" and not allele_drifts(spec)):
        return found
    by = fixed_by(drift, spec, kind)
    found["neutral"] = by[-1]
    found["p"] = stats.binomtest(fixed, runs, min(1.0, by[-1])).pvalue
    found["neutral_end"] = 1.0 if kind == "lineage" else schemers(spec) / spec.population.size
    if by[-1] > 0:
        steps = np.diff(by, prepend=0.0)
        found["neutral_time"] = float(steps @ np.arange(by.size) / by[-1])
    return found


def fixed_by(drift: Drift, spec: ModelSpec, kind: str) -> Any:
    """Return the neutral chances of fixation by generation 0..G."""
    if kind == "lineage":
        return drift.descended_by(spec.generations)
    return drift.fixed_by(schemers(spec), spec.generations)


def schemers(spec: ModelSpec) -> int:
    """Return the number of schemers among the founders."""
    return round(spec.population.schemers * spec.population.size)


def belief_fixation(run: str | Path | Log) -> pd.DataFrame:
    """Return which beliefs fix, and whether they do so one by one or as whole genomes.

    Without recombination a belief cannot leave the genome that it came in:
    K beliefs fix at once when one genome takes over, the deceptive ones among
    them as hitch-hikers. A neutral belief fixes with its initial share, so
    that of the beliefs fixed in the end as large a share is expected to be
    deceptive as of those held at first.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.

    Returns
    -------
    DataFrame
        A row a kind of run: the key; ``runs``; means over runs of
        ``fixed_beliefs``, the beliefs that every agent holds at the end,
        ``prevalent_beliefs``, and ``unfixed``, how often one that had fixed
        ceased to be; ``deceptive``, the share of deceptive ones among the
        fixed, beside ``neutral``, their share among the beliefs first held,
        over runs in which any fixed, ``p`` of a paired t-test of the two (both
        null where signals are improved, which relabels beliefs, or
        proposals are adversarial);
        ``at_once``, the largest share of a run's fixations that fell into one
        generation; ``time``, the mean generation of a fixation.

    Raises
    ------
    ExperimentError
        If the folder did not record the fixation of beliefs.
    """
    log = run if isinstance(run, Log) else load(run)
    needed = ("fixed_beliefs", "fixed_deceptive_beliefs", "prevalent_beliefs", "deceptive_share")
    for measure in needed:
        if measure not in log.runs:
            raise ExperimentError(
                f"{log.path} did not record {measure}, which fixation needs; see record.measures"
            )
    events = log.events[log.events["kind"] == "belief"]
    rows = []
    for key, spec, runs in kinds_of_run(log):
        relabelled = any(part.kind == "improving_evaluator" for part in spec.interventions)
        comparable = not relabelled and spec.reproduction.proposal.kind == "uniform"
        ends = log.runs[log.runs["run"].isin(runs)].set_index("run")
        first = log.generations[log.generations["generation"] == 0].set_index("run")
        any_fixed = ends.index[ends["fixed_beliefs"] > 0]
        deceptive = (ends["fixed_deceptive_beliefs"] / ends["fixed_beliefs"]).loc[any_fixed]
        expected = first.loc[any_fixed, "deceptive_share"]
        mine = events[events["run"].isin(runs)]
        fixed = mine[mine["event"] == "fixed"]
        each = fixed.groupby(["run", "generation"]).size().groupby("run")
        enough = comparable and len(any_fixed) > 1 and (deceptive - expected).std() > 0
        rows.append(
            {
                **key,
                "runs": len(runs),
                "fixed_beliefs": ends["fixed_beliefs"].mean(),
                "prevalent_beliefs": ends["prevalent_beliefs"].mean(),
                "unfixed": (mine["event"] == "unfixed").sum() / len(runs),
                "deceptive": deceptive.mean(),
                "neutral": expected.mean() if comparable else np.nan,
                "p": stats.ttest_rel(deceptive, expected).pvalue if enough else np.nan,
                "at_once": (each.max() / each.sum()).mean(),
                "time": fixed["generation"].mean(),
            }
        )
    return pd.DataFrame(rows)
