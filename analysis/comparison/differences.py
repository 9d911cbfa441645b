"""The difference of two arms in one measure, and what of it is by selection."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .arms import Arm, common
from .statistics import difference_interval, mean_interval, smallest_p, welch_p
from .times import TIME, compare_times

TWINS = (
    "by_selection",
    "by_selection_low",
    "by_selection_high",
    "by_selection_p_holm",
    "not_by_selection",
)
"""Columns of a comparison where there are neutral twins."""


def is_paired(arm: Arm, base: Arm) -> bool:
    """Return whether the runs of two arms share more than a seed."""
    return arm.spec.population.size == base.spec.population.size and bool(
        arm.runs.index.isin(base.runs.index).any()
    )


Differences = tuple[NDArray[np.float64], NDArray[np.float64]]
"""Paired differences of a row, and those by selection; empty where there are none."""

NONE = np.empty(0)


def compared(arm: Arm, base: Arm, name: str, has_twins: bool) -> tuple[dict[str, Any], Differences]:
    """Return a row of the table without its adjusted p, and what sign flips will test."""
    shares_seeds = bool(arm.runs.index.isin(base.runs.index).any())
    paired = is_paired(arm, base)
    if name == TIME:
        return compare_times(arm.runs, base.runs, shares_seeds), (NONE, NONE)
    if shares_seeds:
        x, y = (c.to_numpy() for c in common(arm.runs, base.runs, measure=name))
    else:
        x, y = (common(table, measure=name)[0].to_numpy() for table in (arm.runs, base.runs))
    row: dict[str, Any] = {
        "pairs": len(x) if shares_seeds else 0,
        "baseline_mean": mean(y),
        "mean": mean(x),
        "paired": paired,
    }
    if paired:
        d = x - y
        low, high = mean_interval(d)
        row |= {"difference": mean(d), "low": low, "high": high, "effect_size": in_sd(mean(d), d)}
        row |= {"p": np.nan, "least": smallest_p(len(d)), "same": len(d) > 0 and not d.any()}
    else:
        d = NONE
        low, high = difference_interval(x, y)
        row |= {"difference": mean(x) - mean(y), "low": low, "high": high}
        row |= {"effect_size": in_sd(mean(x) - mean(y), x, y), "p": welch_p(x, y)}
        row |= {"least": 0.0 if min(len(x), len(y)) > 1 else 1.0, "same": False}
    if not has_twins:
        return row, (d, NONE)
    split, selected = by_selection(arm, base, name, paired)
    return row | split, (d, selected)


def by_selection(
    arm: Arm, base: Arm, name: str, paired: bool
) -> tuple[dict[str, float], NDArray[np.float64]]:
    """Return what of a difference is by selection, and the differences that sign flips will test.

    Runs and their twins share their seeds, so they are pairs under any sizes.
    """
    row = dict.fromkeys((*TWINS, "by_selection_p"), np.nan)
    if arm.twins.empty or base.twins.empty:
        return row, NONE
    if paired:
        runs, other, twins, others = (
            column.to_numpy()
            for column in common(arm.runs, base.runs, arm.twins, base.twins, measure=name)
        )
    else:
        runs, twins = (c.to_numpy() for c in common(arm.runs, arm.twins, measure=name))
        other, others = (c.to_numpy() for c in common(base.runs, base.twins, measure=name))
    here, there = runs - twins, other - others
    row["not_by_selection"] = mean(twins) - mean(others)
    if paired:
        row["by_selection"] = mean(here - there)
        row["by_selection_low"], row["by_selection_high"] = mean_interval(here - there)
        return row, here - there
    row["by_selection"] = mean(here) - mean(there)
    row["by_selection_low"], row["by_selection_high"] = difference_interval(here, there)
    row["by_selection_p"] = welch_p(here, there)
    return row, NONE


def mean(values: NDArray[np.float64]) -> float:
    """Return a mean, null if there are no values."""
    return float(values.mean()) if values.size else float("nan")


def in_sd(difference: float, *samples: NDArray[np.float64]) -> float:
    """Return a difference in standard deviations (pooled over samples), null if these are 0."""
    if min(map(len, samples)) < 2:
        return float("nan")
    sd = float(np.sqrt(np.mean([sample.var(ddof=1) for sample in samples])))
    return difference / sd if sd > 1e-12 * abs(difference) else float("nan")
