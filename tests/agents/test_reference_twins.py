"""Runs that must be equal because one is a special case of the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel

BOTH = [
    {"kind": "adaptive_test", "interval": 3},
    {"kind": "improving_evaluator", "interval": 4, "rate": 0.3},
]


def model_of(seed: int = 13, **blocks: Any) -> PopulationModel:
    spec: dict[str, Any] = {
        "generations": 20,
        "population": {"size": 50, "beliefs_per_agent": 10},
        "landscape": {"kind": "bivariate", "beliefs": 200, "rho": 0.3},
        "battery": {"kind": "simple", "questions": 15},
        "reproduction": {"mutation_rate": 0.02},
        "deployment": {"shift": 0.5},
        **blocks,
    }
    return PopulationModel(spec, seed)


def assert_equal_runs(a: PopulationModel, b: PopulationModel) -> None:
    """Run both and hold every row, genome and event of one to the other, bit for bit."""
    a.run(), b.run()
    pd.testing.assert_frame_equal(a.log, b.log)
    np.testing.assert_array_equal(a.population.beliefs, b.population.beliefs)
    assert a.record.events == b.record.events
    assert len(a.record.events) > 0


# ------------------------------------------------------------------ neutral twins


@pytest.mark.parametrize("interventions", [[], BOTH])
def test_a_neutral_twin_starts_from_the_same(interventions: list[dict[str, Any]]) -> None:
    run, twin = (
        model_of(interventions=interventions, battery={"questions": 15, "held_out": 5}, control=c)
        for c in ("none", "neutral")
    )
    for name in ("value", "signal", "signal0", "cluster"):
        np.testing.assert_array_equal(getattr(run.landscape, name), getattr(twin.landscape, name))
    for part in ("battery", "held_out"):
        ours, theirs = (getattr(m.evaluator, part).dense() for m in (run, twin))
        np.testing.assert_array_equal(ours, theirs)
        assert ours.any()
    np.testing.assert_array_equal(run.population.beliefs, twin.population.beliefs)
    np.testing.assert_array_equal(
        run.population.genotypes.traits[run.population.genotype],
        twin.population.genotypes.traits[twin.population.genotype],
    )
    run.run(), twin.run()
    after = ["effective_parents"]  # is about the selection that follows
    pd.testing.assert_series_equal(
        run.log.drop(columns=after).loc[0], twin.log.drop(columns=after).loc[0]
    )
    assert run.log.loc[0, "effective_parents"] < 50
    assert twin.log["effective_parents"].to_numpy() == pytest.approx(50, rel=1e-12)
    assert run.log.loc[19, "proxy"] > twin.log.loc[19, "proxy"] + 0.1


@pytest.mark.parametrize("rate", [0.0, 0.02, 1.0])
def test_a_neutral_twin_is_neutral_selection(rate: float) -> None:
    common = {"reproduction": {"mutation_rate": rate}, "interventions": BOTH}
    assert_equal_runs(
        model_of(control="neutral", selection={"kind": "softmax", "beta": 9.0}, **common),
        model_of(selection={"kind": "neutral"}, **common),
    )


@pytest.mark.parametrize("rate", [0.0, 0.02, 1.0])
def test_softmax_without_pressure_is_neutral_selection(rate: float) -> None:
    common = {"reproduction": {"mutation_rate": rate}, "interventions": BOTH}
    assert_equal_runs(
        model_of(selection={"kind": "softmax", "beta": 0.0}, **common),
        model_of(selection={"kind": "neutral"}, **common),
    )


# ------------------------------------------------------------------ other special cases


def test_mutation_has_no_effect_where_everyone_holds_everything() -> None:
    everything = {
        "landscape": {"kind": "bivariate", "beliefs": 10},
        "population": {"size": 20, "beliefs_per_agent": 10},
    }
    a = model_of(reproduction={"mutation_rate": 1.0}, **everything)
    b = model_of(reproduction={"mutation_rate": 0.0}, **everything)
    assert_equal_runs(a, b)
    assert (a.log[["heterozygosity"]] == 0).all(axis=None)
    assert (a.log["fixed_beliefs"] == 10).all()


def test_an_improvement_at_rate_zero_is_none() -> None:
    still = {"kind": "improving_evaluator", "interval": 3, "rate": 0.0}
    assert_equal_runs(model_of(interventions=[still]), model_of())


def test_the_interval_is_a_list_of_generations() -> None:
    at = [
        {"kind": "adaptive_test", "at": [0, 3, 6, 9, 12, 15, 18]},
        {"kind": "improving_evaluator", "at": [4, 8, 12, 16], "rate": 0.3},
    ]
    assert_equal_runs(model_of(interventions=BOTH), model_of(interventions=at))


def test_first_and_current_signals_agree_unless_relabelled() -> None:
    log = model_of(interventions=BOTH[:1]).run().log
    assert (log["deceptive_share"] == log["deceptive_share_signal0"]).all()
    log = model_of(interventions=BOTH).run().log
    assert (log["deceptive_share"] != log["deceptive_share_signal0"]).any()


@pytest.mark.parametrize("interventions", [[], BOTH[:1]])
def test_there_is_no_gap_where_the_signal_is_the_value(interventions: list[dict[str, Any]]) -> None:
    log = (
        model_of(
            landscape={"kind": "bivariate", "beliefs": 200, "rho": 1.0},
            deployment={"shift": 2.0, "pressure": 5.0},
            interventions=interventions,
        )
        .run()
        .log
    )
    assert (log["proxy"] == log["true_value"]).all()
    assert (log["alignment"] == 1.0).all()
    assert (log["goodhart_gap"] == 0.0).all()
    assert (log["goodhart_gap_sd"] == 0.0).all()
    assert log["proxy_sd"].min() > 0


# ------------------------------------------------------------------ clones


AMONG_AGENTS = ("corr_proxy_true", "corr_proxy_deployed", "corr_schemer_proxy")


@pytest.mark.parametrize("interventions", [[], BOTH])
def test_clones_have_no_spread_and_no_correlation(interventions: list[dict[str, Any]]) -> None:
    log = (
        model_of(
            generations=80,
            population={"size": 6, "beliefs_per_agent": 10},
            reproduction={"mutation_rate": 0.0},
            selection={"kind": "neutral"},
            interventions=interventions,
        )
        .run()
        .log
    )
    clones = log[log["founders_left"] == 1]
    assert 0 < len(clones) < len(log)
    spreads = [name for name in log if name.endswith("_sd") and log[name].notna().any()]
    assert len(spreads) >= 7
    assert (clones[spreads] == 0.0).all(axis=None)
    assert clones[[*AMONG_AGENTS]].isna().all(axis=None)
    assert (clones["unique_genomes"] == 1).all()
    assert (clones["heterozygosity"] == 0).all()
    others = log[log["founders_left"] > 1]
    assert (others["proxy_sd"] > 0).all()
    assert others["corr_proxy_true"].notna().all()


def test_one_agent_is_a_clone() -> None:
    log = model_of(population={"size": 1, "beliefs_per_agent": 10}, interventions=BOTH).run().log
    assert (log[["proxy_sd", "true_value_sd", "alignment_sd"]] == 0.0).all(axis=None)
    assert log[[*AMONG_AGENTS]].isna().all(axis=None)
    assert log["corr_signal_value"].notna().all()
    assert (log["selection_nats"] == 0.0).all()


ALIKE = {
    "everyone holds everything": {
        "landscape": {"kind": "bivariate", "beliefs": 10},
        "population": {"size": 20, "beliefs_per_agent": 10},
        "battery": {"kind": "simple", "questions": 15, "density": 0.5},
    },
    "all signals equal": {
        "landscape": {"kind": "bivariate", "beliefs": 200, "mu_a": 0.7, "sigma_a": 0.0}
    },
    "all values equal": {
        "landscape": {"kind": "bivariate", "beliefs": 200, "mu_v": 0.7, "sigma_v": 0.0}
    },
}


@pytest.mark.parametrize("case", ALIKE)
def test_rounding_is_no_variation(case: str) -> None:
    """Scores that are equal but for rounding correlate with nothing."""
    log = model_of(**ALIKE[case]).run().log
    assert log["corr_proxy_true"].isna().all()
    assert min(log["proxy_sd"].max(), log["true_value_sd"].max()) < 1e-12
