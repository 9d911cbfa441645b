"""Our runs beside the published ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from peckham.analysis import compare_with_published, load
from peckham.analysis.published.comparison import compare_trajectories, holm
from peckham.analysis.published.figures import about, figures
from peckham.experiments import ExperimentError, run

MEASURES = ["proxy", "true_value", "deceptive_share"]
PUBLISHED = {
    "Baseline": "scenario_Baseline",
    "Mutation": "scenario_Mutation",
    "Dynamic_Test": "scenario_Dynamic_Test",
    "Improving_Align": "scenario_Improving_Align",
    "Combined_Dynamic_Mutation": "scenario_Combined_Dynamic_Mutation",
}
"""Conditions whose published runs are part of the package."""


@pytest.fixture(scope="module")
def table(scenarios: Path) -> pd.DataFrame:
    return compare_with_published(scenarios)


# ------------------------------------------------------------ Holm


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        # smallest times 4, next times 3, next times 2, largest times 1; never falling
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.5, 0.6], [1.0, 1.0]),
        ([0.02], [0.02]),
        ([0.0, 1.0, 0.02], [0.0, 1.0, 0.04]),
        ([0.01, 0.01, 0.01], [0.03, 0.03, 0.03]),
        ([], []),
    ],
)
def test_holm_by_hand(p: list[float], expected: list[float]) -> None:
    np.testing.assert_allclose(holm(p), expected, rtol=1e-14)


def test_holm_leaves_out_what_is_unknown() -> None:
    adjusted = holm([np.nan, 0.01, np.nan, 0.04])
    assert np.isnan(adjusted[[0, 2]]).all()
    np.testing.assert_allclose(adjusted[[1, 3]], [0.02, 0.04], rtol=1e-14)


def test_holm_does_not_depend_on_the_order() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(40) ** 3
    shuffle = rng.permutation(40)
    np.testing.assert_array_equal(holm(p)[shuffle], holm(p[shuffle]))
    assert (holm(p) >= p).all()
    assert (np.diff(holm(p)[np.argsort(p)]) >= 0).all()


# ------------------------------------------------------------ final measures


def test_there_is_a_row_a_condition_and_measure(table: pd.DataFrame) -> None:
    assert len(table) == 21
    assert set(table["measure"]) == set(MEASURES)
    assert table["condition"].nunique() == 7
    assert (table["runs"] == 3).all()


def test_both_sides_are_what_their_runs_say(table: pd.DataFrame, scenarios: Path) -> None:
    ours, theirs = load(scenarios).runs, figures("final")
    for _, row in table[table["condition"].isin(PUBLISHED)].iterrows():
        mine = ours.loc[ours["condition"] == row["condition"], row["measure"]]
        name = PUBLISHED[row["condition"]]
        same = (theirs["suite"] == "L4") & (theirs["condition"] == name)
        published = theirs.loc[same, row["measure"]]
        assert row["published_runs"] == len(published) == 50
        assert row["mean"] == pytest.approx(np.mean(mine), rel=1e-12)
        assert row["sd"] == pytest.approx(np.std(mine, ddof=1), rel=1e-12)
        assert row["published_mean"] == pytest.approx(np.mean(published), rel=1e-12)
        assert row["published_sd"] == pytest.approx(np.std(published, ddof=1), rel=1e-12)
        assert row["difference"] == pytest.approx(np.mean(mine) - np.mean(published), abs=1e-12)
        test = stats.ks_2samp(mine, published)
        assert row["ks"] == pytest.approx(test.statistic, abs=1e-12)
        assert row["p"] == pytest.approx(test.pvalue, rel=1e-9)


def test_p_values_are_adjusted_over_the_whole_table(table: pd.DataFrame) -> None:
    known = table["p"].notna()
    assert known.sum() == 15
    ordered = np.sort(table.loc[known, "p"].to_numpy())
    steps = np.maximum.accumulate(ordered * np.arange(15, 0, -1)).clip(max=1.0)
    np.testing.assert_allclose(np.sort(table.loc[known, "p_holm"]), steps, rtol=1e-12)
    assert table.loc[~known, "p_holm"].isna().all()


def test_conditions_whose_published_runs_are_missing_say_nothing_of_them(
    table: pd.DataFrame,
) -> None:
    missing = table[table["condition"].isin(["Coverage_Mid", "Correlation_Mid"])]
    assert missing["mean"].notna().all()
    assert (
        missing[["published_mean", "published_sd", "difference", "ks", "p"]].isna().all(axis=None)
    )
    assert (missing["published_runs"] == 0).all()


def test_failed_runs_do_not_count(scenarios: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = load(scenarios)
    runs = log.runs.copy()
    one = runs["condition"].eq("Mutation") & runs["replicate"].eq(1)
    runs.loc[one, "status"] = "failed"
    runs.loc[one, MEASURES] = np.nan
    monkeypatch.setitem(log.__dict__, "runs", runs)
    table = compare_with_published(log)
    assert table.set_index("condition").loc["Mutation", "runs"].tolist() == [2, 2, 2]
    assert table["mean"].notna().all()


# ------------------------------------------------------------ trajectories


def test_trajectories_are_compared_by_z_tests(scenarios: Path) -> None:
    table = compare_trajectories(scenarios)
    assert set(table["generation"]) == {1, 5, 20, 99}
    assert len(table) == len(PUBLISHED) * 3 * 4
    ours, theirs = load(scenarios).generations, figures("trajectories")
    for _, row in table.iterrows():
        mine = ours[
            (ours["condition"] == row["condition"]) & (ours["generation"] == row["generation"])
        ]
        same = (
            (theirs["suite"] == "L4")
            & (theirs["condition"] == PUBLISHED[row["condition"]])
            & (theirs["generation"] == row["generation"])
        )
        (published,) = theirs[same].to_dict("records")
        x, name = mine[row["measure"]], row["measure"]
        difference = x.mean() - published[f"{name}_mean"]
        error = np.sqrt(x.var(ddof=1) / 3 + published[f"{name}_std"] ** 2 / published["runs"])
        assert row["difference"] == pytest.approx(difference, abs=1e-12)
        assert row["z"] == pytest.approx(difference / error, rel=1e-9)
        assert row["p"] == pytest.approx(2 * stats.norm.sf(abs(difference / error)), rel=1e-9)
    np.testing.assert_allclose(table["p_holm"], holm(table["p"]))


# ------------------------------------------------------------ what counts as published


@pytest.fixture(scope="module")
def disguised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return published conditions under other names, among others that never were published."""
    clusters = [
        {"name": "Benign", "mu_v": 0.7, "mu_a": 0.7, "rho": 0.0, "share": 0.3},
        {"name": "Neutral", "mu_v": 0.1, "mu_a": 0.2, "rho": 0.0, "share": 0.4},
        {"name": "Deceptive", "mu_v": -0.7, "mu_a": 0.7, "rho": 0.0, "share": 0.3},
    ]
    raw: dict[str, Any] = {
        "name": "mine",
        "replicates": 2,
        "landscape": {"beliefs": 3000, "clusters": clusters},
        "record": {"measures": "published"},
        "controls": ["neutral"],
        "conditions": {"mine": {}, "shifted": {"deployment.shift": 1.0}},
        "sweep": [{"reproduction.mutation_rate": [0.0, 0.01, 0.02]}],
    }
    return run(raw, out=tmp_path_factory.mktemp("mine") / "out")


