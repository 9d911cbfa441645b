"""Measures and events: which there are, what they may be, and that they agree."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from peckham.agents import PopulationModel, SpecError
from peckham.agents.interventions.intervention import Change
from peckham.agents.measures.events import Event
from peckham.agents.measures.registry import all_measures, selected_measures

CLUSTERS = ("Benign", "Neutral", "Deceptive")

WITH_SD = (
    "proxy true_value deployed fitness goodhart_gap capability alignment deception_probability"
)
CONTRACT = """
belief_value belief_signal deceptive_share deceptive_share_signal0
share_Benign share_Neutral share_Deceptive
schemers deceiving caught wrongly_flagged
delivered commission_harm omission_harm deception_gap
safety caught_share honest_loss usefulness oversight_cost
held_out visible_gap questions
corr_proxy_true corr_proxy_deployed corr_schemer_proxy corr_signal_value
unique_genomes heterozygosity beliefs_present effective_founders founders_left
effective_parents selection_nats
fixed_beliefs fixed_deceptive_beliefs prevalent_beliefs
"""
NEED_OVERSIGHT = (
    "deceiving caught wrongly_flagged delivered commission_harm omission_harm deception_gap "
    "deception_probability deception_probability_sd"
)
LATE = ("fixed_beliefs", "fixed_deceptive_beliefs", "prevalent_beliefs", "unique_genomes")

SPEC: dict[str, Any] = {
    "generations": 40,
    "population": {"size": 12, "beliefs_per_agent": 5},
    "landscape": {"beliefs": 120},
    "battery": {"questions": 20, "held_out": 8, "density": 0.2},
    "selection": {"beta": 3.0},
    "reproduction": {"mutation_rate": 0.01},
    "deployment": {"pressure": 2.0, "shift": 0.5},
    "interventions": [
        {"kind": "adaptive_test", "interval": 9},
        {"kind": "improving_evaluator", "interval": 10, "rate": 0.3},
    ],
    "record": {"prevalence": 0.7},
}


def contract_columns() -> set[str]:
    """Return the measures of the contract's table of columns, for three clusters."""
    price = {
        f"price_{z}_{term}"
        for z in ("true_value", "deceptive_share", "schemers")
        for term in ("selection", "drift", "transmission", "environment", "selection_realised")
    }
    means = WITH_SD.split()
    return {*means, *(f"{name}_sd" for name in means), *CONTRACT.split(), *price}


@pytest.fixture(scope="module")
def model() -> PopulationModel:
    """Return a finished run with everything switched on."""
    return PopulationModel(SPEC, seed=3).run()


# ------------------------------------------------------------ the registry


def test_names_are_unique_and_fit_a_column() -> None:
    names = [measure.name for measure in all_measures(CLUSTERS)]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9_]*", name) for name in names)


def test_every_column_of_the_contract_is_there() -> None:
    names = {measure.name for measure in all_measures(CLUSTERS)}
    assert contract_columns() - names == set()


def test_every_measure_says_what_it_is() -> None:
    for measure in all_measures(CLUSTERS):
        assert measure.meaning
        assert measure.unit
        assert measure.needs
        assert measure.low < measure.high


def test_a_landscape_without_clusters_has_no_cluster_shares() -> None:
    assert not any(measure.name.startswith("share_") for measure in all_measures())


# ------------------------------------------------------------ a real run


def test_log_has_a_row_a_generation_and_a_column_a_measure(model: PopulationModel) -> None:
    assert model.log.index.name == "generation"
    assert model.log.index.tolist() == list(range(40))
    assert model.log.columns.tolist() == [measure.name for measure in all_measures(CLUSTERS)]
    assert (model.log.dtypes == np.float64).all()


def test_values_lie_in_their_range(model: PopulationModel) -> None:
    for measure in all_measures(CLUSTERS):
        values = model.log[measure.name].dropna().to_numpy()
        final = np.array([model.final[measure.name]])
        for seen in (values, final[np.isfinite(final)]):
            assert np.isfinite(seen).all(), measure.name
            assert (seen >= measure.low - 1e-12).all(), measure.name
            assert (seen <= measure.high + 1e-12).all(), measure.name
            if measure.whole:
                assert (seen == seen.round()).all(), measure.name


def test_no_measure_is_null_throughout(model: PopulationModel) -> None:
    null = set(model.log.columns[model.log.isna().all()])
    assert null == {n for n in model.log.columns if n.endswith("_selection_realised")}


