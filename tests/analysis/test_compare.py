"""`compare` against a computation of its own from the Parquet files, and its error rates."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis import compare, load, power
from peckham.analysis.comparison.arms import Arm, Arms
from peckham.analysis.comparison.compare import table_of
from peckham.analysis.comparison.power import Noise, detectable, power_of
from peckham.analysis.comparison.statistics import mean_interval, sign_flip_p
from peckham.analysis.comparison.times import FIXED, TIME, restricted_mean, survival
from peckham.experiments import ExperimentError, ExperimentWarning, run

SPEC: dict[str, Any] = {
    "generations": 12,
    "replicates": 8,
    "seed": 5,
    "controls": ["neutral"],
    "population": {"size": 24, "beliefs_per_agent": 6},
    "landscape": {"kind": "clustered", "beliefs": 120},
    "battery": {"questions": 12},
    "reproduction": {"mutation_rate": 0.02},
    "conditions": {
        "baseline": {},
        "same": {},
        "audit": {"oversight.level": 0.6},
        "small": {"population.size": 16},
        "improving": {
            "interventions": [
                {"kind": "improving_evaluator", "interval": 4, "form": "exact", "target": 0.9,
                 "rate": 0.5}
            ]
        },
    },
    "sweep": {"selection.beta": [2.0, 9.0]},
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return runs of five conditions at two points, with twins; two of them look failed."""
    path = run(SPEC, out=tmp_path_factory.mktemp("compare") / "out")
    part = next((path / "runs").glob("*.parquet"))
    rows = pd.read_parquet(part)
    lost = (rows["run"] == 13) | ((rows["replicate"] == 5) & (rows["condition"] == "audit"))
    rows.loc[lost, "status"] = "failed"
    rows.to_parquet(part, index=False)
    return path


def finals(folder: Path) -> pd.DataFrame:
    """Return the finished runs, read without Peckham."""
    rows = pd.read_parquet(folder / "runs")
    return rows[rows["status"] == "done"]


def column(rows: pd.DataFrame, condition: str, beta: float, control: str, name: str) -> pd.Series:
    chosen = rows[(rows["condition"] == condition) & (rows["selection.beta"] == beta)]
    return chosen[chosen["control"] == control].set_index("replicate")[name].dropna()


@pytest.mark.filterwarnings("ignore::peckham.experiments.ExperimentWarning")
def test_the_table_is_what_the_parquet_files_say(folder: Path) -> None:
    table, rows = compare(folder), finals(folder)
    assert len(table) == 4 * 2 * 6
    for row in table.to_dict("records"):
        beta, name = row["selection.beta"], row["measure"]
        x = column(rows, row["condition"], beta, "none", name)
        y = column(rows, "baseline", beta, "none", name)
        both = x.index.intersection(y.index)
        assert row["pairs"] == len(both)
        assert row["mean"] == pytest.approx(x[both].mean(), rel=1e-12, abs=1e-15)
        assert row["baseline_mean"] == pytest.approx(y[both].mean(), rel=1e-12, abs=1e-15)
        d = (x[both] - y[both]).to_numpy()
        assert row["difference"] == pytest.approx(d.mean(), rel=1e-9, abs=1e-15)
        assert row["paired"] == (row["condition"] != "small")
        if row["paired"]:
            signs = np.array(list(itertools.product([-1, 1], repeat=len(d))))
            far = np.abs(signs @ d) >= np.abs(d.sum()) - 1e-12
            assert row["p"] == pytest.approx(far.mean(), abs=1e-12)
        elif np.ptp(np.concatenate([x[both], y[both]])) > 0:
            assert row["p"] == pytest.approx(stats.ttest_ind(x[both], y[both], equal_var=False)[1])
        twin = column(rows, row["condition"], beta, "neutral", name)
        twin_of_baseline = column(rows, "baseline", beta, "neutral", name)
        if row["paired"]:
            every = both.intersection(twin.index).intersection(twin_of_baseline.index)
            split = (x - twin)[every] - (y - twin_of_baseline)[every]
            moved = (twin - twin_of_baseline)[every].mean()
            assert row["by_selection"] == pytest.approx(split.mean(), rel=1e-9, abs=1e-15)
            assert row["not_by_selection"] == pytest.approx(moved, rel=1e-9, abs=1e-15)
    pairs = table[table["measure"] == "delivered"].set_index(["condition", "selection.beta"])[
        "pairs"
    ]
    assert pairs["audit", 2.0] == pairs["audit", 9.0] == 7
    assert pairs["same", 2.0] + pairs["same", 9.0] in (15, 16)


