"""A comparison as text: a block per measure, and what was found in words."""

from __future__ import annotations

import pandas as pd

from peckham.analysis.groups import by_key

from .compare import about
from .statistics import smallest_p
from .times import TIME
from .words import heading, interval, lines_of, number, p_text, point_of, prose, short

MOST_NAMED = 3
"""Number of conditions that a sentence names."""

RELABELLED = 0.1
"""Share of a difference from which on the part that is not by selection is mentioned."""

IN_PLACE_OF_P = {"identical": "identical", "too few replicates": "too few"}
"""Verdicts that are printed in place of p."""


def comparison_text(table: pd.DataFrame) -> str:
    """Return a comparison as text.

    Parameters
    ----------
    table : DataFrame
        What `compare` returns.
    """
    swept = table.attrs["swept"]
    split = "by_selection" in table
    head = ["", "condition", "mean", "difference", "95 % interval", "p (Holm)"]
    blocks = []
    for (measure,), of_measure in by_key(table, ["measure"]):
        lines = []
        for _, rows in by_key(of_measure, [*swept, "measure"]):
            place = point_of(rows.iloc[0], swept)
            lines.append(f"{heading(measure)}{', at ' + place if place else ''}")
            base = ["", table.attrs["baseline"], rows["baseline_mean"].mean(), "", "", ""]
            printed = [head, [*base[:1], short(base[1]), number(base[2]), *base[3:]]]
            for _, row in rows.iterrows():
                is_shown = row["verdict"] in ("higher", "lower")
                p = IN_PLACE_OF_P.get(row["verdict"], p_text(row["p_holm"]))
                printed.append(
                    [
                        "*" if is_shown else "",
                        short(row["condition"]),
                        number(row["mean"]),
                        number(row["difference"]),
                        interval(row["low"], row["high"]),
                        p,
                    ]
                )
                if split:
                    printed[-1].append(number(row["by_selection"]))
            if split:
                printed[0] = [*head, "by selection"]
                printed[1] = [*printed[1], ""]
            lines += lines_of(printed)
            if not constant(rows["pairs"]) or rows["pairs"].iloc[0] == 0:
                lines.append(prose(pairs_line(rows)))
        lines.append(in_words(of_measure, table.attrs["baseline"], swept))
        blocks.append("\n".join(lines))
    return "\n\n".join([*blocks, *closing(table)])


def constant(values: pd.Series) -> bool:
    """Return whether all values are equal."""
    return len(set(values)) <= 1


def pairs_line(rows: pd.DataFrame) -> str:
    """Return how many pairs each condition has, where that differs."""
    counts = [f"{row['condition']} {row['pairs']}" for _, row in rows.iterrows()]
    if rows["pairs"].all():
        return f"pairs: {', '.join(counts)}"
    # of runs that share seeds, a pair is left out where the measure is null
    no_seeds = not rows.loc[rows["pairs"] == 0, "paired"].any()
    why = "no seed in common" if no_seeds else "undefined in one run of every pair"
    return f"pairs: {', '.join(counts)} (0: {why})"


def in_words(rows: pd.DataFrame, baseline: str, swept: list[str]) -> str:
    """Return in words what was found for one measure."""
    measure = rows["measure"].iloc[0]
    what = "conditions" if len(rows) == rows["condition"].nunique() else "comparisons"
    found = []
    for verdict, verb in (("lower", "lower"), ("higher", "raise")):
        count = int((rows["verdict"] == verdict).sum())
        if count:
            found.append(f"{count} of {len(rows)} {what} {verb if count > 1 else verb + 's'} it")
    few = int((rows["verdict"] == "too few replicates").sum())
    same = int((rows["verdict"] == "identical").sum())
    if found:
        first, *more = found
        start = f"Against {baseline}, {first[:-2]}{measure} beyond chance"
        line = ", ".join([start, *more])
    elif same == len(rows):
        line = f"{measure} is identical to that of {baseline} in every pair"
    elif few + same == len(rows):
        line = f"{few} of {len(rows)} {what} have too few replicates to show any difference"
    else:
        line = f"Against {baseline}, no difference of {measure} is shown"
    return prose(line + relabelled(rows, swept) + ".")


def relabelled(rows: pd.DataFrame, swept: list[str]) -> str:
    """Return which shown differences are not by selection."""
    shown = rows[rows["verdict"].isin(["higher", "lower"])]
    known = about(rows["measure"].iloc[0])
    is_setting = known is not None and known.needs == "oversight"  # it says nothing of agents
    if "by_selection" not in rows or shown["not_by_selection"].isna().all() or is_setting:
        return ""
    share = shown["not_by_selection"] / shown["difference"]
    share = share[share >= RELABELLED].sort_values(ascending=False)
    if share.empty:
        return "; what is shown is by selection"
    parts = shown.loc[share.index]
    named = []
    for _, row in parts.head(MOST_NAMED).iterrows():
        place = f" at {point_of(row, swept)}" if swept else ""
        whole, part = abs(row["difference"]), abs(row["not_by_selection"])
        of = f"{number(part)} of {number(whole)}"
        if part > 1.05 * whole:
            of = f"more than all ({number(part)} against {number(whole)})"
        named.append(f"{row['condition']}{place} {of}")
    more = f" (and {len(parts) - MOST_NAMED} more)" if len(parts) > MOST_NAMED else ""
    return f"; for {', '.join(named)}{more} is not by selection"


def closing(table: pd.DataFrame) -> list[str]:
    """Return the lines that explain all blocks."""
    about_table = table.attrs
    at = about_table.get("at")
    when = "final measures" if at is None else f"generation {at}"
    pairs = [int(n) for n in sorted(table["pairs"].unique())]
    counts = f"{pairs[0]}" if len(pairs) == 1 else f"{pairs[0]} to {pairs[-1]}"
    lines = [
        f"{when}, {counts} pairs; * p adjusted for all {len(table)} rows (Holm) is below "
        f"{about_table['level']:g}"
    ]
    few = table[table["verdict"] == "too few replicates"]
    if not few.empty:
        needed = 2
        while 2.0 ** (1 - needed) >= about_table["level"]:
            needed += 1
        lines.append(
            f"too few replicates: with {few['pairs'].max()} pairs no p can be below "
            f"{about_table['level']:g}; {needed} or more are needed"
        )
    few = table[table["paired"] & (table["pairs"].map(smallest_p) * len(table) >= level(table))]
    if not few.empty and len(lines) == 1:
        most = int(few["pairs"].max())
        lines.append(
            f"with {most} pairs p is at least {smallest_p(most):.2g}, so the largest of "
            f"{len(table)} adjusted p cannot be below {level(table):g}: compare fewer measures "
            "(--on), or add replicates"
        )
    if at is None and about_table.get("stopped"):
        lines.append(
            f"{about_table['stopped']} runs were stopped early (stop_when): their final measures "
            "are those of their last record"
        )
    if about_table["has_twins"]:
        lines.append(
            "by selection: (condition - its twin) - (baseline - its twin); the rest of a "
            "difference is relabelling"
        )
    else:
        lines.append(
            "Without neutral twins, selection cannot be told from relabelling; "
            "add controls: [neutral]."
        )
    if not table["paired"].all() and not (table["measure"] == TIME).all():
        lines.append(
            "Some rows compare populations of different sizes or seeds: Welch's test, unpaired."
        )
    return ["\n".join(map(prose, lines))]


def level(table: pd.DataFrame) -> float:
    """Return the level of a comparison."""
    return float(table.attrs["level"])