def test_a_trait_population_measures_no_beliefs() -> None:
    spec = {"generations": 5, "population": {"size": 30, "beliefs_per_agent": 0}}
    log = PopulationModel(spec, 3).run().log
    null = set(log.columns[log.isna().all()])
    assert {"belief_value", "deceptive_share", "questions", "heterozygosity"} <= null
    assert {"price_deceptive_share_selection", "unique_genomes", "share_Benign"} <= null
    told = {"proxy", "true_value", "alignment", "schemers", "delivered", "founders_left"}
    assert not told & null


def test_what_is_undefined_is_null(model: PopulationModel) -> None:
    price = [name for name in model.log.columns if name.startswith("price_")]
    assert model.log.loc[0, price].isna().all()
    clones = PopulationModel(
        {**SPEC, "population": {"size": 1, "beliefs_per_agent": 5}, "battery": {}}, seed=1
    ).run()
    assert clones.log[["corr_proxy_true", "corr_schemer_proxy", "held_out"]].isna().all(axis=None)
    assert (clones.log[["proxy_sd", "true_value_sd", "alignment_sd"]] == 0).all(axis=None)
    one_kind = PopulationModel(
        {**SPEC, "population": {**SPEC["population"], "schemers": 0.0}}, seed=1
    ).run()
    assert one_kind.log["corr_schemer_proxy"].isna().all()
    assert (one_kind.log["schemers"] == 0).all()


def test_measures_agree_with_each_other(model: PopulationModel) -> None:
    log = model.log
    shares = log[[f"share_{name}" for name in CLUSTERS]].sum(axis=1)
    for one, other in (
        (shares, 1.0),
        (log["visible_gap"], log["proxy"] - log["held_out"]),
        (log["goodhart_gap"], log["proxy"] - log["deployed"]),
        (log["fitness"], log["proxy"]),  # oversight 0
        (log["fitness_sd"], log["proxy_sd"]),
    ):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)
    assert log["selection_nats"][0] == 0
    assert log["selection_nats"].is_monotonic_increasing
    assert log["selection_nats"].iloc[-1] > 0
    assert log["founders_left"].is_monotonic_decreasing
    assert (log["effective_founders"] <= log["founders_left"] + 1e-9).all()
    assert (log["fixed_deceptive_beliefs"] <= log["fixed_beliefs"]).all()
    assert (log["fixed_beliefs"] <= log["prevalent_beliefs"]).all()
    assert (log["prevalent_beliefs"] <= log["beliefs_present"]).all()
    assert (log["effective_parents"].between(1, 12 + 1e-9)).all()
    assert log["lost_beliefs"].is_monotonic_increasing


def test_final_measures_are_those_of_the_last_generation(model: PopulationModel) -> None:
    assert list(model.final) == model.log.columns.tolist()
    last = model.log.iloc[-1]
    for name, value in model.final.items():
        if name not in (*LATE, "lost_beliefs"):
            np.testing.assert_equal(value, last[name], err_msg=name)


def test_final_counts_are_taken_after_the_last_reproduction() -> None:
    """Strong selection on few agents: the last reproduction changes the counts."""
    spec = {**SPEC, "generations": 1, "selection": {"beta": 20.0}, "reproduction": {}}
    one = PopulationModel({**spec, "interventions": []}, seed=3).run()
    holders = Counter(one.population.beliefs.ravel().tolist())
    deceptive = one.landscape.deceptive
    expected = {
        "fixed_beliefs": sum(n == 12 for n in holders.values()),
        "fixed_deceptive_beliefs": sum(n == 12 and deceptive[b] for b, n in holders.items()),
        "prevalent_beliefs": sum(n >= 0.7 * 12 for n in holders.values()),
        "unique_genomes": len({frozenset(row) for row in one.population.beliefs.tolist()}),
    }
    assert {name: one.final[name] for name in expected} == expected
    assert expected != {name: one.log[name].iloc[-1] for name in expected}


# ------------------------------------------------------------ selecting measures


@pytest.mark.parametrize(
    "wanted",
    [["proxy"], ["questions", "proxy"], ["heterozygosity", "share_<cluster>"], [], "published"],
    ids=str,
)
def test_selected_measures_are_those_of_a_full_record(
    model: PopulationModel, wanted: str | list[str]
) -> None:
    record = {"measures": wanted, "prevalence": 0.7}
    chosen = PopulationModel({**SPEC, "record": record}, seed=3).run()
    names = [measure.name for measure in selected_measures(wanted, CLUSTERS)]
    assert chosen.log.columns.tolist() == names
    pd.testing.assert_frame_equal(
        chosen.log, model.log[names], check_exact=True, check_column_type=False
    )
    assert list(chosen.final) == names
    if isinstance(wanted, list):
        shares = [f"share_{name}" for name in CLUSTERS] if "share_<cluster>" in wanted else []
        assert set(names) == {*wanted, *shares} - {"share_<cluster>"}
    assert np.array_equal(chosen.population.beliefs, model.population.beliefs)