@pytest.mark.filterwarnings("ignore::peckham.experiments.ExperimentWarning")
def test_p_is_adjusted_over_the_whole_table(folder: Path) -> None:
    table = compare(folder, on="delivered, deceptive_share")
    p = table["p"].to_numpy()
    ordered = np.sort(p)
    by_hand = [
        min(1.0, max((len(p) - k) * ordered[k] for k in range(np.searchsorted(ordered, each) + 1)))
        for each in p
    ]
    assert table["p_holm"].tolist() == pytest.approx(by_hand)
    same = table[table["condition"] == "same"]
    assert set(same["verdict"]) == {"identical"}
    assert (same["difference"] == 0).all()
    again = compare(folder, on="delivered, deceptive_share")
    pd.testing.assert_frame_equal(table, again)


@pytest.mark.filterwarnings("ignore::peckham.experiments.ExperimentWarning")
def test_a_generation_can_be_compared(folder: Path) -> None:
    table = compare(folder, on="proxy", at=4, baseline="audit")
    rows = pd.read_parquet(folder / "generations")
    rows = rows[(rows["generation"] == 4) & (rows["control"] == "none")]
    done = set(finals(folder)["run"])
    rows = rows[rows["run"].isin(done) & (rows["selection.beta"] == 9.0)]
    by = rows.set_index("replicate")
    x = by[by["condition"] == "improving"]["proxy"]
    y = by[by["condition"] == "audit"]["proxy"]
    found = table[(table["condition"] == "improving") & (table["selection.beta"] == 9.0)]
    assert found["difference"].item() == pytest.approx((x - y).dropna().mean())
    assert set(table["condition"]) == {"baseline", "same", "small", "improving"}


def test_failed_runs_are_counted(folder: Path) -> None:
    with pytest.warns(ExperimentWarning, match=r"5 of 160 runs failed; their pairs are left out"):
        compare(folder, on="proxy")


# ------------------------------------------------------------ several folders


TINY: dict[str, Any] = {
    "generations": 3,
    "replicates": 4,
    "population": {"size": 8, "beliefs_per_agent": 3},
    "landscape": {"kind": "clustered", "beliefs": 40},
    "battery": {"questions": 6},
}


def test_conditions_of_two_folders_are_paired_by_their_seed(tmp_path: Path) -> None:
    one = run({**TINY, "seed": 2, "conditions": {"calm": {}}}, out=tmp_path / "one")
    two = run(
        {**TINY, "seed": 2, "conditions": {"keen": {"selection.beta": 20.0}}}, out=tmp_path / "two"
    )
    both = run(
        {**TINY, "seed": 2, "conditions": {"calm": {}, "keen": {"selection.beta": 20.0}}},
        out=tmp_path / "both",
    )
    pd.testing.assert_frame_equal(compare([one, two], on="proxy"), compare(both, on="proxy"))


def test_folders_of_one_condition_are_compared_with_each_other(tmp_path: Path) -> None:
    one = run({**TINY, "seed": 2}, out=tmp_path / "one")
    two = run({**TINY, "seed": 3}, out=tmp_path / "two")
    table = compare([one, two], on="proxy")
    assert table["condition"].tolist() == ["base (two)"]
    assert not table["paired"].item()
    assert table["pairs"].item() == 0
    x, y = (finals(path)["proxy"] for path in (two, one))
    assert table["difference"].item() == pytest.approx(x.mean() - y.mean())
    assert table["p"].item() == pytest.approx(stats.ttest_ind(x, y, equal_var=False).pvalue)
    with pytest.raises(ExperimentError, match="nothing to compare"):
        compare([one, one])


