"""Analysis of runs that were stopped early, and of folders with some generations only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest

from peckham.analysis import belief_fixation, check, compare, fixation, load
from peckham.analysis.comparison.comparison_text import comparison_text
from peckham.analysis.comparison.times import fixation_times, restricted_mean, survival
from peckham.analysis.groups import has_every_generation, stopped
from peckham.analysis.plots import drift as figures
from peckham.analysis.trap import MATRIX, final_fields, trap
from peckham.experiments import ExperimentError, ExperimentWarning, run

mpl.use("agg")

DRIFTING: dict[str, Any] = {
    "generations": 40,
    "replicates": 80,
    "population": {"size": 12, "beliefs_per_agent": 4},
    "landscape": {"kind": "clustered", "beliefs": 60},
    "battery": {"questions": 10},
    "selection": {"kind": "softmax", "beta": 0.0},
}
"""Runs under drift alone."""

EVERY = 7


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(DRIFTING, out=tmp_path_factory.mktemp("whole") / "out")


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = {**DRIFTING, "record": {"every": EVERY}}
    return run(spec, out=tmp_path_factory.mktemp("thin") / "out")


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return runs that end where few schemers are left, and the same runs to their end."""
    conditions = {"short": {"stop_when": {"measure": "schemers", "below": 0.2}}, "long": {}}
    spec = {**DRIFTING, "conditions": conditions}
    return run(spec, out=tmp_path_factory.mktemp("ended") / "out")


# ------------------------------------------------------------ some generations only


def test_a_folder_knows_whether_it_has_every_generation(
    whole: Path, thin: Path, ended: Path
) -> None:
    assert has_every_generation(load(whole).generations)
    assert has_every_generation(load(ended).generations)
    assert not has_every_generation(load(thin).generations)


def test_theory_is_compared_in_the_generations_that_were_written(whole: Path, thin: Path) -> None:
    tables = {path: check(path).set_index("limit") for path in (whole, thin)}
    there, here = tables[whole], tables[thin]
    summed = [name for name in there.index if name.endswith("summed over the run")]
    early = [name for name in there.index if name.endswith(("generation 1", "in generation 5"))]
    assert len(summed) == 3
    assert set(there.index) - set(here.index) >= {*summed, *early}
    assert "schemers in generation 39" in here.index
    assert here["observed"].notna().all()
    for name in here.index:
        assert here.loc[name, "observed"] == there.loc[name, "observed"]
        assert here.loc[name, "expected"] == there.loc[name, "expected"]
    assert not (here["verdict"] == "disagrees").any()


def test_the_sign_of_the_trap_needs_every_generation(whole: Path, thin: Path) -> None:
    there, here = trap(whole, window=2), trap(thin, window=2)
    assert there["sign"].any()
    assert here["sign"].isna().all()
    ends, some = final_fields(there), final_fields(here)
    assert some["sign"].isna().all()
    assert ends["sign"].item() > 0
    for field in MATRIX.values():
        assert some[field].item() == ends[field].item()


def test_a_generation_that_was_not_written_is_named_with_the_nearest(tmp_path: Path) -> None:
    conditions = {"a": {}, "b": {"selection.beta": 5.0}}
    spec = {**DRIFTING, "replicates": 3, "conditions": conditions, "record": {"every": EVERY}}
    folder = run(spec, out=tmp_path / "out")
    with pytest.raises(ExperimentError, match=r"no row of generation 15; .* nearest is 14$"):
        compare(folder, at=15)
    assert len(compare(folder, on="proxy", at=14)) == 1


# ------------------------------------------------------------ runs that were stopped


def test_stopped_runs_are_counted(ended: Path) -> None:
    log = load(ended)
    runs = log.runs.set_index("run")
    short = runs.index[runs["condition"] == "short"]
    assert stopped(log, short) == (runs.loc[short, "schemers"] < 0.2).sum() > 10
    assert stopped(log, runs.index.difference(short)) == 0


def test_theory_is_not_tested_where_runs_are_missing(ended: Path) -> None:
    """The runs that are left are those that did not lose the allele."""
    table = check(ended)
    short, long = (table[table["condition"] == name] for name in ("short", "long"))
    assert set(short["limit"]) < set(long["limit"])
    assert not short["limit"].str.contains(r"in generation|by the end").any()
    assert short["limit"].str.endswith("summed over the run").sum() == 3
    assert not (table["verdict"] == "disagrees").any()
    log = load(ended)
    last = log.generations[log.generations["generation"] == 39].groupby("condition")["schemers"]
    assert last.mean()["short"] > last.mean()["long"] + 0.1
    assert np.isfinite(table["observed"]).all()