def test_a_condition_counts_by_its_parameters_not_by_its_name(disguised: Path) -> None:
    table = compare_with_published(disguised)
    assert set(table["condition"]) == {"mine"}
    assert sorted(table["reproduction.mutation_rate"].unique()) == [0.0, 0.01]
    assert (table["runs"] == 2).all()  # neutral twins are not among them
    means = table.set_index(["reproduction.mutation_rate", "measure"])["published_mean"]
    theirs = figures("final").query("suite == 'L4'").groupby("condition")["proxy"].mean()
    assert means[0.0, "proxy"] == pytest.approx(theirs["scenario_Baseline"])
    assert means[0.01, "proxy"] == pytest.approx(theirs["scenario_Mutation"])


def test_folders_without_published_conditions_are_refused(small: Path) -> None:
    with pytest.raises(ExperimentError, match="published"):
        compare_with_published(small)
    with pytest.raises(ExperimentError, match="published"):
        compare_trajectories(small)


def test_measures_that_were_not_recorded_are_refused(disguised: Path) -> None:
    with pytest.raises(ExperimentError, match="did not record unique_genomes"):
        compare_with_published(disguised, ["unique_genomes"])


# ------------------------------------------------------------ the published figures


def test_the_figures_come_with_citation_and_caveats() -> None:
    said = about()
    assert "arXiv 2604.05274" in said["citation"]
    caveats = " ".join(said["caveats"])
    for word in (
        "older configuration",  # runs of an older configuration in the published summary
        "rewards the beliefs",  # the adaptive test as published
        "no effect",  # coverage and global correlation
        "c²",  # the correlated battery
        "relabels",  # the improving evaluator
        "neutral control",
        "fixation statistic",
        "101",  # recorded counts of questions
    ):
        assert word in caveats, word


def test_the_figures_are_tables_of_runs_and_trajectories() -> None:
    final, trajectories = figures("final"), figures("trajectories")
    assert {"suite", "condition", "seed", *MEASURES} <= set(final)
    assert final.groupby(["suite", "condition"]).size().min() >= 25
    assert final[MEASURES].notna().all(axis=None)
    assert {"suite", "condition", "generation", "runs"} <= set(trajectories)
    assert set(PUBLISHED.values()) <= set(final["condition"])