def test_replicates_of_two_seeds_are_put_together(tmp_path: Path) -> None:
    conditions = {"calm": {}, "keen": {"selection.beta": 20.0}}
    folders = [
        run({**TINY, "seed": seed, "conditions": conditions}, out=tmp_path / str(seed))
        for seed in (2, 3)
    ]
    table = compare(folders, on="proxy")
    assert table["condition"].tolist() == ["keen"]
    assert table["pairs"].tolist() == [8]


def test_conditions_of_one_name_but_other_settings_are_told_apart(tmp_path: Path) -> None:
    one = run(
        {**TINY, "conditions": {"calm": {}, "x": {"selection.beta": 9.0}}}, out=tmp_path / "a"
    )
    two = run(
        {**TINY, "conditions": {"calm": {}, "x": {"selection.beta": 19.0}}}, out=tmp_path / "b"
    )
    table = compare([one, two], on="proxy")
    assert table["condition"].tolist() == ["x (a)", "x (b)"]
    assert compare([one, two], on="proxy", baseline="x")["condition"].tolist() == ["calm", "x (b)"]


def test_points_of_two_grids_are_matched_by_what_is_swept(tmp_path: Path) -> None:
    """Of the second grid, the condition has another pressure than the baseline."""
    spec = {
        **TINY,
        "conditions": {"calm": {}, "keen": {"selection.beta": 20.0}},
        "sweep": [{"selection.beta": [5.0, 9.0]}, {"battery.questions": [6, 8]}],
    }
    table = compare(run(spec, out=tmp_path / "out"), on="proxy")
    rows = finals(tmp_path / "out")
    assert len(table) == 4
    keen = table[table["selection.beta"] == 20.0].set_index("battery.questions")
    for questions in (6, 8):
        mine = rows[(rows["condition"] == "keen") & (rows["selection.beta"] == 20.0)]
        mine = mine[mine["battery.questions"] == questions].set_index("replicate")["proxy"]
        base = rows[(rows["condition"] == "calm") & (rows["selection.beta"] == 5.0)]
        base = base[base["battery.questions"] == questions].set_index("replicate")["proxy"]
        assert keen.loc[questions, "difference"] == pytest.approx((mine - base).mean())


# ------------------------------------------------------------ one clear line


def test_few_replicates_and_wrong_names_are_said_in_one_line(tmp_path: Path) -> None:
    conditions = {"calm": {}, "keen": {"selection.beta": 20.0}}
    for count in (1, 3):
        spec = {**TINY, "replicates": count, "conditions": conditions}
        path = run(spec, out=tmp_path / str(count))
        table = compare(path, on="proxy")
        assert table["verdict"].tolist() == ["too few replicates"]
        assert table["low"].isna().tolist() == [count == 1]
    for options, message in [
        ({"baseline": "none"}, "baseline: no condition is called 'none'; there are calm, keen"),
        ({"on": "prxy"}, "on: .* did not record prxy"),
        ({"on": "seed"}, "on: .* did not record seed"),
        ({"on": ","}, "on: must name at least one measure"),
        ({"at": 99}, "at: .* has no row of generation 99; it has generations 0 to 2"),
        ({"level": 2.0}, "level: must be between 0 and 1, got 2.0"),
    ]:
        with pytest.raises(ExperimentError, match=message) as caught:
            compare(path, **options)
        assert "\n" not in str(caught.value)
    part = next((path / "runs").glob("*.parquet"))
    rows = pd.read_parquet(part)
    rows.assign(status="failed").to_parquet(part, index=False)
    with pytest.raises(ExperimentError, match=r"no finished run to analyse \(6 failed\)"):
        compare(path)


def test_an_unfinished_folder_says_what_is_missing(tmp_path: Path) -> None:
    conditions = {"calm": {}, "keen": {"selection.beta": 20.0}}
    path = run({**TINY, "conditions": conditions}, out=tmp_path / "out")
    manifest = json.loads((path / "manifest.json").read_text())
    manifest["resolved"]["replicates"] = 6  # as if it had been raised and interrupted
    (path / "manifest.json").write_text(json.dumps(manifest))
    with pytest.warns(ExperimentWarning, match=r"unfinished: 4 of 12 runs are missing.*resume"):
        assert compare(path, on="proxy")["pairs"].tolist() == [4]


