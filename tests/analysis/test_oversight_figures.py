"""The matrix of the Optimization Trap, and the two figures of the payoff core."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from peckham.agents.deployment.performance import true_performance
from peckham.analysis import load
from peckham.analysis.closed_forms import equal_fitness_capability
from peckham.analysis.plots import deception as figures
from peckham.analysis.plots.scatter import scatter
from peckham.analysis.trap import MATRIX, final_fields, trap
from peckham.experiments import ExperimentError, run

mpl.use("agg")


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return runs over capability and oversight."""
    spec = {
        "generations": 40,
        "replicates": 4,
        "population": {"size": 20, "beliefs_per_agent": 6, "capability": {"mean": 50.0, "sd": 0.0}},
        "landscape": {"kind": "clustered", "beliefs": 60},
        "battery": {"questions": 6},
        "conduct": {"allele_assortment": 1.0},
        "sweep": {
            "population.capability.mean": [0.0, 50.0, 100.0],
            "oversight.level": [0.0, 0.5, 1.0],
        },
    }
    return run(spec, out=tmp_path_factory.mktemp("grid") / "out")


@pytest.fixture(scope="module")
def curve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run("goodhart-curve", replicates=2, out=tmp_path_factory.mktemp("curve") / "out")


# ------------------------------------------------------------ the trap


def test_fields_by_their_definition(grid: Path) -> None:
    log = load(grid)
    table = trap(log, window=3)
    assert len(table) == len(log.generations)
    for number in log.runs["run"][::5]:
        rows = log.generations[log.generations["run"] == number].reset_index(drop=True)
        mine = table[table["run"] == number].reset_index(drop=True)
        line = rows.loc[0, "proxy"] + rows.loc[0, "proxy_sd"]
        for g in range(len(rows)):
            high = rows.loc[g, "proxy"] > line
            meant = rows.loc[g, "delivered"] >= rows.loc[0, "delivered"]
            assert mine.loc[g, "field"] == MATRIX[bool(high), bool(meant)]
            worse = [
                rows.loc[k, "proxy"] > rows.loc[k - 1, "proxy"]
                and rows.loc[k, "delivered"] < rows.loc[k - 1, "delivered"]
                for k in range(max(1, g - 2), g + 1)
            ]
            assert mine.loc[g, "sign"] == (len(worse) == 3 and all(worse))


def test_final_fields_count_every_run_once(grid: Path) -> None:
    table = final_fields(trap(grid))
    assert len(table) == 9
    assert (table[list(MATRIX.values())].sum(axis=1) == 4).all()
    assert table["sign"].between(0, 4).all()


def test_all_four_fields_are_reached(tmp_path: Path) -> None:
    small = {"population.size": 60, "population.beliefs_per_agent": 10, "landscape.beliefs": 300}
    folder = run("optimization-trap", out=tmp_path / "trap", replicates=4, overrides=small)
    table = final_fields(trap(folder)).set_index("condition")
    for condition, field in (
        ("trap", "optimisation trap"),
        ("purposeful", "purposeful optimisation"),
        ("underinvestment", "underinvestment"),
    ):
        assert table.loc[condition, field] >= 3
    assert table["good enough"].sum() > 0
    assert table.loc["trap", "sign"] > 0


def test_trap_says_what_it_needs(grid: Path, tmp_path: Path) -> None:
    with pytest.raises(ExperimentError, match="window: must be at least 1, got 0"):
        trap(grid, window=0)
    bare = {
        "generations": 2,
        "replicates": 1,
        "population": {"size": 5, "beliefs_per_agent": 2},
        "record": {"measures": ["proxy"]},
    }
    with pytest.raises(ExperimentError, match="did not record proxy_sd"):
        trap(run(bare, out=tmp_path / "bare"))


# ------------------------------------------------------------ figures


def test_goodhart_shows_runs_on_their_closed_form(curve: Path) -> None:
    ax = figures.goodhart(curve)
    dots = [line for line in ax.lines if line.get_linestyle() == "None"]
    assert len(dots) == 6
    rows = load(curve).generations
    rows = rows[(rows["population.alignment.mean"] == 0.8) & (rows["deployment.shift"] == 0.5)]
    means = rows.groupby("deployment.pressure")[["deployed", "alignment"]].mean()
    shown = [line for line in dots if np.allclose(line.get_ydata(), means["deployed"])]
    assert len(shown) == 1
    p, rho = means.index.to_numpy(), means["alignment"].to_numpy()
    closed = true_performance(rho * p, rho, p, np.full_like(p, 0.5))
    np.testing.assert_allclose(means["deployed"], closed, atol=1e-9)
    assert "(score)" in ax.get_ylabel()


