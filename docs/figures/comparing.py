"""What docs/comparing.md states beside the output that it shows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claims import Claim
from pages import Page

from peckham.analysis import compare


def claims(page: str, folder: Path) -> Iterator[Claim]:
    """Yield the numbers of the text."""
    table = compare(folder / "runs" / "oversight-interventions", on="oversight_cost")
    cost = table.set_index("condition")["mean"]
    assert abs(cost["level"] / cost["budget"] - 5) < 1e-9  # a fifth of the cost
    yield Claim.of("so {} pairs show more", table["pairs"].min())


PAGE = Page(
    "docs/comparing.md",
    claims,
    given=(
        "95 % bootstrap interval (BCa)",
        "marks p below 0.05",
        "a difference of 0.2 in the share",
        "reach p < 0.05",
        "arXiv 2604.05274",
    ),
)
