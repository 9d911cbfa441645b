"""What docs/eicher2026.md states."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from claims import Claim
from pages import Page, run_programs

from peckham.analysis import compare_with_published, load, theory
from peckham.analysis.fixations import belief_fixation, fixation

SCENARIOS = ("bivariate", "bivariate-2d", "clusters", "clusters-2d", "designs", "scenarios")
MEASURES = ["proxy", "true_value", "deceptive_share"]
PUBLISHED = Path(__file__).resolve().parents[2] / "analysis" / "published" / "eicher2026"
BATTERIES = {"published": "as published", "meant": "as meant"}
TESTS = {
    "untouched": "untouched",
    "rewarding": "rewarding, every 15",
    "punishing": "punishing, every 15",
    "rewarding_often": "rewarding, every generation",
    "punishing_often": "punishing, every generation",
}


def claims(page: str, folder: Path) -> Iterator[Claim]:
    """Yield the numbers of each section, in the order of the page."""
    runs = folder / "runs"
    yield from reproduction(runs)
    yield from coverage(runs / "inert")
    yield from added_questions(page, folder)
    yield from adaptive_tests(runs / "adaptive-test")
    yield from stray(runs / "stray")
    yield from twins(runs / "twins")


def reproduction(runs: Path) -> Iterator[Claim]:
    """Yield the table of comparisons with published runs."""
    sets: set[str] = set()
    total = 0
    for name in SCENARIOS:
        run = runs / f"eicher2026-{name}"
        log = load(run)
        total += len(log.runs)
        kinds = log.runs.groupby(["condition", *log.swept], dropna=False).ngroups
        found = compare_with_published(run, MEASURES)
        theirs = found[found["published_mean"].notna()]
        sets |= set(theirs["published"])
        tested = theirs.groupby(["condition", *log.swept], dropna=False).ngroups
        yield Claim.of(
            f"| `eicher2026-{name}` | {{}} | {{}} | {{}} |", kinds, tested, found["p_holm"].min()
        )
        small = theirs[theirs["p_holm"] < 0.05]
        assert set(small["published"]) <= {"L2/global_correlation_0.0"}
        assert set(small["measure"]) <= {"proxy"}
    yield Claim.of("contains {} sets of 50 published runs", len(sets))
    first = pd.read_csv(PUBLISHED / "final_generation.csv")
    first = first[(first["suite"] == "L1") & (first["condition"] == "rho_1.0")]
    share = first["initial_deceptive_share"]
    yield Claim.of("deceptive share of {} ± {}, as a", share.mean(), share.sem())


def coverage(run: Path) -> Iterator[Claim]:
    """Yield proxy and deceptive share by battery and coverage."""
    log = load(run)
    means = log.runs.groupby(["condition", "battery.coverage"], dropna=False)[
        ["proxy", "deceptive_share"]
    ].mean()
    for condition, name in BATTERIES.items():
        for share in (0.2, 0.6, 1.0):
            yield Claim.of(f"| {name} | {share} | {{}} | {{}} |", *means.loc[(condition, share)])
    rows = log.generations
    founders = rows.loc[rows["generation"] == 0, "deceptive_share"].mean()
    yield Claim.of("where it was in the founders ({})", founders)


def added_questions(page: str, folder: Path) -> Iterator[Claim]:
    """Yield the correlations that the second program of the page prints.

    The first program asserts that global correlation is inert.
    """
    _, printed = run_programs(page, folder)
    signal, number, value, _ = map(float, re.findall(r"-?\d\.\d+", printed))
    yield Claim.of("correlation of {} with the mean signal", signal)
    yield Claim.of("and of {} with their number", number)
    yield Claim.of("the correlation with their mean value is {}.", value)


def adaptive_tests(run: Path) -> Iterator[Claim]:
    """Yield the effect of each form of the adaptive test."""
    measures = ["deceptive_share", "share_Deceptive", "belief_value"]
    runs = load(run).runs.groupby("condition", dropna=False)[measures]
    for condition, name in TESTS.items():
        yield Claim.of(f"| {name} | {{}} | {{}} | {{}} |", *runs.mean().loc[condition])
    errors = runs.sem()
    yield Claim.of("Standard errors are {} to {}.", errors.min().min(), errors.max().max())


def stray(run: Path) -> Iterator[Claim]:
    """Yield the deceptive share of the last scenario with fewer agents and beliefs."""
    runs = load(run).runs
    share = runs.loc[runs["condition"] == "Combined_Dynamic_Mutation", "deceptive_share"]
    yield Claim.of("gives {} ± {} for that scenario", share.mean(), share.sem())


def twins(run: Path) -> Iterator[Claim]:
    """Yield selection and relabelling apart, and what fixed."""
    log = load(run)
    by = ["condition", "control"]
    runs = log.runs.groupby(by, dropna=False)
    shares = runs["deceptive_share"].mean()
    for condition in log.runs["condition"].unique():
        selected, neutral = shares[condition, "none"], shares[condition, "neutral"]
        numbers = (selected, neutral, selected - neutral)
        yield Claim.of(f"| {condition} | {{}} | {{}} | {{}} |", *numbers)
    yield Claim.of(
        "(`deceptive_share_signal0`), the twin stays at {}",
        runs["deceptive_share_signal0"].mean()["Improving_Align", "neutral"],
    )
    rows = log.generations[log.generations["condition"] == "Combined_Dynamic_Mutation"]
    yield Claim.of(
        "from {} at the start, the share falls to {} with selection and to {} without",
        rows.loc[rows["generation"] == 0, "deceptive_share"].mean(),
        shares["Combined_Dynamic_Mutation", "none"],
        shares["Combined_Dynamic_Mutation", "neutral"],
    )
    lineages, alleles = (fixation(run, kind).set_index(by) for kind in ("lineage", "schemer"))
    beliefs = belief_fixation(run).set_index(by)
    neutral = ("Baseline", "neutral")
    assert lineages.xs("neutral", level="control")["fixed"].sum() == 0
    assert beliefs.xs("neutral", level="control")["fixed_beliefs"].sum() == 0
    drift = theory.fixation_time(theory.wright_fisher_chain(300))
    yield Claim.of("one lineage takes {} generations on average", drift[1])
    yield Claim.of(
        "the schemer allele fixes in {} of {} runs and is lost in {}",
        *alleles.loc[neutral, ["fixed", "runs", "lost"]],
    )
    chosen = ("Baseline", "none")
    yield Claim.of(
        "one lineage has fixed in {} % of the Baseline runs, at generation {} on average, and {} %",
        100 * lineages.loc[chosen, "probability"],
        lineages.loc[chosen, "time"],
        100 * beliefs.loc[chosen, "at_once"],
    )


PAGE = Page(
    "docs/eicher2026.md",
    claims,
    given=(
        "arXiv 2604.05274",
        "nothing differs at 0.01",
        "a correlation of about .999999",
        "Our rows for 0, .2, .4, .6 and .8",
        ".373 and without them .385, so the mean of the three is (53·.373 − 50·.385)/3 = .17",
    ),
)
