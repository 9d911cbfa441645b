"""Comparison of a run folder with all solvable limits of its runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis.comparison.statistics import holm
from peckham.analysis.groups import by_key, kinds_of_run, stopped
from peckham.analysis.log import Log, load
from peckham.analysis.neutral import drift_of, is_neutral

from .landscape import landscape_limits
from .limit import Limit
from .neutral import allele_limits, descent_limits, fixation_limits, heterozygosity_limits
from .selection import are_clones, clone_limits, martingale_limits

LEVEL = 0.01
"""Family-wise error rate: how often a correct simulator is reported to disagree."""


def check(run: str | Path | Log) -> pd.DataFrame:
    """Compare a run folder with every solvable limit of its runs.

    The limits are:

    - under neutral selection (such as a neutral twin, or β = 0), if it is
      neutral in every generation and nobody may be removed: the descent from
      founders, heterozygosity, the schemer allele, and the fixation of lineages
      and of the allele;
    - under any rule with expected offspring in closed form: zero mean drift;
    - among clones under softmax selection: fixation of the schemer allele;
    - at generation 0: the share of deceptive beliefs, if the landscape has a
      closed form.

    Where ``stop_when`` ended a run, only zero mean drift and generation 0 are tested:
    the runs that are left are not like the others. Zero mean drift needs every
    generation (``record.every`` 1).

    Parameters
    ----------
    run : str, Path or Log
        A run folder.

    Returns
    -------
    DataFrame
        One row per kind of run and limit: the key, ``limit`` (null if there
        is none), ``expected``, ``observed``, ``error``, ``p``, ``p_holm``
        (adjusted for all limits of the table), ``replicates``, the number of
        replicates that the test ``needed`` (infinite if none would do), and
        ``verdict``: ``agrees``, ``disagrees`` (p_holm below 0.01), ``no limit``,
        or ``too few`` replicates. Means are tested by t-tests over replicates,
        probabilities by binomial tests. With few replicates the tests are
        approximate.

    Raises
    ------
    ExperimentError
        If no run has finished.
    """
    log = run if isinstance(run, Log) else load(run)
    rows = []
    for key, spec, runs in kinds_of_run(log):
        found = list(limits(log, spec, runs))
        rows += [{**key, **vars(limit), "replicates": len(runs)} for limit in found]
        if not found:
            rows.append({**key, "limit": None, "replicates": len(runs)})
    columns = ["limit", "expected", "observed", "error", "p", "p_holm", "replicates", "needed"]
    table = pd.DataFrame(rows).reindex(columns=[*log.keys[1:-1], *columns])
    table["p_holm"] = holm(table["p"])
    table["verdict"] = "agrees"
    table.loc[table["p_holm"] < LEVEL, "verdict"] = "disagrees"
    table.loc[table["p"].isna(), "verdict"] = "too few"
    table.loc[table["limit"].isna(), "verdict"] = "no limit"
    return table


def limits(log: Log, spec: ModelSpec, runs: pd.Index) -> Iterator[Limit]:
    """Yield the limits that apply to one kind of run."""
    rows = log.generations[log.generations["run"].isin(runs)]
    yield from landscape_limits(spec, rows)
    if not stopped(log, runs):
        yield from limits_over_time(log, spec, runs, rows)
    yield from martingale_limits(spec, rows)


def limits_over_time(
    log: Log, spec: ModelSpec, runs: pd.Index, rows: pd.DataFrame
) -> Iterator[Limit]:
    """Yield the limits that hold in a later generation, if no run has ended before."""
    drift = drift_of(spec) if is_neutral(spec) else None
    if drift is not None:
        yield from descent_limits(drift, spec, rows)
        yield from heterozygosity_limits(drift, spec, rows)
        yield from allele_limits(drift, spec, rows)
        yield from fixation_limits(log, spec, runs)
    if are_clones(spec):
        yield from clone_limits(log, spec, rows)


def too_few(table: pd.DataFrame) -> pd.DataFrame:
    """Return the limits that need more replicates, one row per limit.

    Parameters
    ----------
    table : DataFrame
        The table that `check` returns.

    Returns
    -------
    DataFrame
        ``limit``; the number of ``kinds`` of run in which it was not tested; their
        smallest number of ``replicates``; the number of replicates ``needed``; and
        ``never``, the kinds of run in which none would do, because almost every
        replicate has fixed by then.
    """
    few = table[table["verdict"] == "too few"]
    few = few.assign(never=np.isinf(few["needed"]), finite=few["needed"].replace(np.inf, np.nan))
    return (
        by_key(few, ["limit"])
        .agg(
            kinds=("limit", "size"),
            replicates=("replicates", "min"),
            needed=("finite", "max"),
            never=("never", "sum"),
        )
        .reset_index()
        .astype({"needed": "Int64"})
    )
