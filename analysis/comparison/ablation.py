"""Ablation: which of several interventions carries an effect."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from peckham.analysis.log import Log, load
from peckham.experiments.ablation import ALL, BUT, NONE, ONLY
from peckham.experiments.errors import ExperimentError

from .compare import compare

TAKEN = ("difference", "low", "high", "p_holm")
SPLIT = ("by_selection", "not_by_selection")


def ablation(
    run: str | Path | Log,
    on: str | Sequence[str] | None = None,
    at: int | None = None,
    level: float = 0.05,
) -> pd.DataFrame:
    """Return what each part of an intervention does alone, and what is lost without it.

    Parameters
    ----------
    run : str, Path or Log
        A run folder that `peckham ablate` made.
    on, at, level
        As for `compare`.

    Returns
    -------
    DataFrame
        One row per swept point, measure and part: the swept paths, ``measure``,
        ``part``, ``pairs``; ``together``, the difference of all parts to none;
        ``alone``, the difference of this part alone to none, with ``alone_low``,
        ``alone_high`` and ``alone_p_holm``; ``last``, the difference of all parts to
        all but this one, with the same; with twins what is by selection in each,
        ``alone_by_selection`` and ``alone_not_by_selection``, ``last_...`` alike; and
        ``verdict``: ``carries`` (both differ), ``enough alone`` (the others make up for
        it), ``only with others``, ``opposite effects`` or ``no effect shown``. With two
        parts, all but one is the other alone.

    Raises
    ------
    ExperimentError
        If the folder is no ablation, or for the reasons of `compare`.
    """
    log = run if isinstance(run, Log) else load(run)
    path, conditions = log.path, log.conditions
    if not {NONE, ALL} <= set(conditions):
        raise ExperimentError(
            f"{path} is no ablation: it has no conditions {NONE} and {ALL}; make one with "
            "`peckham ablate`"
        )
    parts = parts_of(conditions)
    alone = {part: ONLY + part if ONLY + part in conditions else ALL for part in parts}
    without = {part: rest(part, parts, conditions) for part in parts}
    first = compare(load(path, conditions=[NONE, *dict.fromkeys([*alone.values(), ALL])]),
                    NONE, on, at, level)  # fmt: skip
    # the sign of a difference to `all` is turned below
    second = compare(load(path, conditions=[ALL, *dict.fromkeys(without.values())]),
                     ALL, on, at, level)  # fmt: skip
    swept = log.swept
    rows = []
    for _, together in first[first["condition"] == ALL].iterrows():
        for part in parts:
            one = like(first, together, alone[part], swept)
            other = like(second, together, without[part], swept)
            row = {path: together[path] for path in swept}
            row |= {"measure": together["measure"], "part": part, "pairs": one["pairs"]}
            row |= {"together": together["difference"]}
            row |= {f"alone{suffix(name)}": one[name] for name in TAKEN}
            row |= {
                "last": -other["difference"],
                "last_low": -other["high"],
                "last_high": -other["low"],
                "last_p_holm": other["p_holm"],
            }
            for name in SPLIT:
                if name in first:
                    row |= {f"alone_{name}": one[name], f"last_{name}": -other[name]}
            rows.append(row | {"verdict": verdict(row, level)})
    table = pd.DataFrame(rows)
    table.attrs["swept"] = swept
    return table


def parts_of(conditions: Sequence[str]) -> list[str]:
    """Return the names of the parts that an ablation takes apart."""
    found = [name.removeprefix(ONLY) for name in conditions if name.startswith(ONLY)]
    return found or ["all"]


def rest(part: str, parts: Sequence[str], conditions: Sequence[str]) -> str:
    """Return the condition with all parts but one."""
    if BUT + part in conditions:
        return BUT + part
    others = [other for other in parts if other != part]
    return ONLY + others[0] if others else NONE


def suffix(name: str) -> str:
    """Return what follows ``alone`` or ``last`` in the name of a column."""
    return "" if name == "difference" else f"_{name}"


def like(table: pd.DataFrame, row: pd.Series, condition: str, swept: Sequence[str]) -> pd.Series:
    """Return the row of a condition with the same measure and swept point."""
    same = (table["condition"] == condition) & (table["measure"] == row["measure"])
    for path in swept:
        same &= (table[path] == row[path]) | (table[path].isna() & pd.isna(row[path]))
    return table[same].iloc[0]


def verdict(row: dict[str, float], level: float) -> str:
    """Return what a part does to a measure."""
    alone, last = row["alone_p_holm"] < level, row["last_p_holm"] < level
    if alone and last:
        return "carries" if row["alone"] * row["last"] > 0 else "opposite effects"
    if alone:
        return "enough alone"
    return "only with others" if last else "no effect shown"
