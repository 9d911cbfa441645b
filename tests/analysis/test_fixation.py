"""Fixation tables, solvable limits and their figures, from logged runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from peckham.analysis import belief_fixation, check, fixation, load
from peckham.analysis.fixations import kinds_of_run
from peckham.analysis.neutral import drift_of
from peckham.analysis.plots import drift as figures
from peckham.analysis.plots.trajectories import trajectories
from peckham.experiments import ExperimentError, run

mpl.use("agg")

DRIFTING: dict[str, Any] = {
    "generations": 15,
    "replicates": 40,
    "controls": ["neutral"],
    "population": {"size": 10, "beliefs_per_agent": 5, "schemers": 0.3},
    "landscape": {"kind": "clustered", "beliefs": 80},
    "battery": {"questions": 6},
    "conditions": {
        "copying": {},
        "merging": {"reproduction.recombination_rate": 1.0},
        "mutating": {"reproduction.mutation_rate": 0.05},
    },
    "sweep": {"selection.beta": [2.0, 20.0]},
}


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(DRIFTING, out=tmp_path_factory.mktemp("drifting") / "out")


@pytest.fixture(scope="module")
def scores_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return runs that recorded next to nothing."""
    bare = {**DRIFTING, "replicates": 2, "record": {"measures": ["proxy"]}}
    return run(bare, out=tmp_path_factory.mktemp("bare") / "out")


# ------------------------------------------------------------ fixation


@pytest.mark.parametrize("kind", ["lineage", "schemer"])
def test_every_run_is_fixed_lost_or_censored(drifting: Path, kind: str) -> None:
    """Counted again from the generations, not from the events."""
    log = load(drifting)
    table = fixation(log, kind)
    assert len(table) == 12
    for (key, spec, runs), (_, row) in zip(kinds_of_run(log), table.iterrows(), strict=True):
        assert row["condition"] == key["condition"]
        assert row["selection.beta"] == key["selection.beta"]
        assert row["runs"] == len(runs) == 40
        assert row["fixed"] + row["lost"] + row["censored"] == 40
        rows = log.generations[log.generations["run"].isin(runs)]
        measure, end = ("founders_left", 1) if kind == "lineage" else ("schemers", 1.0)
        reached = rows[rows[measure] == end].groupby("run")["generation"].min()
        late = log.events[(log.events["generation"] == 15) & (log.events["event"] == "fixed")]
        last = late[(late["kind"] == ("allele" if kind == "schemer" else kind))]
        last = last[last["run"].isin(runs) & ((last["id"] == 1) | (kind == "lineage"))]
        assert row["fixed"] == len(reached) + len(last)
        assert row["probability"] == pytest.approx(row["fixed"] / 40)
        assert row["low"] <= row["probability"] <= row["high"]
        if row["fixed"]:
            assert row["time"] == pytest.approx(np.append(reached, [15] * len(last)).mean())
        drift = drift_of(spec)
        assert drift is not None
        by = drift.descended_by(15) if kind == "lineage" else drift.fixed_by(3, 15)
        assert row["neutral"] == pytest.approx(by[-1])
        assert row["neutral_end"] == (1.0 if kind == "lineage" else 0.3)
        late_half = by[-1] * 15 - by[:-1].sum()  # Σ g·P(fixed at g), summed by parts
        assert row["neutral_time"] == pytest.approx(late_half / by[-1])


def test_selection_hastens_fixation(drifting: Path) -> None:
    table = fixation(drifting)
    strong = table[(table["selection.beta"] == 20) & (table["control"] == "none")]
    twins = table[(table["selection.beta"] == 20) & (table["control"] == "neutral")]
    assert (strong["probability"].to_numpy() > twins["probability"].to_numpy()).all()
    assert (strong["p"] < 0.01).all()


def test_hitch_hiking_is_visible(drifting: Path) -> None:
    """Without recombination whole genomes fix at once; merged genomes fix belief by belief."""
    table = belief_fixation(drifting).set_index(["condition", "selection.beta", "control"])
    copying, merging = table.loc[("copying", 20.0, "none")], table.loc[("merging", 20.0, "none")]
    assert copying["fixed_beliefs"] > 4.5
    assert copying["at_once"] > 0.85
    assert merging["at_once"] < 0.7
    assert copying["unfixed"] == merging["unfixed"] == 0
    assert table.loc[("mutating", 2.0, "neutral"), "unfixed"] > 0
    assert ((table["deceptive"] >= 0) & (table["deceptive"] <= 1)).all()


