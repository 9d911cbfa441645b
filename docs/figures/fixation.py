"""What docs/fixation.md states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claims import Claim
from pages import Page

from peckham.analysis import theory
from peckham.analysis.fixations import belief_fixation, fixation


def claims(page: str, folder: Path) -> Iterator[Claim]:
    """Yield the numbers of the hitch-hiking table and of the exact chains."""
    run = folder / "runs" / "hitch-hiking"
    beliefs = belief_fixation(run).set_index(["condition", "control"])
    lineages = fixation(run, "lineage").set_index(["condition", "control"])
    for key in beliefs.index:
        row = beliefs.loc[key]
        yield Claim.of(
            "| {} | {} |".format(*key) + " {} | {} | {} | {} | {} | {} |",
            row["fixed_beliefs"],
            row["deceptive"],
            row["neutral"],
            row["at_once"],
            row["time"],
            lineages.loc[key, "time"],
        )
    yield Claim.of(
        "Copied genomes fix whole: {} %", 100 * beliefs.loc[("copied", "none"), "at_once"]
    )
    chain = theory.wright_fisher_chain(300, weight=1.01)
    yield Claim.of("# {}, for one copy", theory.fixation_probability(chain)[1])
    drift = theory.wright_fisher_chain(300)
    yield Claim.of("# {} generations", theory.fixation_time(drift)[1])


PAGE = Page(
    "docs/fixation.md",
    claims,
    given=(
        "(0.9 of the agents unless",
        "an advantage of 1 %",
        "a selection pressure that is 2 % off",
    ),
)
