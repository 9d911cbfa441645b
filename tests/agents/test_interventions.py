"""Interventions in running models: what they change, and that scores follow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from peckham.agents import PopulationModel
from peckham.agents.batteries.battery import Battery
from peckham.agents.interventions.intervention import Change, Circumstances, InterventionPart

BIVARIATE = {"kind": "bivariate", "beliefs": 200, "mu_v": 0.2, "mu_a": 0.5, "sigma_a": 0.7}


def built(*interventions: dict[str, Any], seed: int = 4, **blocks: Any) -> PopulationModel:
    """Return a small model with these interventions."""
    spec = {
        "generations": 10,
        "population": {"size": 20, "beliefs_per_agent": 8},
        "landscape": BIVARIATE,
        "battery": {"questions": 12, "density": 0.2},
        "reproduction": {"mutation_rate": 0.05},
        "interventions": list(interventions),
        **blocks,
    }
    return PopulationModel(spec, seed=seed)


def by_hand(model: PopulationModel, battery: Battery) -> tuple[NDArray, NDArray]:
    """Return P and U of every agent on a battery, from the formula."""
    beliefs = model.population.beliefs
    w = battery.dense()[beliefs]  # agents, genes, questions
    a = model.landscape.signal[beliefs][:, :, None]
    v = model.landscape.value[beliefs][:, :, None]
    total = w.sum(axis=1)
    active = total > 0
    number = np.maximum(active.sum(axis=1), 1)

    def mean(scored_on: NDArray) -> NDArray:
        part = np.divide((w * scored_on).sum(axis=1), total, where=active, out=0.0 * total)
        return part.sum(axis=1) / number

    return mean(np.where(battery.on_value, v, a)), mean(v)


def assert_scores(model: PopulationModel) -> None:
    """Hold the scores of everybody, now, to the formula."""
    model.evaluator.score()
    for battery, prefix in ((model.evaluator.battery, ""), (model.evaluator.held_out, "held_out")):
        if battery is None:
            continue
        proxy, value = by_hand(model, battery)
        column = model.population.column
        np.testing.assert_allclose(column(prefix or "proxy"), proxy, rtol=0, atol=1e-10)
        other = "held_out_value" if prefix else "true_value"
        np.testing.assert_allclose(column(other), value, rtol=0, atol=1e-10)


# ------------------------------------------------------------ adaptive test


def test_adaptive_test_starts_at_0_and_stops_at_twice_the_questions() -> None:
    model = built({"kind": "adaptive_test", "interval": 2}, battery={"questions": 3}).run()
    assert model.log["questions"].tolist() == [4, 4, 5, 5, 6, 6, 6, 6, 6, 6]


def test_adaptive_test_stops_at_its_own_maximum() -> None:
    test = {"kind": "adaptive_test", "interval": 1, "max_questions": 5}
    model = built(test, battery={"questions": 4}).run()
    assert model.log["questions"].tolist() == [5] * 10


@pytest.mark.parametrize("scored_on", ["signal", "value"])
def test_adaptive_question_touches_the_deceptive_beliefs_present(scored_on: str) -> None:
    model = built({"kind": "adaptive_test", "interval": 1, "scored_on": scored_on})
    for generation in range(10):
        held = np.isin(np.arange(200), model.population.beliefs)
        deceptive = (model.landscape.value < 0) & (model.landscape.signal > 0)
        before = model.evaluator.battery.dense()
        model.step()
        battery = model.evaluator.battery
        assert battery.questions == 13 + generation
        assert np.array_equal(battery.dense()[:, :-1], before)
        assert np.array_equal(battery.dense()[:, -1], held & deceptive)
        assert battery.on_value.tolist() == [False] * 12 + [scored_on == "value"] * (generation + 1)
        assert_scores(model)


def test_adaptive_test_adds_nothing_where_nothing_deceives() -> None:
    honest = {**BIVARIATE, "mu_v": 50.0}
    model = built({"kind": "adaptive_test", "interval": 1}, landscape=honest).run()
    assert (model.log["deceptive_share"] == 0).all()
    assert (model.log["questions"] == 12).all()


def test_adaptive_test_as_published_rewards_what_it_targets() -> None:
    """On the added question deceivers shine; scored on value they do not."""
    centred = {**BIVARIATE, "mu_v": 0.0, "mu_a": 0.0}
    test = {"kind": "adaptive_test", "at": [0]}
    plain, signal, value = (
        built(*tests, landscape=centred, generations=1).run().log["proxy"][0]
        for tests in ([], [test], [{**test, "scored_on": "value"}])
    )
    assert signal > plain > value


# ------------------------------------------------------------ improving evaluator


def signals(model: PopulationModel, generations: int) -> list[NDArray[np.float64]]:
    """Return the signals before the run and after each generation."""
    seen = [model.landscape.signal.copy()]
    for _ in range(generations):
        model.step()
        seen.append(model.landscape.signal.copy())
    return seen


def correlations(r: float, target: float, rate: float, times: int) -> list[float]:
    """Return r before the first improvement and after each."""
    path = [r]
    for _ in range(times):
        path.append(path[-1] + (target - path[-1]) * rate)
    return path


def test_improvement_is_due_every_interval_but_not_at_0() -> None:
    seen = signals(built({"kind": "improving_evaluator", "interval": 3, "rate": 0.5}), 10)
    changed = [g for g in range(10) if not np.array_equal(seen[g], seen[g + 1])]
    assert changed == [3, 6, 9]


@pytest.mark.parametrize(
    ("landscape", "nominal"),
    [
        ({**BIVARIATE, "rho": 0.5}, 0.5),
        ({**BIVARIATE, "rho": -0.3}, -0.3),
        ({"kind": "clustered", "beliefs": 200, "global_correlation": 0.7}, 0.0),
    ],
)
@pytest.mark.parametrize(("target", "rate"), [(0.9, 0.05), (1.0, 1.0), (-0.5, 0.3)])
def test_published_improvement(
    landscape: dict[str, Any], nominal: float, target: float, rate: float
) -> None:
    improving = {"kind": "improving_evaluator", "interval": 1, "target": target, "rate": rate}
    model = built(improving, landscape=landscape)
    seen = signals(model, 5)[1:]  # generation 0 leaves them alone
    path = correlations(nominal, target, rate, 4)
    for before, after, old, new in zip(seen, seen[1:], path, path[1:], strict=False):
        w = (new - old) / (1 - old) if old != 1 else 0.0
        expected = (1 - w) * before + w * model.landscape.value
        np.testing.assert_allclose(after, expected, rtol=0, atol=1e-12)
    assert np.array_equal(model.landscape.signal0, seen[0])


@pytest.mark.parametrize("target", [1.0, 0.9, 0.0, -0.997])
def test_published_improvement_where_there_is_nothing_to_improve(target: float) -> None:
    """With r = 1 at first, w is 0: the first improvement changes no signal."""
    improving = {"kind": "improving_evaluator", "at": [1], "target": target, "rate": 0.05}
    seen = signals(built(improving, landscape={**BIVARIATE, "rho": 1.0}), 3)
    np.testing.assert_allclose(seen[-1], seen[0], rtol=0, atol=1e-12)


def test_published_improvement_shrinks_the_scale() -> None:
    improving = {"kind": "improving_evaluator", "interval": 1, "target": 0.9, "rate": 0.3}
    wide = {**BIVARIATE, "sigma_a": 1.0, "rho": 0.0}
    seen = signals(built(improving, landscape=wide), 4)
    assert seen[-1].std() < 0.9 * seen[0].std()


@pytest.mark.parametrize("landscape", [BIVARIATE, {"kind": "clustered", "beliefs": 200}])
def test_keep_scale_mixes_and_keeps_the_standard_deviation(landscape: dict[str, Any]) -> None:
    improving = {"kind": "improving_evaluator", "interval": 1, "target": 0.9, "rate": 0.2}
    model = built({**improving, "form": "keep_scale"}, landscape=landscape)
    seen = signals(model, 6)[1:]
    path = correlations(model.landscape.nominal_correlation, 0.9, 0.2, 5)
    for before, after, old, new in zip(seen, seen[1:], path, path[1:], strict=False):
        w = (new - old) / (1 - old)
        mixed = (1 - w) * before + w * model.landscape.value
        assert after.std() == pytest.approx(seen[0].std(), abs=1e-12)
        assert after.mean() == pytest.approx(mixed.mean(), abs=1e-12)
        stretched = mixed.mean() + (mixed - mixed.mean()) * before.std() / mixed.std()
        np.testing.assert_allclose(after, stretched, rtol=0, atol=1e-12)


@pytest.mark.parametrize("landscape", [BIVARIATE, {"kind": "clustered", "beliefs": 200}])
@pytest.mark.parametrize("target", [0.9, -0.8, 1.0])
def test_exact_improvement_realises_r(landscape: dict[str, Any], target: float) -> None:
    improving = {"kind": "improving_evaluator", "interval": 1, "target": target, "rate": 0.2}
    model = built({**improving, "form": "exact"}, landscape=landscape)
    seen = signals(model, 8)[1:]
    value = model.landscape.value
    path = correlations(model.landscape.nominal_correlation, target, 0.2, 7)
    for after, r in zip(seen[1:], path[1:], strict=True):
        assert np.corrcoef(value, after)[0, 1] == pytest.approx(r, abs=1e-10)
        assert after.mean() == pytest.approx(seen[0].mean(), abs=1e-10)
        assert after.std() == pytest.approx(seen[0].std(), abs=1e-10)

    def residual(a: NDArray) -> NDArray:
        slope = np.cov(value, a, ddof=0)[0, 1] / value.var()
        rest = a - a.mean() - slope * (value - value.mean())
        return rest / rest.std()

    np.testing.assert_allclose(residual(seen[-1]), residual(seen[0]), rtol=0, atol=1e-8)


def test_exact_improvement_reaches_a_perfect_correlation() -> None:
    improving = {"kind": "improving_evaluator", "interval": 1, "target": 1.0, "rate": 1.0}
    model = built({**improving, "form": "exact"}).run()
    assert np.corrcoef(model.landscape.value, model.landscape.signal)[0, 1] == pytest.approx(1)


@pytest.mark.parametrize("form", ["published", "keep_scale", "exact"])
@pytest.mark.parametrize("flat", ["sigma_v", "sigma_a"])
def test_improvement_without_spread_stays_finite(form: str, flat: str) -> None:
    improving = {"kind": "improving_evaluator", "interval": 1, "rate": 0.2, "form": form}
    model = built(improving, landscape={**BIVARIATE, flat: 0.0}).run()
    assert np.isfinite(model.landscape.signal).all()
    assert_scores(model)


# ------------------------------------------------------------ scores follow


BATTERIES = [
    {"kind": "simple", "questions": 12, "held_out": 5, "density": 0.2},
    {"kind": "coverage", "questions": 12, "held_out": 5, "coverage": 0.1},
    {"kind": "similarity", "questions": 12, "held_out": 5, "base_probability": 0.2},
]


@pytest.mark.parametrize("battery", BATTERIES, ids=lambda battery: battery["kind"])
@pytest.mark.parametrize("form", ["published", "keep_scale", "exact"])
@pytest.mark.parametrize("scored_on", [None, "signal", "value"])
def test_relabelling_the_scores_equals_scoring_again(
    battery: dict[str, Any], form: str, scored_on: str | None
) -> None:
    """Also for agents that answer no question, and with questions scored on value."""
    interventions = [{"kind": "improving_evaluator", "interval": 1, "rate": 0.3, "form": form}]
    if scored_on:
        test = {"kind": "adaptive_test", "interval": 3, "start": 1, "scored_on": scored_on}
        interventions.append(test)
    model = built(*interventions, battery=battery)
    for _ in range(10):
        model.step()
        assert_scores(model)
        signal = model.landscape.signal[model.population.beliefs]
        shown = [agent.belief_signal for agent in model.agents]
        np.testing.assert_allclose(shown, signal.mean(axis=1), rtol=0, atol=1e-12)
    assert not np.array_equal(model.landscape.signal, model.landscape.signal0)


def test_deceptive_shares_by_the_current_and_by_the_first_signal() -> None:
    """An improvement relabels beliefs: only the share by the current signal falls."""
    improving = {"kind": "improving_evaluator", "at": [4], "target": 1.0, "rate": 1.0}
    model = built(improving, reproduction={}, selection={"beta": 0.0}, generations=5)
    model.run()
    log = model.log
    assert (log["deceptive_share"] == log["deceptive_share_signal0"])[:4].all()
    assert log["deceptive_share"][4] == 0 < log["deceptive_share_signal0"][4]


# ------------------------------------------------------------ composition and schedules


def test_interventions_are_applied_in_the_order_of_their_list() -> None:
    """After a perfect improvement nothing deceives, so the adaptive test has nothing to add."""
    improving = {"kind": "improving_evaluator", "at": [0], "target": 1.0, "rate": 1.0}
    test = {"kind": "adaptive_test", "at": [0]}
    assert built(improving, test).run().log["questions"].tolist() == [12] * 10
    assert built(test, improving).run().log["questions"].tolist() == [13] * 10


def test_two_of_a_kind_with_names_of_their_own() -> None:
    early = {"kind": "adaptive_test", "name": "early", "at": [0, 1]}
    late = {"kind": "adaptive_test", "name": "late", "interval": 4, "start": 5}
    questions = built(early, late).run().log["questions"]
    assert questions.tolist() == [13, 14, 14, 14, 14, 15, 15, 15, 15, 16]


def test_two_improvements_count_their_own_applications() -> None:
    """One that was never applied before starts from the landscape's nominal correlation."""
    names = [{"name": "one", "at": [1, 2, 3]}, {"name": "two", "at": [5]}]
    model = built(*({"kind": "improving_evaluator", "rate": 0.5, **own} for own in names))
    seen = signals(model, 10)
    r = model.landscape.nominal_correlation
    w = (0.9 - r) * 0.5 / (1 - r)
    expected = (1 - w) * seen[5] + w * model.landscape.value
    np.testing.assert_allclose(seen[6], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("line", ["above", "below"])
def test_trigger_follows_the_record(line: str) -> None:
    drift = {"selection": {"beta": 0.0}, "generations": 30, "battery": {"questions": 100}}
    middle = float(built(**drift).run().log["proxy"].median())
    when = {"measure": "proxy", line: middle}
    log = built({"kind": "adaptive_test", "when": when}, **drift).run().log
    beyond = (log["proxy"] > middle) if line == "above" else (log["proxy"] < middle)
    due = [g for g in range(1, 30) if beyond[g - 1] and not (g > 1 and beyond[g - 2])]
    fired = [g for g in range(30) if log["questions"][g] > (log["questions"][g - 1] if g else 100)]
    assert len(due) >= 2
    assert fired == due


def test_an_intervention_that_never_fires_changes_nothing() -> None:
    plain, idle = built().run(), built({"kind": "adaptive_test", "at": [99]}).run()
    assert plain.log.equals(idle.log)
    assert np.array_equal(plain.population.beliefs, idle.population.beliefs)


@pytest.mark.parametrize(
    "schedule",
    [
        {"interval": 7},
        {"interval": 7, "start": 3},
        {"interval": 1, "start": 0},
        {"at": [4, 11, 12, 40]},
    ],
    ids=str,
)
@pytest.mark.parametrize("kind", ["adaptive_test", "improving_evaluator"])
def test_dates_are_the_generations_that_are_due(kind: str, schedule: dict[str, Any]) -> None:
    intervention: InterventionPart = built({"kind": kind, **schedule}).spec.interventions[0]
    for end in (0, 3, 4, 11, 60):
        dates = intervention.dates(end)
        assert dates is not None
        due = [g for g in range(end) if intervention.is_due(g, lambda name, generation: np.nan)]
        assert list(dates) == due


@pytest.mark.parametrize("kind", ["adaptive_test", "improving_evaluator"])
def test_a_change_is_asked_for_in_the_generations_that_are_due(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = type(built({"kind": kind}).spec.interventions[0])
    change, calls = part.change, []

    def noted(self: Any, circumstances: Circumstances) -> Change:
        calls.append(circumstances.generation)
        return change(self, circumstances)

    monkeypatch.setattr(part, "change", noted)
    built({"kind": kind, "at": [9, 4, 4, 99]}).run()
    assert calls == [4, 9]


# ------------------------------------------------------------ oversight that follows a measure


@pytest.mark.parametrize(("on", "gain"), [("schemers", 0.5), ("caught_share", 1.0), ("price", 4.0)])
def test_the_level_follows_the_record_before(on: str, gain: float) -> None:
    """Above its initial value, from the last record; it stays where that is null, and in 0..1."""
    on = "price_schemers_selection" if on == "price" else on
    part = {"kind": "responsive_oversight", "gain": gain, "on": on, "interval": 2}
    log = built(part, oversight={"level": 0.3}, generations=30).run().log
    followed, level = log[on].to_numpy(), 0.3
    for generation in range(30):
        last = followed[generation - 1] if generation else np.nan
        if generation % 2 == 0 and not np.isnan(last):
            level = min(1.0, max(0.0, 0.3 + gain * last))
        assert log["oversight_level"][generation] == pytest.approx(level, abs=1e-15)
    assert log["oversight_level"].nunique() > 3


def test_following_what_is_caught_is_the_default() -> None:
    logs = [
        built(
            {"kind": "responsive_oversight", "gain": 9.0, **more}, oversight={"level": 0.3}
        ).run().log
        for more in ({}, {"on": "caught"})
    ]  # fmt: skip
    assert logs[0].equals(logs[1])


@pytest.mark.parametrize("on", ["schemer", "schemers"])
def test_what_is_not_recorded_cannot_be_followed(on: str) -> None:
    part = {"kind": "responsive_oversight", "on": on}
    with pytest.raises(ValueError, match=rf"responsive_oversight\.on: '{on}' is not rec") as caught:
        built(part, oversight={"level": 0.3}, record={"measures": ["proxy"]})
    assert "record.measures" in str(caught.value)
    assert "\n" not in str(caught.value)
