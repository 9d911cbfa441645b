"""Fixation of lineages, the schemer allele and beliefs, compared with drift alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from peckham.agents.parameters.decimals import decimal
from peckham.agents.parameters.spec import ModelSpec
from peckham.experiments.errors import ExperimentError

from .groups import by_key, check_recorded, kinds_of_run, stopped
from .log import Log, load
from .neutral import Drift, allele_drifts, drift_of

NEEDS = {"lineage": "founders_left", "schemer": "schemers", "belief": "fixed_beliefs"}
"""The measure that must be recorded to log the events of each kind."""

KEEP_SIGNALS = ("adaptive_test", "responsive_oversight", "set")
"""Interventions that relabel no belief."""


def fixation(run: str | Path | Log, kind: str = "lineage") -> pd.DataFrame:
    """Return how often a lineage or the schemer allele fixed, and the neutral expectation.

    A run is censored if it ends before fixation or loss, as it may where ``stop_when``
    ends it. It counts as neither. Times are means over the runs with fixation.

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
        One row per kind of run, with the key and these columns:

        - ``runs``, ``fixed``, ``lost``, ``censored``: numbers of runs, and
          ``stopped``, how many of the runs ``stop_when`` ended;
        - ``probability``: share of runs with fixation by the last generation,
          and its 95 % interval ``low``..``high`` (Clopper & Pearson 1934);
        - ``neutral``: the exact probability under drift alone, and ``p`` of a
          two-sided binomial test against it;
        - ``neutral_end``: the neutral probability of fixation in the long run,
          which is the initial share;
        - ``time``: mean generation of fixation, and ``neutral_time``, its exact
          neutral expectation given fixation by the last generation.

        The neutral columns are null if no exact chain is known. This is the
        case for the allele under flips, and under merging or assortment unless
        parents are drawn independently. All but ``neutral_end`` are null if a
        run was stopped, because that may have been before its fixation.

    Raises
    ------
    ExperimentError
        If no run has finished, the folder did not record the measures needed, or
        the kind is unknown.
    """
    if kind not in ("lineage", "schemer"):
        raise ExperimentError(f"kind: must be lineage or schemer, got {kind!r}")
    log = run if isinstance(run, Log) else load(run)
    kinds = kinds_of_run(log)
    events = fixations(log, kind)
    rows = []
    for key, spec, runs in kinds:
        mine = events[events["run"].isin(runs)]
        won = mine[mine["id"] == 1] if kind == "schemer" else mine
        lost = len(mine) - len(won)
        low, high = stats.binomtest(len(won), len(runs)).proportion_ci(0.95)
        null, ended = neutral_fixation(spec, kind, len(won), len(runs)), stopped(log, runs)
        if ended:
            null |= dict.fromkeys(("neutral", "p", "neutral_time"), np.nan)
        rows.append(
            {
                **key,
                "runs": len(runs),
                "fixed": len(won),
                "lost": lost,
                "censored": len(runs) - len(won) - lost,
                "stopped": ended,
                "probability": len(won) / len(runs),
                "low": low,
                "high": high,
                **null,
                "time": won["generation"].mean(),
            }
        )
    table = pd.DataFrame(rows)
    return table[[*table.columns.drop("neutral_time"), "neutral_time"]]


def fixations(log: Log, kind: str) -> pd.DataFrame:
    """Return the first fixation of each run: run, id and generation."""
    check_recorded(log, [NEEDS[kind]], "fixation")
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
    """Return the neutral probabilities of fixation by generation 0..G."""
    if kind == "lineage":
        return drift.descended_by(spec.generations)
    return drift.fixed_by(schemers(spec), spec.generations)


def schemers(spec: ModelSpec) -> int:
    """Return the number of schemers among the founders."""
    return round(decimal(spec.population.schemers) * spec.population.size)


def belief_fixation(run: str | Path | Log) -> pd.DataFrame:
    """Return which beliefs fix, and whether they fix one by one or as whole genomes.

    Without recombination, a belief cannot leave its genome. When one genome
    takes over, its K beliefs fix together, and the deceptive ones among them
    hitch-hike. The fixation probability of a neutral belief is its initial
    share. Under drift alone, the deceptive share of the fixed beliefs is
    therefore expected to equal the deceptive share of the initial ones.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.

    Returns
    -------
    DataFrame
        One row per kind of run, with the key, ``runs``, ``stopped`` (how many of
        them ``stop_when`` ended) and these columns:

        - ``fixed_beliefs``: beliefs that every agent holds at the end,
          ``prevalent_beliefs``, and ``unfixed``, the number of times a fixed
          belief lost its fixation, all as means over runs;
        - ``deceptive``: share of deceptive beliefs among the fixed ones,
          ``neutral``, their share among the initial beliefs, both over runs
          with any fixation, and ``p`` of a paired t-test of the two. The last
          two are null if signals are improved, which relabels beliefs, if
          proposals are adversarial, or if a run was stopped;
        - ``at_once``: largest share of a run's fixations in one generation;
        - ``time``: mean generation of a fixation.

        Columns that need a measure that was not recorded are null, and so are
        those of agents that hold no beliefs.

    Raises
    ------
    ExperimentError
        If no run has finished, or the folder did not record ``fixed_beliefs``.
    """
    log = run if isinstance(run, Log) else load(run)
    kinds = kinds_of_run(log)
    check_recorded(log, [NEEDS["belief"]], "the fixation of beliefs")
    optional = ("fixed_deceptive_beliefs", "prevalent_beliefs", "deceptive_share")
    lacking = [name for name in optional if name not in log.runs]
    nothing = {name: np.nan for name in lacking}
    events = log.events[log.events["kind"] == "belief"]
    rows = []
    for key, spec, runs in kinds:
        relabelled = any(part.kind not in KEEP_SIGNALS for part in spec.interventions)
        uniform, ended = spec.reproduction.proposal.kind == "uniform", stopped(log, runs)
        comparable = uniform and not relabelled and not ended
        ends = log.runs[log.runs["run"].isin(runs)].set_index("run").assign(**nothing)
        first = log.generations[log.generations["generation"] == 0].set_index("run")
        first = first.assign(**nothing)
        any_fixed = ends.index[ends["fixed_beliefs"] > 0]
        deceptive = (ends["fixed_deceptive_beliefs"] / ends["fixed_beliefs"]).loc[any_fixed]
        expected = first.loc[any_fixed, "deceptive_share"]
        mine = events[events["run"].isin(runs)]
        fixed = mine[mine["event"] == "fixed"]
        each = by_key(by_key(fixed, ["run", "generation"]).size().reset_index(name="n"), ["run"])
        enough = comparable and len(any_fixed) > 1 and (deceptive - expected).std() > 0
        rows.append(
            {
                **key,
                "runs": len(runs),
                "stopped": ended,
                "fixed_beliefs": ends["fixed_beliefs"].mean(),
                "prevalent_beliefs": ends["prevalent_beliefs"].mean(),
                "unfixed": (mine["event"] == "unfixed").sum() / len(runs),
                "deceptive": deceptive.mean(),
                "neutral": expected.mean() if comparable else np.nan,
                "p": stats.ttest_rel(deceptive, expected).pvalue if enough else np.nan,
                "at_once": (each["n"].max() / each["n"].sum()).mean(),
                "time": fixed["generation"].mean(),
            }
        )
    return pd.DataFrame(rows)
