"""What docs/oversight.md states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from claims import Claim
from pages import Page

from peckham.agents.conduct import deception_probability
from peckham.analysis import load
from peckham.analysis.fixations import fixations
from peckham.analysis.trap import final_fields, trap

CAPABILITY, LEVEL = "population.capability.mean", "oversight.level"


def claims(page: str, folder: Path) -> Iterator[Claim]:
    """Yield the numbers of each scenario, in the order of the page."""
    runs = folder / "runs"
    yield from threshold(runs / "deception-threshold", runs / "no-assortment")
    yield Claim.of(
        "over {} replicates, and the results of goodhart-curve, from {}.",
        replicates(runs / "sheltered"),
        replicates(runs / "goodhart-curve"),
    )
    yield from turn(runs / "treacherous-turn")
    yield from race(runs / "capability-race")
    ends = final_fields(trap(runs / "optimization-trap")).set_index("condition")
    for condition, field in [
        ("trap", "optimisation trap"),
        ("purposeful", "purposeful optimisation"),
    ]:
        assert ends.loc[[condition], field].sum() == replicates(runs / "optimization-trap")
    assert ends.loc["trap", "sign"] == replicates(runs / "optimization-trap")
    yield from sheltered(runs / "sheltered")


def replicates(run: Path) -> int:
    """Return the number of replicates of an experiment."""
    return int(load(run).runs["replicate"].nunique())


def threshold(run: Path, without: Path) -> Iterator[Claim]:
    """Yield the shortfall over time, where scheming fixed, and hitch-hiking."""
    log = load(run)
    rows, ended = log.generations, log.runs
    cells = rows.groupby([CAPABILITY, LEVEL, "generation"], dropna=False)["hidden"].mean()
    watched = cells[(cells.index.get_level_values(LEVEL) >= 0.6)]
    watched = watched[watched.index.get_level_values(CAPABILITY) <= 60]
    tenth = watched.xs(10, level="generation")
    yield Claim.of(
        "the mean Δ is {} in generation 0. With o ≥ 0.6 and c ≤ 60 it falls to between {} and {}"
        " within ten generations",
        cells.xs(0, level="generation").mean(),
        tenth.min(),
        tenth.max(),
    )
    fixed = ended.assign(fixed=ended["run"].map(fixations(log, "schemer").set_index("run")["id"]))
    share = (fixed["fixed"] == 1).groupby([fixed[CAPABILITY], fixed[LEVEL]], dropna=False).mean()
    low = cells.loc[(20.0, 0.2)]
    yield Claim.of(
        "At c = 20 and o = 0.2, Δ rises to {}, and scheming fixes in {} of the runs",
        low.iloc[-1],
        share[20.0, 0.2],
    )
    high = cells.loc[(100.0, 1.0)]
    yield Claim.of(
        "At c = 100 and o = 1, where schemers are fitter at first, Δ falls to {} within"
        " ten generations, and scheming fixes in {}",
        high[10],
        share[100.0, 1.0],
    )
    tenth = cells.xs(10, level="generation")
    c, o = (tenth.index.get_level_values(path).to_numpy(float) for path in (CAPABILITY, LEVEL))
    detected = 0.8 * (1 - deception_probability(c, o)) - 0.05
    fitter, watched_at_all = tenth > detected, o > 0  # penalty 1
    yield Claim.of(
        "in the {} of {} cells with oversight above it, scheming fixes in {} of the runs; in the"
        " other cells, in {}.",
        (fitter & watched_at_all).sum(),
        watched_at_all.sum(),
        share[fitter & watched_at_all].mean(),
        share[~fitter & watched_at_all].mean(),
    )
    blurred, clear = (correlations(folder) for folder in (without, run))
    yield Claim.of(
        "the mean absolute correlation of allele and proxy (`corr_schemer_proxy`) over the runs"
        " that still have both alleles is {} in generation 20, and {} with full assortment."
        " The sign varies between runs: the means are {} and {}.",
        blurred.abs().mean(),
        clear.abs().mean(),
        blurred.mean(),
        clear.mean(),
    )


def correlations(run: Path) -> pd.Series:
    """Return the correlation of allele and proxy in generation 20, null without both alleles."""
    rows = load(run).generations
    return rows.loc[rows["generation"] == 20, "corr_schemer_proxy"]


def turn(run: Path) -> Iterator[Claim]:
    """Yield delivered value before and after the end of oversight in deployment."""
    rows = load(run).generations
    means = rows.groupby(["condition", "generation"], dropna=False)["delivered"].mean()
    yield Claim.of(
        "delivered value falls immediately from {} to {}, and no test score changes",
        means["relaxed", 59],
        means["relaxed", 60],
    )
    proxy = rows.set_index(["replicate", "generation"]).groupby("condition", dropna=False)["proxy"]
    assert proxy.get_group("relaxed").equals(proxy.get_group("watched"))


def race(run: Path) -> Iterator[Claim]:
    """Yield capability, deception probability and schemers under three kinds of oversight."""
    rows = load(run).generations
    means = rows.groupby(["condition", "generation"], dropna=False).mean(numeric_only=True)
    first, last = (means.xs(generation, level="generation") for generation in (0, 149))
    yield Claim.of(
        "Capability drifts from {} to {} under fixed oversight, where D rises from {} to {}.",
        first["capability"]["fixed"],
        last["capability"]["fixed"],
        first["deception_probability"]["fixed"],
        last["deception_probability"]["fixed"],
    )
    yield Claim.of(
        "D stays at {} and deceiving falls to {}. With a budget of audits, schemers reach {}.",
        last["deception_probability"]["scaled"],
        last["deceiving"]["scaled"],
        last["schemers"]["budget"],
    )


def sheltered(run: Path) -> Iterator[Claim]:
    """Yield true value and alignment with and without schemers."""
    ends = load(run).runs.groupby("condition", dropna=False)[["true_value", "alignment"]].mean()
    yield Claim.of("true value is {} and alignment {}. With", *ends.loc["honest"])
    yield Claim.of("spreads; true value is {} and alignment {}.", *ends.loc["schemers"])


PAGE = Page(
    "docs/oversight.md",
    claims,
    given=(
        "With ρ = .8 every run",
        "in 0..1. By default",
        ": .01 where a tenth",
        "the level by .5 there needs a gain of 50.",
        "(.1 there, so a gain of 5)",
    ),
)
