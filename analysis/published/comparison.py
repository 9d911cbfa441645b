"""Comparison of our runs with the published ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats

from peckham.analysis.comparison.statistics import holm
from peckham.analysis.groups import check_recorded, kinds_of_run
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .figures import figures, fingerprint, published_conditions

MEASURES = ("proxy", "true_value", "deceptive_share")
GENERATIONS = (1, 5, 20, 99)


def compare_with_published(
    run: str | Path | Log, measures: Sequence[str] = MEASURES
) -> pd.DataFrame:
    """Compare final measures with the published runs of the same conditions.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    measures : list of str
        Measures that both sets of runs have.

    Returns
    -------
    DataFrame
        One row per condition, published set of runs, and measure: the name of
        the set; our number of runs, mean and standard deviation (ddof 1), and
        the published ones; the difference of the means; the two-sample
        Kolmogorov-Smirnov statistic ``ks`` with its p-value; and ``p_holm``,
        the p-value adjusted for all comparisons of the table (Holm 1979). A
        condition counts as published if all its parameters equal those of the
        publication, whatever its name. The published columns are null if the
        package does not include its runs.

    Raises
    ------
    ExperimentError
        If no run has finished, no condition of the folder was published, or a
        measure was not recorded.
    """
    log = run if isinstance(run, Log) else load(run)
    published = figures("final")
    rows = []
    for key, ours, theirs in pairs(log, log.runs, published):
        check_recorded(log, measures)
        for measure in measures:
            rows.append({**key, "measure": measure, **compared(ours[measure], theirs[measure])})
    table = pd.DataFrame(rows)
    table["p_holm"] = holm(table["p"])
    return table


def compare_trajectories(
    run: str | Path | Log,
    measures: Sequence[str] = MEASURES,
    generations: Sequence[int] = GENERATIONS,
) -> pd.DataFrame:
    """Compare mean trajectories with the published ones, by z-tests.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    measures : list of str
        Measures that both sets of runs have.
    generations : list of int
        Generations to compare.

    Returns
    -------
    DataFrame
        One row per condition, measure and generation, with the columns of
        `compare_with_published`, but ``z`` instead of ``ks``.

    Raises
    ------
    ExperimentError
        If no run has finished, no condition of the folder was published, or a
        measure was not recorded.
    """
    log = run if isinstance(run, Log) else load(run)
    published = figures("trajectories")
    rows = []
    for key, ours, theirs in pairs(log, log.generations, published):
        check_recorded(log, measures)
        for measure in measures:
            for generation in generations:
                mine = ours.loc[ours["generation"] == generation, measure]
                row = theirs[theirs["generation"] == generation]
                if mine.empty or row.empty:
                    continue
                mean, sd, runs = row[[f"{measure}_mean", f"{measure}_std", "runs"]].to_numpy()[0]
                error = np.sqrt(mine.var() / len(mine) + sd**2 / runs)
                difference = mine.mean() - mean
                # both sides may be constant, for example without deceptive beliefs at rho = 1
                z = difference / error if error > 0 else np.copysign(np.inf, difference)
                z = 0.0 if difference == 0 else z
                rows.append(
                    {
                        **key,
                        "measure": measure,
                        "generation": generation,
                        "runs": len(mine),
                        "mean": mine.mean(),
                        "published_runs": int(runs),
                        "published_mean": mean,
                        "difference": difference,
                        "z": z,
                        "p": 2 * stats.norm.sf(abs(z)),
                    }
                )
    table = pd.DataFrame(rows)
    if not table.empty:
        table["p_holm"] = holm(table["p"])
    return table


def pairs(
    log: Log, ours: pd.DataFrame, theirs: pd.DataFrame
) -> list[tuple[dict[str, object], pd.DataFrame, pd.DataFrame]]:
    """Return the key, our rows and the published rows of each published set of runs.

    A condition whose published runs are not in the package appears once, without
    published rows.
    """
    known = published_conditions()
    found: list[tuple[dict[str, object], pd.DataFrame, pd.DataFrame]] = []
    for key, spec, numbers in kinds_of_run(log):
        mine = ours[ours["run"].isin(numbers)]
        key = {name: value for name, value in key.items() if name != "control"}
        sets = known.get(fingerprint(spec))
        if sets is None or mine.empty:
            continue
        for runs in sets:
            found.append(({**key, "published": str(runs)}, mine, runs.of(theirs)))
        if not sets:
            found.append(({**key, "published": None}, mine, theirs[:0]))
    if not found:
        raise ExperimentError(
            f"no condition of {log.path} was published; run a scenario named eicher2026-*"
        )
    return found


def compared(ours: pd.Series, theirs: pd.Series) -> dict[str, float | int | None]:
    """Return the comparison of two samples."""
    row: dict[str, float | int | None] = {
        "runs": len(ours),
        "mean": float(ours.mean()),
        "sd": float(ours.std()),
        "published_runs": len(theirs),
        "published_mean": np.nan,
        "published_sd": np.nan,
        "difference": np.nan,
        "ks": np.nan,
        "p": np.nan,
    }
    if theirs.empty:
        return row
    test = stats.ks_2samp(ours.to_numpy(float), theirs.to_numpy(float))
    return row | {
        "published_mean": float(theirs.mean()),
        "published_sd": float(theirs.std()),
        "difference": float(ours.mean() - theirs.mean()),
        "ks": float(test.statistic),
        "p": float(test.pvalue),
    }
