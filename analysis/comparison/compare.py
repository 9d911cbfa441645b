"""Comparison of conditions with a baseline: paired differences, and what selection has in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from peckham.agents.measures.measure import Measure, current_name
from peckham.agents.measures.registry import all_measures
from peckham.experiments.errors import ExperimentError

from .arms import Arms, Runs, arms_of
from .differences import TWINS, Differences, compared
from .statistics import RESAMPLES, holm, sign_flip_p
from .times import TIME

DEFAULT = (
    "delivered",
    "deceptive_share",
    "schemers",
    "commission_harm",
    "omission_harm",
    "oversight_cost",
)
"""The measures that are compared by default, as far as they were recorded."""

COLUMNS = (
    "condition",
    "measure",
    "pairs",
    "baseline_mean",
    "mean",
    "difference",
    "low",
    "high",
    "p",
    "p_holm",
    "effect_size",
    "paired",
    "verdict",
    "better",
)


def compare(
    runs: Runs,
    baseline: str | None = None,
    on: str | Sequence[str] | None = None,
    at: int | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Compare every condition with a baseline, pair by pair.

    Runs of one seed share landscape, battery and founders. They are a pair, and
    only their difference is tested, so what they share cancels. A pair with a
    failed run, or in which the measure is undefined, is left out.

    Parameters
    ----------
    runs : str, Path, Log or list of them
        Run folders.
    baseline : str, optional
        The condition to compare with, by default the first.
    on : str or list of str, optional
        Measures, by default those of `DEFAULT` that were recorded and are defined
        in any run. ``time_to_fixation`` is the generation in which the schemer
        allele fixed.
    at : int, optional
        The generation to compare, by default the final measures.
    level : float
        Error rate of the whole table, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per swept point, condition and measure: the swept paths and

        - ``condition``, ``measure`` and ``pairs``, the number of pairs (0 where runs
          share no seed);
        - ``baseline_mean`` and ``mean`` over the pairs, and ``difference``, with
          ``low`` and ``high``, its 95 % BCa bootstrap interval;
        - ``p`` of a two-sided sign-flip permutation test, exact up to 13 pairs, and
          ``p_holm``, adjusted for all rows of the table (Holm 1979);
        - ``effect_size``: the difference in standard deviations of the pairs'
          differences;
        - ``paired``: false where populations differ in size or runs share no seed.
          Then ``p`` is of Welch's t-test, the interval is unpaired, and the
          effect size is in pooled standard deviations;
        - ``verdict``: ``higher`` or ``lower`` if p_holm is below the level, ``no
          difference shown``, ``identical`` (in every pair), or ``too few
          replicates`` (no p could be below the level);
        - ``better``: whether a shown difference is for the better by the measure's
          direction; null if none is shown, or the measure has no direction.

        With neutral twins also ``by_selection``, the mean of (condition − its twin) −
        (baseline − its twin), with ``by_selection_low``, ``by_selection_high`` and
        ``by_selection_p_holm``; and ``not_by_selection``, the mean of condition's twin −
        baseline's twin: relabelling, and whatever else the condition changes without
        selection. Both are over the pairs whose twins are there too.

        For ``time_to_fixation``, means are restricted to the generations of the run
        (areas under Kaplan-Meier curves), ``p`` is of a log-rank test, and runs
        without fixation are censored.

    Raises
    ------
    ExperimentError
        If there is nothing to compare, or a name or number is wrong.
    """
    if not 0 < level < 1:
        raise ExperimentError(f"level: must be between 0 and 1, got {level}")
    names = None if on is None else measures_of(on)
    arms = arms_of(runs, names, at)
    start = arms.condition(baseline)
    if len(arms.conditions) < 2:
        raise ExperimentError(
            f"there is nothing to compare: the only condition is {arms.conditions[0]}; "
            "give an experiment with conditions, or a second run folder"
        )
    if names is None:
        names = [name for name in DEFAULT if is_defined(arms, name)]
        if not names:
            raise ExperimentError(
                f"on: none of {', '.join(DEFAULT)} was recorded and is defined; name measures"
            )
    table = table_of(arms, start, names, level)
    table.attrs |= {
        "at": at,
        "failed": arms.failed,
        "planned": arms.planned,
        "stopped": arms.stopped,
    }
    return table