def test_published_measures() -> None:
    names = {measure.name for measure in selected_measures("published", CLUSTERS)}
    assert names == {
        *("proxy", "true_value", "belief_value", "belief_signal", "deceptive_share"),
        *("questions", "share_Benign", "share_Neutral", "share_Deceptive"),
    }


def test_a_measure_that_is_none_is_refused() -> None:
    with pytest.raises(SpecError, match=r"record\.measures: .*did you mean 'proxy'"):
        PopulationModel({"record": {"measures": ["proxi"]}}, seed=1)
    with pytest.raises(SpecError, match=r"record\.measures: "):
        PopulationModel({"record": {"measures": ["share_Nobody"]}}, seed=1)


# ------------------------------------------------------------ events

EVENTFUL = {**SPEC, "selection": {"beta": 8.0}, "reproduction": {"mutation_rate": 0.02}}


def watched(spec: dict[str, Any], seed: int) -> tuple[PopulationModel, list[dict[str, NDArray]]]:
    """Run a model; return it and who was there before each selection and at the end."""
    model = PopulationModel(spec, seed=seed)
    seen = []
    while True:
        seen.append(
            {
                "belief": model.population.beliefs.copy(),
                "allele": model.population.column("schemer").astype(int)[:, None].copy(),
                "lineage": model.population.lineage.copy()[:, None],
            }
        )
        if not model.running:
            return model, seen
        model.step()


def expected_events(seen: list[dict[str, NDArray]], kind: str, line: float) -> set[tuple]:
    """Find fixations, first prevalences and losses by counting anew in each generation."""
    size = len(seen[0][kind])
    found = set()
    prevalent: set[int] = set()
    before: Counter[int] = Counter()
    for generation, population in enumerate(seen):
        counts = Counter(population[kind].ravel().tolist())
        for thing in counts | before:
            now, then = counts[thing], before[thing]
            if now >= line * size - 1e-9 and thing not in prevalent:
                prevalent.add(thing)
                found.add((generation, thing, "prevalent"))
            if now == size > then:
                found.add((generation, thing, "fixed"))
            if then == size > now:
                found.add((generation, thing, "unfixed"))
            if now == 0 and kind != "belief":  # belief losses are counted only
                found.add((generation, thing, "lost"))
        before = counts
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("prevalence", [0.5, 0.75, 1.0])
def test_events_are_what_counting_says(seed: int, prevalence: float) -> None:
    spec = {**EVENTFUL, "record": {"prevalence": prevalence}}
    model, seen = watched(spec, seed)
    got: dict[str, list[tuple]] = defaultdict(list)
    for event in model.record.events:
        got[event.kind].append((event.generation, event.id, event.event))
    for kind in ("belief", "allele", "lineage"):
        expected = expected_events(seen, kind, prevalence)
        assert Counter(got[kind]) == Counter(expected)
    generations = [event.generation for event in model.record.events]
    assert generations == sorted(generations)
    assert {e for kind in got for (_, _, e) in got[kind]} == {
        "fixed", "prevalent", "unfixed", "lost",
    }  # fmt: skip


def test_counts_of_beliefs_are_what_counting_says() -> None:
    model, seen = watched(EVENTFUL, 2)
    lost = 0
    before: Counter[int] = Counter()
    for generation, population in enumerate(seen):
        counts = Counter(population["belief"].ravel().tolist())
        lost += len(before.keys() - counts.keys())
        before = counts
        row = model.log.loc[generation] if generation < 40 else model.final
        assert row["fixed_beliefs"] == sum(n == 12 for n in counts.values())
        assert row["prevalent_beliefs"] == sum(n >= 8.4 for n in counts.values())
        assert row["lost_beliefs"] == lost
        if generation < 40:
            assert row["beliefs_present"] == len(counts)
            p = np.array(list(counts.values())) / 12
            assert row["heterozygosity"] == pytest.approx((2 * p * (1 - p)).sum(), abs=1e-12)
            founders = Counter(population["lineage"].ravel().tolist())
            squares = sum((n / 12) ** 2 for n in founders.values())
            assert row["effective_founders"] == pytest.approx(1 / squares)
            assert row["founders_left"] == len(founders)
            assert row["schemers"] == population["allele"].mean()
    assert lost > 10