def test_fixed_beliefs_are_those_of_the_runs(drifting: Path) -> None:
    log = load(drifting)
    table = belief_fixation(log)
    for (_, _, runs), (_, row) in zip(kinds_of_run(log), table.iterrows(), strict=True):
        mine = log.runs[log.runs["run"].isin(runs)]
        assert row["fixed_beliefs"] == pytest.approx(mine["fixed_beliefs"].mean())
        some = mine[mine["fixed_beliefs"] > 0]
        shares = some["fixed_deceptive_beliefs"] / some["fixed_beliefs"]
        assert row["deceptive"] == pytest.approx(shares.mean())
        first = log.generations[
            log.generations["run"].isin(some["run"]) & (log.generations["generation"] == 0)
        ]
        assert row["neutral"] == pytest.approx(first["deceptive_share"].mean())


@pytest.mark.parametrize(
    "call",
    [
        fixation,
        lambda path: fixation(path, "schemer"),
        belief_fixation,
        figures.fixation,
        figures.heterozygosity,
    ],
)
def test_what_was_not_recorded_cannot_be_told(call: Any, scores_only: Path) -> None:
    with pytest.raises(ExperimentError, match=r"record|heterozygosity"):
        call(scores_only)


def test_unknown_kinds_are_refused(drifting: Path) -> None:
    for call in (fixation, figures.fixation):
        with pytest.raises(ExperimentError, match="must be lineage or schemer, got 'belief'"):
            call(drifting, kind="belief")


# ------------------------------------------------------------ limits


def test_limits_of_the_folder(drifting: Path) -> None:
    table = check(drifting)
    assert set(table["verdict"]) <= {"agrees", "too few"}
    assert set(table.columns) >= {"condition", "selection.beta", "control", "limit", "p_holm"}
    twins = table[table["control"] == "neutral"]
    selected = table[table["control"] == "none"]
    assert twins["limit"].str.startswith("1/effective founders").any()
    assert not selected["limit"].str.startswith("1/effective founders").any()
    mutating = twins[twins["condition"] == "mutating"]
    assert not mutating["limit"].str.startswith("heterozygosity").any()
    assert (table["p"].isna() == (table["verdict"] == "too few")).all()


def test_too_few_replicates_are_no_evidence(tmp_path: Path) -> None:
    """Two runs in which nothing varies prove nothing, for or against."""
    few = {**DRIFTING, "replicates": 2, "conditions": {"copying": {}}, "sweep": {}}
    table = check(run(few, out=tmp_path / "few"))
    assert (table.loc[table["verdict"] == "too few", "p"].isna()).all()
    assert (table["verdict"] == "too few").any()
    assert "disagrees" not in set(table["verdict"])


def test_what_has_no_limit_is_said_to_have_none(scores_only: Path) -> None:
    table = check(scores_only)
    assert (table[table["control"] == "none"]["verdict"] == "no limit").all()


# ------------------------------------------------------------ figures


@pytest.mark.parametrize(
    "draw",
    [
        figures.heterozygosity,
        figures.fixation,
        lambda path, ax=None: figures.fixation(path, kind="schemer", ax=ax),
        lambda path, ax=None: trajectories(path, "proxy", by="control", ax=ax),
    ],
)
def test_figures_draw_where_they_are_told(draw: Any, drifting: Path) -> None:
    import matplotlib.pyplot as plt

    _, given = plt.subplots()
    ax = draw(drifting, ax=given)
    assert ax is given
    assert "(" in ax.get_ylabel()  # with a unit
    assert ax.get_xlabel() == "generation"
    assert isinstance(draw(drifting), Axes)
    looks = {(line.get_color(), str(line.get_linestyle())) for line in ax.lines}
    assert len(looks) >= len(ax.lines) - 1  # the dotted null may be drawn twice
    plt.close("all")


def test_figures_show_the_null(drifting: Path) -> None:
    ax = figures.fixation(drifting)
    by_name = {line.get_label(): line for line in ax.lines}
    drift = drift_of(kinds_of_run(load(drifting))[0][1])
    assert drift is not None
    np.testing.assert_allclose(by_name["drift alone"].get_ydata(), drift.descended_by(15))
    name = "copying, 20, none"
    table = fixation(drifting)
    row = table[(table["condition"] == "copying") & (table["selection.beta"] == 20)].iloc[0]
    assert by_name[name].get_ydata()[-1] == pytest.approx(row["probability"])
    assert pd.Series(by_name[name].get_ydata()).is_monotonic_increasing