def table_of(arms: Arms, baseline: str, names: Sequence[str], level: float) -> pd.DataFrame:
    """Return the table of `compare` for some arms.

    Raises
    ------
    ExperimentError
        If no arm has a partner.
    """
    pairs = list(arms.against(baseline))
    if not pairs:
        raise ExperimentError(
            f"baseline: {baseline} has no runs at any swept point of the other conditions"
        )
    rows, tested = [], []
    for name in names:
        for arm, base in pairs:
            key = {path: arm.swept.get(path) for path in arms.swept}
            row, differences = compared(arm, base, name, arms.has_twins)
            rows.append({**key, "condition": arm.condition, "measure": name, **row})
            tested.append(differences)
    table = pd.DataFrame(rows)
    if arms.has_twins:  # rows of times have none of these
        table = table.reindex(columns=[*dict.fromkeys([*table, *TWINS, "by_selection_p"])])
    add_sign_flips(table, tested, level)
    table["p_holm"] = holm(table["p"])
    add_verdicts(table, level, directions(names))
    if arms.has_twins:
        table["by_selection_p_holm"] = holm(table["by_selection_p"])
    table = table[[*arms.swept, *COLUMNS, *(TWINS if arms.has_twins else ())]]
    table.attrs |= {
        "swept": arms.swept,
        "baseline": baseline,
        "level": level,
        "has_twins": arms.has_twins,
    }
    return table


def measures_of(on: str | Sequence[str]) -> list[str]:
    """Return the measures that are asked for, by their present names.

    Raises
    ------
    ExperimentError
        If there are none.
    """
    given: Iterable[str] = on.split(",") if isinstance(on, str) else on
    names = list(dict.fromkeys(current_name(name.strip()) for name in given if name.strip()))
    if not names:
        raise ExperimentError("on: must name at least one measure; see `peckham columns`")
    return names


def is_defined(arms: Arms, name: str) -> bool:
    """Return whether a measure was recorded and is defined in any run."""
    return name in arms.recorded and any(arm.runs[name].notna().any() for arm in arms.at.values())


def add_sign_flips(table: pd.DataFrame, tested: Sequence[Differences], level: float) -> None:
    """Write the p-values of the sign-flip tests, those of equal numbers of pairs together.

    So many patterns are tried that the smallest p, times the number of rows, stays a
    tenth of the level.
    """
    patterns = max(RESAMPLES, int(np.ceil(10 * len(table) / level)))
    for place, column in enumerate(("p", "by_selection_p")):
        sizes = np.array([each[place].size for each in tested])
        for n in np.unique(sizes[sizes > 0]):
            rows = np.flatnonzero(sizes == n)
            p = sign_flip_p([tested[int(row)][place] for row in rows], patterns)
            table.loc[rows, column] = p


def add_verdicts(table: pd.DataFrame, level: float, better: dict[str, str]) -> None:
    """Write what each row shows, and whether that is for the better."""
    verdicts, goods = [], []
    columns = ("measure", "p_holm", "difference", "least", "same")
    for name, p, difference, least, same in zip(*(table[c] for c in columns), strict=True):
        if same:
            verdict = "identical"
        elif not least < level:
            verdict = "too few replicates"
        elif p < level:
            verdict = "higher" if difference > 0 else "lower"
        else:
            verdict = "no difference shown"
        verdicts.append(verdict)
        is_clear = verdict in ("higher", "lower") and better[name] != "none"
        goods.append(verdict == better[name] if is_clear else None)
    table["verdict"] = verdicts
    table["better"] = pd.array(goods, dtype="boolean")


def directions(names: Iterable[str]) -> dict[str, str]:
    """Return the direction of each measure. A late fixation of scheming is better."""
    known = {measure.name: measure.better for measure in all_measures()}
    return {name: "higher" if name == TIME else known.get(name, "none") for name in names}


def about(name: str) -> Measure | None:
    """Return a measure by its name, None if it is the share of a cluster."""
    return next((measure for measure in all_measures() if measure.name == name), None)
