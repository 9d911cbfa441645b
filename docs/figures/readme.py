"""What README.md states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from claims import Claim
from pages import Page

from peckham.analysis import compare_with_published


def claims(page: str, folder: Path) -> Iterator[Claim]:
    """Yield the table of the first result."""
    found = compare_with_published(folder / "runs" / "l4")
    for _, row in found[found["measure"] == "deceptive_share"].iterrows():
        if pd.isna(row["published_mean"]):
            yield Claim.of(f"| {row['condition']} | {{}} | | |", row["mean"])
        else:
            yield Claim.of(
                f"| {row['condition']} | {{}} | {{}} | {{}} |",
                row["mean"],
                row["published_mean"],
                row["p_holm"],
            )


PAGE = Page(
    "README.md",
    claims,
    given=("means of 50 runs with 95 % bands", "Python 3.11", "arXiv 2604.05274"),
)
