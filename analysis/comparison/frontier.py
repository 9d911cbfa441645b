"""The frontier: which conditions are safe, useful and cheap, and which are dominated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from peckham.agents.measures.measure import current_name
from peckham.analysis.groups import as_text, by_key
from peckham.experiments.errors import ExperimentError

from .arms import Arm, Runs, arms_of, common
from .compare import about
from .differences import is_paired
from .statistics import difference_interval, mean_interval

AIMS = {"safety": "higher", "usefulness": "higher", "cost": "lower"}
"""The aims of a frontier, and the direction that is better where a measure has none."""


def frontier(
    runs: Runs, safety: str = "safety", usefulness: str = "usefulness", cost: str = "oversight_cost"
) -> pd.DataFrame:
    """Return each condition's safety, usefulness and cost, and whether another dominates it.

    Conditions are compared at the same swept point. A condition is dominated if
    another is at least as good in all three means, and better in one.

    Parameters
    ----------
    runs : str, Path, Log or list of them
        Run folders.
    safety, usefulness, cost : str
        The measures. Whether high or low values are better is a measure's own
        direction, if it has one.

    Returns
    -------
    DataFrame
        One row per swept point and condition: the swept paths, ``condition``, ``runs``;
        for each of the three measures, in a column of its name, the mean over the runs
        in which it is defined, with the 95 % BCa bootstrap interval ``<measure>_low``
        and ``<measure>_high``, and ``<measure>_runs``; ``dominated`` (null if a mean is),
        ``dominated_by``, one such condition, and ``beyond_noise``: whether some condition
        dominates it so that the interval of each (paired) difference lies on the better
        side or is exactly 0, and not all are 0.

    Raises
    ------
    ExperimentError
        If no run has finished, a measure was not recorded, or two are the same.
    """
    named = dict(zip(AIMS, map(current_name, (safety, usefulness, cost)), strict=True))
    if len(set(named.values())) < len(named):
        raise ExperimentError(
            f"safety, usefulness and cost: must be three measures, got {', '.join(named.values())}"
        )
    arms = arms_of(runs, list(named.values()))
    signs = {name: sign_of(name, AIMS[aim]) for aim, name in named.items()}
    found: dict[int, tuple[Arm, dict[str, Any]]] = {}
    for arm in arms.at.values():
        if id(arm) in found:
            continue
        row: dict[str, Any] = {path: arm.swept.get(path) for path in arms.swept}
        row |= {"condition": arm.condition, "runs": len(arm.runs)}
        for name in signs:
            row |= summary(arm, name)
        found[id(arm)] = arm, row
    together = pd.DataFrame(
        [(number, *point) for number, point in enumerate(points(found, arms.swept))]
    )
    rows = [row for _, row in found.values()]
    several = [arm for arm, _ in found.values()]
    for _, same in by_key(together, list(together.columns[1:])):
        numbers = list(same[0])
        for k in numbers:
            others = [j for j in numbers if j != k]
            rows[k] |= dominance(k, others, rows, several, signs)
    table = pd.DataFrame(rows).astype({"dominated": "boolean", "beyond_noise": "boolean"})
    table.attrs |= {"swept": arms.swept, "measures": named, "signs": signs}
    return table


def points(found: dict[int, tuple[Arm, dict[str, Any]]], swept: list[str]) -> list[tuple[str, ...]]:
    """Return the swept values of each arm as text."""
    return [("", *(as_text(row[path]) for path in swept)) for _, row in found.values()]


def sign_of(measure: str, otherwise: str) -> int:
    """Return 1 if higher values of a measure are better, else -1."""
    known = about(measure)
    better = known.better if known is not None and known.better != "none" else otherwise
    return 1 if better == "higher" else -1


def summary(arm: Arm, name: str) -> dict[str, float]:
    """Return the mean of a measure with its interval and number of runs."""
    (values,) = common(arm.runs, measure=name)
    low, high = mean_interval(values.to_numpy())
    mean = float(values.mean()) if len(values) else float("nan")
    return {name: mean, f"{name}_low": low, f"{name}_high": high, f"{name}_runs": len(values)}


def dominance(
    k: int, others: list[int], rows: list[dict[str, Any]], arms: list[Arm], signs: dict[str, int]
) -> dict[str, Any]:
    """Return whether any other arm dominates arm k, which, and whether beyond noise."""
    mine = oriented(rows[k], signs)
    if np.isnan(mine).any():
        return {"dominated": None, "dominated_by": None, "beyond_noise": None}
    better: list[tuple[bool, str]] = []
    for j in others:
        theirs = oriented(rows[j], signs)
        if (theirs >= mine).all() and (theirs > mine).any():
            better.append((holds(arms[j], arms[k], signs), arms[j].condition))
    better.sort(key=lambda each: not each[0])  # one that holds beyond noise first
    clear, by = better[0] if better else (False, None)
    return {"dominated": bool(better), "dominated_by": by, "beyond_noise": clear}


def oriented(row: dict[str, Any], signs: dict[str, int]) -> NDArray[np.float64]:
    """Return the means of a row, with signs such that higher is better."""
    return np.array([sign * row[name] for name, sign in signs.items()], float)


def holds(better: Arm, worse: Arm, signs: dict[str, int]) -> bool:
    """Return whether an arm dominates another beyond noise."""
    strict = False
    for name, sign in signs.items():
        if is_paired(better, worse):
            x, y = (c.to_numpy() for c in common(better.runs, worse.runs, measure=name))
            if len(x) and not (x - y).any():
                continue
            low, high = mean_interval(sign * (x - y))
        else:
            x, y = (common(arm.runs, measure=name)[0].to_numpy() for arm in (better, worse))
            low, high = difference_interval(sign * x, sign * y)
            if low == high == 0:
                continue
        if not low > 0:
            return False
        strict = True
    return strict