def test_nothing_can_be_said_of_twins_that_do_not_exist(tmp_path: Path) -> None:
    conditions = {"calm": {}, "keen": {"selection.beta": 20.0}}
    path = run({**TINY, "conditions": conditions}, out=tmp_path / "out")
    assert not [name for name in compare(path) if "selection" in name]


# ------------------------------------------------------------ the statistics


@pytest.mark.parametrize("n", [2, 5, 9])
def test_sign_flips_are_those_of_scipy(n: int) -> None:
    rng = np.random.default_rng(n)
    for _ in range(5):
        d = rng.normal(0.5, 1, n)
        found = stats.permutation_test(
            (d,), np.mean, permutation_type="samples", n_resamples=np.inf
        )
        assert sign_flip_p(d)[0] == pytest.approx(found.pvalue, abs=1e-12)


def test_random_sign_flips_approach_the_exact_p() -> None:
    d = np.random.default_rng(1).normal(0.4, 1, 14)
    signs = np.array(list(itertools.product([-1, 1], repeat=14)))
    exact = (np.abs(signs @ d) >= abs(d.sum()) - 1e-12).mean()
    error = np.sqrt(exact * (1 - exact) / 99_999)
    assert abs(sign_flip_p(d, 99_999)[0] - exact) < 5 * error


def test_intervals_cover_the_mean_as_often_as_they_say() -> None:
    """95 % intervals of 30 skewed numbers; 300 of them: 5 standard errors are 6 points."""
    rng = np.random.default_rng(7)
    hits = 0
    for _ in range(300):
        low, high = mean_interval(rng.exponential(1.0, 30))
        hits += low <= 1.0 <= high
    assert 0.88 < hits / 300 <= 1.0
    assert mean_interval([2.0, 2.0]) == (2.0, 2.0)
    assert np.isnan(mean_interval([2.0])).all()


def planted(rng: np.random.Generator, n: int, effect: float, conditions: int = 1) -> Arms:
    """Return arms whose pairs differ by an effect plus noise of sd 1."""
    shared = rng.normal(0, 3, n)
    arms = {}
    for k in range(conditions + 1):
        noise = rng.normal(0, np.sqrt(0.5), n)
        values = shared + noise + (effect if k else 0.0)
        arm = Arm(f"c{k}", {}, ModelSpec(), pd.DataFrame({"proxy": values}, index=range(n)))
        arms[f"c{k}", "{}"] = arm
    return Arms([f"c{k}" for k in range(conditions + 1)], arms, [], False, 0, 0, ["proxy"])


def found_in(experiments: int, n: int, effect: float, conditions: int = 1) -> float:
    """Return the share of experiments whose table shows any difference."""
    rng = np.random.default_rng(11)
    shown = 0
    for _ in range(experiments):
        table = table_of(planted(rng, n, effect, conditions), "c0", ["proxy"], 0.05)
        shown += table["verdict"].isin(["higher", "lower"]).any()
    return shown / experiments


@pytest.mark.statistical
def test_equal_conditions_differ_in_at_most_one_of_twenty_experiments() -> None:
    """200 experiments of three conditions like the baseline; 3 standard errors are .046."""
    assert found_in(200, 20, 0.0, conditions=3) < 0.05 + 0.046


@pytest.mark.statistical
@pytest.mark.parametrize(("n", "effect"), [(8, 1.2), (20, 0.6)])
def test_planted_effects_are_found_as_often_as_power_says(n: int, effect: float) -> None:
    """250 experiments: 3 standard errors are at most .095."""
    assert abs(found_in(250, n, effect) - power_of(effect, n, Noise(1.0), 0.05)) < 0.095


