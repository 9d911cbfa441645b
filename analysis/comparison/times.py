"""Times to fixation of the schemer allele, with censored runs as censored."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from peckham.analysis.fixations import fixations
from peckham.analysis.groups import by_key, kinds_of_run
from peckham.analysis.log import Log

from .statistics import CONFIDENCE

TIME = "time_to_fixation"
"""The name under which times are compared."""

FIXED = "fixed_in_time"
"""The column that says whether a run's time is one of fixation."""


TIME_RESAMPLES = 999
"""Number of resamples of times. Each needs two Kaplan-Meier curves."""


def fixation_times(log: Log, kind: str = "schemer") -> pd.DataFrame:
    """Return the generation in which a lineage or the schemer allele fixed in each run.

    Where it did not, the run is censored at its last generation. That includes runs
    that lost the allele: it will never fix there, so they stay at risk to the end, and
    where ``stop_when`` ended them, to the end that they would have had.

    Parameters
    ----------
    log : Log
        A run folder that recorded ``schemers``, or ``founders_left`` for lineages.
    kind : {"schemer", "lineage"}
        What fixes.

    Returns
    -------
    DataFrame
        ``run``, ``time_to_fixation`` and ``fixed_in_time`` (boolean).
    """
    events = fixations(log, kind)
    is_loss = (events["id"] == 0) & (kind == "schemer")
    fixed = events[~is_loss].set_index("run")["generation"]
    ends = by_key(log.generations, ["run"])["generation"].max() + 1
    lost = ends.index.isin(events.loc[is_loss, "run"])
    for _, spec, runs in kinds_of_run(log):
        if spec.stop_when is not None and spec.reproduction.strategy_flip_rate == 0:
            ends[lost & ends.index.isin(runs)] = spec.generations
    when = fixed.reindex(ends.index)
    return pd.DataFrame(
        {"run": ends.index, TIME: when.fillna(ends).to_numpy(float), FIXED: when.notna().to_numpy()}
    )


def censored(times: pd.DataFrame) -> stats.CensoredData:
    """Return the times of some runs for scipy."""
    fixed = times[FIXED].to_numpy(bool)
    when = times[TIME].to_numpy(float)
    return stats.CensoredData(uncensored=when[fixed], right=when[~fixed])


def survival(times: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the Kaplan-Meier estimate: times of fixation, and the share not fixed from then on."""
    found = stats.ecdf(censored(times)).sf
    return np.asarray(found.quantiles, float), np.asarray(found.probabilities, float)


def restricted_mean(times: pd.DataFrame, horizon: float) -> float:
    """Return the mean time to fixation up to a horizon: the area under the Kaplan-Meier curve."""
    when, share = survival(times)
    inside = when < horizon
    edges = np.concatenate(([0.0], when[inside], [horizon]))
    heights = np.concatenate(([1.0], share[inside]))
    return float(np.diff(edges) @ heights)


def log_rank_p(first: pd.DataFrame, second: pd.DataFrame) -> float:
    """Return the p of a log-rank test (Mantel 1966). It is 1 if nothing fixed."""
    if not (first[FIXED].any() or second[FIXED].any()):
        return 1.0
    return float(stats.logrank(censored(first), censored(second)).pvalue)


def compare_times(arm: pd.DataFrame, base: pd.DataFrame, shares_seeds: bool) -> dict[str, Any]:
    """Return a row of a comparison of times to fixation.

    Parameters
    ----------
    arm, base : DataFrame
        Runs of the condition and of the baseline, by seed.
    shares_seeds : bool
        Whether only runs with a partner are compared.
    """
    if shares_seeds:
        seeds = arm.index[arm.index.isin(base.index)]
        arm, base = arm.loc[seeds], base.loc[seeds]
    horizon = float(min(arm[TIME].max(), base[TIME].max()))
    means = [restricted_mean(times, horizon) for times in (arm, base)]
    equal = (
        arm[[TIME, FIXED]].to_numpy(float).tolist() == base[[TIME, FIXED]].to_numpy(float).tolist()
    )
    low, high = time_interval(arm, base, horizon, shares_seeds)
    few = min(len(arm), len(base)) < 2
    return {
        "pairs": len(arm) if shares_seeds else 0,
        "baseline_mean": means[1],
        "mean": means[0],
        "difference": means[0] - means[1],
        "low": low,
        "high": high,
        "p": np.nan if few else log_rank_p(arm, base),
        "effect_size": np.nan,
        "paired": False,
        "least": 1.0 if few else 0.0,
        "same": shares_seeds and equal,
    }


def time_interval(
    arm: pd.DataFrame, base: pd.DataFrame, horizon: float, shares_seeds: bool
) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a difference of restricted mean times."""
    if min(len(arm), len(base)) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(0)
    found = []
    for _ in range(TIME_RESAMPLES):
        rows = rng.integers(0, len(arm), len(arm))
        others = rows if shares_seeds else rng.integers(0, len(base), len(base))
        drawn = arm.iloc[rows], base.iloc[others]
        found.append(restricted_mean(drawn[0], horizon) - restricted_mean(drawn[1], horizon))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)