@pytest.mark.parametrize("kind", ["lineage", "schemer"])
def test_fixation_is_not_compared_with_drift_where_runs_were_stopped(
    ended: Path, kind: str
) -> None:
    table = fixation(ended, kind).set_index("condition")
    of_drift = ["neutral", "p", "neutral_time"]
    assert table.loc["short", of_drift].isna().all()
    assert table.loc["long", of_drift].notna().all()
    assert table["neutral_end"].nunique() == 1
    assert table["stopped"].to_dict() == {
        "short": load(ended).runs["stopped_at"].notna().sum(),
        "long": 0,
    }
    beliefs = belief_fixation(ended).set_index("condition")
    assert beliefs["stopped"].to_dict() == table["stopped"].to_dict()
    assert np.isnan(beliefs.loc["short", "neutral"])


def test_a_lost_allele_stays_lost_where_its_run_was_stopped(tmp_path: Path) -> None:
    """Runs that end once the allele is lost have the curve of the same runs to their end."""
    conditions = {"long": {}, "short": {"stop_when": {"measure": "schemers", "below": 0.01}}}
    log = load(run({**DRIFTING, "conditions": conditions}, out=tmp_path / "out"))
    times = fixation_times(log).merge(log.runs[["run", "condition", "stopped_at"]], on="run")
    long, short = (times[times["condition"] == name] for name in ("long", "short"))
    assert short["stopped_at"].notna().sum() > 10
    for one, other in zip(survival(long), survival(short), strict=True):
        np.testing.assert_array_equal(one, other)
    assert restricted_mean(short, 40.0) == restricted_mean(long, 40.0)


def test_a_run_that_was_stopped_is_censored_in_the_figure(tmp_path: Path) -> None:
    """Against the product-limit estimate, worked out anew."""
    line = {"measure": "heterozygosity", "below": 0.8}
    folder = run({**DRIFTING, "stop_when": line}, out=tmp_path / "out")
    log = load(folder)
    ends = log.runs.set_index("run")["stopped_at"].fillna(39).astype(int) + 1
    events = log.events.query("kind == 'lineage' and event == 'fixed'").set_index("run")
    fixed = events["generation"].reindex(ends.index)
    ax = figures.fixation(folder)
    (curve,) = ax.get_lines()  # and none of drift alone
    left = 1.0
    for g, share in zip(*curve.get_data(), strict=True):
        at_risk = (fixed.fillna(ends) >= g).sum()
        left *= 1 - (fixed == g).sum() / at_risk
        assert share == pytest.approx(1 - left, abs=1e-12)
    assert 0.1 < share < 1
    assert (fixed.isna() & (ends < 40)).any()
    caption = ax.get_title("left").replace("\n", " ")
    number = log.runs["stopped_at"].notna().sum()  # also of a line crossed in the last record
    assert f"{number} of 80 runs were stopped early (stop_when)" in caption


def test_diversity_of_the_runs_that_are_left_says_so(ended: Path) -> None:
    ax = figures.heterozygosity(ended)
    assert "a line has the longer runs only" in ax.get_title("left").replace("\n", " ")
    with_null = figures.heterozygosity(ended, where={"condition": "long"})
    without = figures.heterozygosity(ended, where={"condition": "short"})
    assert len(with_null.get_lines()) == len(without.get_lines()) + 1


def test_a_comparison_counts_the_runs_that_were_stopped(ended: Path) -> None:
    text = comparison_text(compare(ended, "long", on="proxy"))
    number = load(ended).runs["stopped_at"].notna().sum()
    assert f"{number} runs were stopped early (stop_when)" in text
    with pytest.warns(ExperimentWarning, match=r"of 160 runs were stopped before generation 30"):
        table = compare(ended, "long", on="proxy", at=30)
    left = load(ended).generations.query("condition == 'short' and generation == 30")
    assert table["pairs"].item() == len(left)


def test_pairs_without_the_measure_are_not_called_strangers(tmp_path: Path) -> None:
    stop = {"measure": "proxy", "above": -9.0}
    conditions = {"a": {"stop_when": stop}, "b": {"selection.beta": 5.0}}
    folder = run({**DRIFTING, "replicates": 6, "conditions": conditions}, out=tmp_path / "out")
    with pytest.warns(ExperimentWarning, match="6 of 12 runs were stopped before generation 9"):
        text = comparison_text(compare(folder, on="proxy", at=9))
    assert "pairs: b 0 (0: undefined in one run of every pair)" in text
