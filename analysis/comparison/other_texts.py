"""Frontiers, ablations and power as text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from peckham.analysis.groups import by_key

from .words import heading, lines_of, number, p_text, point_of, prose, short


def frontier_text(table: pd.DataFrame) -> str:
    """Return a frontier as text."""
    swept = table.attrs["swept"]
    names = list(table.attrs["measures"].values())
    rows = [["", "condition", *(f"{name} (95 %)" for name in names), "dominated by"]]
    for _, row in table.iterrows():
        by = row["dominated_by"] if row["dominated"] is True else ""
        by = by if isinstance(by, str) else ""
        mark = " (beyond noise)" if by and row["beyond_noise"] is True else ""
        place = f" at {point_of(row, swept)}" if swept else ""
        rows.append(
            [
                "",
                short(row["condition"]) + place,
                *(
                    f"{number(row[n])} [{number(row[f'{n}_low'])}, {number(row[f'{n}_high'])}]"
                    for n in names
                ),
                "unknown" if row["dominated"] is pd.NA else (short(by) + mark or "-"),
            ]
        )
    best = table[table["dominated"].eq(False).fillna(False)]["condition"].unique()
    lines = []
    lines.append(f"Not dominated: {', '.join(best) or 'none'}.")
    for name in names:
        none = table[table[name].isna()]["condition"].unique()
        if len(none):
            lines.append(
                f"{name} is undefined in every run of {', '.join(none)}, so nothing is known of "
                "domination there; choose another measure, such as --safety commission_harm."
            )
        some = table[(table[f"{name}_runs"] < table["runs"]) & table[name].notna()]
        if not some.empty:
            lines.append(
                f"{name} is undefined in some runs of {', '.join(some['condition'].unique())}; "
                "means are over the others."
            )
    return "\n".join([*lines_of(rows), "", *map(prose, lines)])


def ablation_text(table: pd.DataFrame) -> str:
    """Return an ablation as text."""
    swept = table.attrs["swept"]
    blocks = []
    for (measure,), of_measure in by_key(table, ["measure"]):
        lines = []
        for _, rows in by_key(of_measure, [*swept, "measure"]):
            place = point_of(rows.iloc[0], swept)
            together = number(rows["together"].iloc[0])
            lines.append(
                f"{heading(measure)}{', at ' + place if place else ''}: all together {together}"
            )
            head = ["", "part", "alone", "p (Holm)", "added last", "p (Holm)", "verdict"]
            printed = [head]
            for _, row in rows.iterrows():
                printed.append(
                    [
                        "*" if row["verdict"] == "carries" else "",
                        short(row["part"]),
                        number(row["alone"]),
                        p_text(row["alone_p_holm"]),
                        number(row["last"]),
                        p_text(row["last_p_holm"]),
                        row["verdict"],
                    ]
                )
            lines += lines_of(printed)
            lines.append(prose(carried(rows, measure)))
        blocks.append("\n".join(lines))
    legend = (
        "alone: this part against none; added last: all parts against all but this one; "
        "carries: both differ beyond chance, in the same direction"
    )
    return "\n\n".join([*blocks, prose(legend)])


def carried(rows: pd.DataFrame, measure: str) -> str:
    """Return in words which part carries an effect, and what of it is by selection."""
    carriers = rows[rows["verdict"] == "carries"]
    if carriers.empty:
        shown = rows[~rows["verdict"].isin(["carries", "no effect shown"])]
        if shown.empty:
            return f"No part is shown to change {measure}."
        named = ", ".join(f"{row['part']} ({row['verdict']})" for _, row in shown.iterrows())
        return f"No part carries the change of {measure}: {named}."
    carrying = []
    for _, row in carriers.iterrows():
        text = f"{row['part']} ({number(row['alone'])} alone"
        if "alone_not_by_selection" in rows and not np.isnan(row["alone_not_by_selection"]):
            text += f", of which {number(row['alone_not_by_selection'])} is not by selection"
        carrying.append(text + ")")
    verb = "carry" if len(carrying) > 1 else "carries"
    return f"{' and '.join(carrying)} {verb} the change of {measure}."


def power_text(table: pd.DataFrame) -> str:
    """Return a table of power as text."""
    swept = table.attrs["swept"]
    head = ["", "condition", "pairs", "sd", "effect", "power", "replicates needed", "detectable"]
    rows = [head]
    for _, row in table.iterrows():
        place = f" at {point_of(row, swept)}" if swept else ""
        needed = row["replicates_needed"]
        rows.append(
            [
                "",
                short(row["condition"]) + place,
                str(row["pairs"]),
                number(row["sd"]),
                number(row["effect"]),
                "-" if np.isnan(row["power"]) else f"{row['power']:.3f}",
                "-" if needed is pd.NA else str(needed),
                number(row["detectable"]),
            ]
        )
    measure, level, wanted = table["measure"].iloc[0], table.attrs["level"], table.attrs["power"]
    return "\n".join(
        [
            f"{heading(measure)}, against {table.attrs['baseline']}",
            *lines_of(rows),
            prose(
                f"power: of one test at {level:g}; replicates needed: for power {wanted:g}; "
                f"detectable: the effect that these pairs find with power {wanted:g}; "
                "in a table of m rows use --level LEVEL/m"
            ),
        ]
    )