def test_belief_events_carry_the_beliefs_labels() -> None:
    model, seen = watched({**EVENTFUL, "generations": 150, "interventions": []}, 1)
    present = [set(population["belief"].ravel().tolist()) for population in seen]
    beliefs = [event for event in model.record.events if event.kind == "belief"]
    assert any(event.origin > 0 for event in beliefs)
    for event in beliefs:
        landscape = model.landscape
        assert (event.value, event.signal) == (
            landscape.value[event.id],
            landscape.signal[event.id],
        )
        assert event.deceptive == bool(landscape.deceptive[event.id])
        assert event.cluster == CLUSTERS[landscape.cluster[event.id]]
        if event.id in present[event.generation]:
            entered = event.generation
            while entered > 0 and event.id in present[entered - 1]:
                entered -= 1
            assert event.origin == entered


def test_other_events_have_no_labels() -> None:
    model, _ = watched(EVENTFUL, 1)
    others = [event for event in model.record.events if event.kind != "belief"]
    assert others
    for event in others:
        plain = Event(event.generation, event.kind, event.id, event.event)
        assert event == plain


def test_events_do_not_depend_on_the_measures_recorded_beside_them() -> None:
    """Belief events come with any count of beliefs, and so on: what is logged is logged alike."""
    full = PopulationModel(EVENTFUL, seed=1).run().record.events
    record = {"measures": ["fixed_beliefs"], "prevalence": 0.7}
    some = PopulationModel({**EVENTFUL, "record": record}, seed=1).run().record.events
    assert [event for event in full if event.kind == "belief"] == [
        event for event in some if event.kind == "belief"
    ]
    assert some


# ------------------------------------------------------------ agents at a generation


def test_snapshots_agree_with_the_record() -> None:
    record = {"agents_at": [7, 0, 39], "prevalence": 0.7}
    model, seen = watched({**SPEC, "record": record}, 3)
    tables = {int(table["generation"][0]): table for table in model.record.snapshots}
    assert sorted(tables) == [0, 7, 39]
    ids = set()
    for generation, table in tables.items():
        row = model.log.loc[generation]
        assert (table["generation"] == generation).all()
        assert table["slot"].tolist() == list(range(12))
        assert np.array_equal(table["beliefs"], np.sort(seen[generation]["belief"], axis=1))
        assert np.array_equal(table["lineage"], seen[generation]["lineage"].ravel())
        assert table["schemer"].mean() == row["schemers"]
        for name in ("proxy", "true_value", "fitness", "deployed", "goodhart_gap", "capability",
                     "alignment", "held_out", "belief_value", "belief_signal",
                     "deceptive_share", "deceptive_share_signal0"):  # fmt: skip
            assert table[name].mean() == pytest.approx(row[name], abs=1e-12), name
        pressure = 2.0 * table["capability"] / 100
        lost = 0.5 * (1 - table["alignment"]) * pressure**2
        np.testing.assert_allclose(table["deployed"], table["true_value"] - lost, atol=1e-12)
        gap = table["proxy"] - table["deployed"]
        np.testing.assert_allclose(table["goodhart_gap"], gap, atol=1e-12)
        assert ids.isdisjoint(table["unique_id"].tolist())
        ids |= set(table["unique_id"].tolist())


def test_beliefs_are_counted_once_question_sums_are_no_longer_stored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As when a battery is replaced by one that is too large to store sums for."""
    monkeypatch.setattr("peckham.agents.evaluation.questions.STORED", 20 * 20)
    spec = {
        "generations": 20,
        "population": {"size": 20, "beliefs_per_agent": 4},
        "landscape": {"kind": "bivariate", "beliefs": 60},
        "battery": {"kind": "simple", "questions": 20},
        "reproduction": {"mutation_rate": 0.1},
        "record": {"measures": ["beliefs_present"]},
    }
    model = PopulationModel(spec, seed=1)
    for _ in range(5):
        model.step()
    larger = model.spec.battery.draw(None, 60, 40, np.random.default_rng(1))
    model.evaluator.apply(Change(battery=larger))
    while model.running:
        model.step()
    present = np.unique(model.state.arrays.odd.beliefs).size  # those of the last row
    assert model.log["beliefs_present"].iloc[-1] == present