def test_power_is_that_of_the_t_test_and_grows(tmp_path: Path) -> None:
    conditions = {"calm": {}, "keen": {"selection.beta": 20.0}}
    path = run({**TINY, "replicates": 16, "conditions": conditions}, out=tmp_path / "out")
    rows = finals(path).set_index(["condition", "replicate"])["proxy"]
    sd = (rows["keen"] - rows["calm"]).std()
    table = power(path, "proxy", [0.5 * sd, 2 * sd])
    assert table["sd"].tolist() == pytest.approx([sd, sd])
    assert table["power"][0] < table["power"][1]
    t = stats.t.ppf(0.975, 15)
    by_hand = stats.nct.sf(t, 15, 2.0) + stats.nct.cdf(-t, 15, 2.0)  # .5 sd, 16 pairs
    assert table["power"][0] == pytest.approx(by_hand)
    needed = int(table["replicates_needed"][0])
    assert power_of(0.5, needed, Noise(1.0), 0.05) >= 0.8
    assert power_of(0.5, needed - 1, Noise(1.0), 0.05) < 0.8
    assert power_of(table["detectable"][0] / sd, 16, Noise(1.0), 0.05) == pytest.approx(
        0.8, abs=0.01
    )
    for options, message in [
        ({"effect": 0.0}, "effect: must be finite and not 0"),
        ({"power": 0.01}, "power: must be between the level"),
        ({"on": TIME}, "on: must be a measure with a variance"),
    ]:
        with pytest.raises(ExperimentError, match=message):
            power(path, **{"on": "proxy", **options})


@pytest.mark.parametrize("n", [3, 14, 30, 300, 8000, 100_000])
@pytest.mark.parametrize("level", [0.05, 1e-6])
def test_power_is_a_probability_that_grows_with_the_effect(n: int, level: float) -> None:
    """Also where scipy's noncentral t is NaN; for many pairs it is that of the normal test."""
    for noise in (Noise(2.0), Noise(2.0, 1.0, False)):
        found = [power_of(size, n, noise, level) for size in (0.001, 0.1, 1.0, 10.0, 1000.0)]
        assert all(0 <= each <= 1 + 1e-9 for each in found)
        assert np.diff(found).min() > -1e-9
        if n >= 8000:
            variance = noise.sd**2 + noise.other**2
            z = stats.norm.ppf(1 - level / 2)
            shift = 0.1 * np.sqrt(n / variance)
            assert found[1] == pytest.approx(stats.norm.sf(z - shift), abs=2e-3)
        least = detectable(n, noise, level, 0.8)
        if np.isfinite(least):
            assert power_of(least, n, noise, level) == pytest.approx(0.8, abs=0.02)


# ------------------------------------------------------------ times


def test_survival_is_by_hand() -> None:
    times = pd.DataFrame({TIME: [2.0, 3.0, 3.0, 5.0, 8.0], FIXED: [True, True, False, True, False]})
    when, share = survival(times)
    assert dict(zip(when, share, strict=True)) == pytest.approx(
        {2.0: 0.8, 3.0: 0.6, 5.0: 0.3, 8.0: 0.3}
    )
    assert restricted_mean(times, 8.0) == pytest.approx(2 + 0.8 + 2 * 0.6 + 3 * 0.3)


@pytest.mark.filterwarnings("ignore::peckham.experiments.ExperimentWarning")
def test_times_to_fixation_are_compared_by_a_log_rank_test(folder: Path) -> None:
    table = compare(folder, on=TIME).set_index(["condition", "selection.beta"])
    log, done = load(folder), finals(folder)
    events = log.events.query("kind == 'allele' and event == 'fixed' and id == 1")
    when = events.set_index("run")["generation"]

    def sample(condition: str) -> stats.CensoredData:
        mine = done[(done["condition"] == condition) & (done["selection.beta"] == 9.0)]
        mine = mine[(mine["control"] == "none") & mine["replicate"].isin(shared)]
        times = when.reindex(mine["run"])
        return stats.CensoredData(
            uncensored=times.dropna().to_numpy(float), right=np.full(int(times.isna().sum()), 12.0)
        )

    chosen = done[(done["control"] == "none") & (done["selection.beta"] == 9.0)]
    of = {
        name: set(chosen[chosen["condition"] == name]["replicate"])
        for name in ("audit", "baseline")
    }
    shared = of["audit"] & of["baseline"]
    expected = stats.logrank(sample("audit"), sample("baseline")).pvalue
    assert table.loc[("audit", 9.0), "p"] == pytest.approx(expected)
    assert table.loc[("audit", 9.0), "pairs"] == len(shared)
    assert table.loc[("same", 9.0), "verdict"] == "identical"