def test_threshold_shows_fixation_and_equal_fitness(grid: Path) -> None:
    ax = figures.threshold(grid)
    by_name = {line.get_label(): line for line in ax.lines}
    half = by_name["D = 1/2"]
    np.testing.assert_allclose(half.get_ydata(), 100 * np.asarray(half.get_xdata()))
    log = load(grid)
    start = log.generations.query("generation == 0")["hidden"]
    assert "equal fitness in generation 0" in by_name
    line = ax.collections[1].get_paths()[0].vertices  # founders are the same in every cell
    level, capability = np.asarray(line).T
    expected = equal_fitness_capability(level, np.full_like(level, start.mean()), 0.8, 0.05, 1.0)
    np.testing.assert_allclose(capability, expected, atol=0.1)
    shown = ax.collections[0].get_array()
    ended = log.runs.assign(x=log.runs["schemers"])
    events = log.events.query("kind == 'allele' and event == 'fixed'").set_index("run")["id"]
    ended["x"] = ended["run"].map(events).astype(float).fillna(ended["x"])
    expected = ended.pivot_table(
        index="population.capability.mean", columns="oversight.level", values="x"
    )
    np.testing.assert_allclose(np.asarray(shown).reshape(3, 3), expected)
    assert "(level)" in ax.get_xlabel()
    assert "(points)" in ax.get_ylabel()


@pytest.mark.parametrize("draw", [figures.goodhart, figures.threshold, scatter])
def test_figures_say_what_they_need(draw: Any, tmp_path: Path) -> None:
    bare = {"generations": 2, "replicates": 1, "population": {"size": 5, "beliefs_per_agent": 2}}
    with pytest.raises(ExperimentError, match=r"does not sweep|recorded no agents"):
        draw(run(bare, out=tmp_path / "bare"))


def test_agents_have_a_test_and_a_deployment_point(tmp_path: Path) -> None:
    """The deployment scatter is moved and widened; nothing else is."""
    base = {
        "generations": 3,
        "replicates": 2,
        "population": {"size": 400, "beliefs_per_agent": 5},
        "record": {"agents_at": [0, 2]},
        "conditions": {
            "as tested": {},
            "elsewhere": {"deployment.offset": 1.5, "deployment.noise": 0.2},
        },
    }
    log = load(run(base, out=tmp_path / "points"))
    agents = log.agents
    plain = agents[agents["condition"] == "as tested"].reset_index(drop=True)
    moved = agents[agents["condition"] == "elsewhere"].reset_index(drop=True)
    pd.testing.assert_series_equal(plain["deployment_proxy"], plain["proxy"], check_names=False)
    pd.testing.assert_series_equal(plain["deployment_value"], plain["deployed"], check_names=False)
    pd.testing.assert_frame_equal(plain[["proxy", "deployed"]], moved[["proxy", "deployed"]])
    shift = moved["deployment_proxy"] - moved["proxy"]
    assert shift.mean() == pytest.approx(1.5, abs=0.03)
    assert shift.std() == pytest.approx(0.2, abs=0.02)
    with pytest.raises(ExperimentError, match="--where 'condition=as tested'"):
        scatter(log)
    ax = scatter(log, where={"condition": "elsewhere"})
    test, deployment = ax.collections
    assert len(test.get_offsets()) == len(deployment.get_offsets()) == 2 * 400
    assert "condition: elsewhere; 800 agents of 2 runs" in ax.get_title("left")
    labels = [text.get_text() for text in ax.get_legend().get_texts()]
    last = agents[(agents["generation"] == 2) & (agents["condition"] == "elsewhere")]
    assert f"r = {last['proxy'].corr(last['true_value']):.2f}" in labels[0]
    assert f"r = {last['deployment_proxy'].corr(last['deployment_value']):.2f}" in labels[1]
    with pytest.raises(ExperimentError, match="must be one of 0, 2, got 1"):
        scatter(log, generation=1, where={"condition": "elsewhere"})
    wide = moved["deployment_value"] - moved["deployed"]
    assert wide.mean() == pytest.approx(0.0, abs=0.03)
    assert wide.std() == pytest.approx(0.2, abs=0.02)
    assert abs(np.corrcoef(shift, wide)[0, 1]) < 0.1
