"""The model as a Mesa model: agents, collectors, pickles and the run's end."""

from __future__ import annotations

import gc
import pickle
import weakref
from collections.abc import Callable
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest
from mesa.agent import AgentSet
from numpy.typing import NDArray

from peckham.agents import EvaluatorAgent, ModelAgent, PopulationModel
from peckham.agents.interventions.intervention import Change, Relabelling
from peckham.agents.population import views

N, K, B = 14, 5, 70
SPEC: dict[str, Any] = {
    "generations": 8,
    "population": {"size": N, "beliefs_per_agent": K},
    "landscape": {"beliefs": B},
    "battery": {"questions": 15, "held_out": 6, "density": 0.2},
    "selection": {"beta": 2.0},
    "reproduction": {"mutation_rate": 0.1},
    "interventions": [
        {"kind": "adaptive_test", "interval": 3},
        {"kind": "improving_evaluator", "interval": 4, "rate": 0.3},
    ],
}
SCORES = ("proxy", "true_value", "fitness", "held_out", "belief_value", "belief_signal",
          "deceptive_share")  # fmt: skip


def built(*, steps: int = 0, seed: int = 4, **blocks: Any) -> PopulationModel:
    """Return a model that has run for some generations."""
    model = PopulationModel({**SPEC, **blocks}, seed=seed)
    for _ in range(steps):
        model.step()
    return model


def from_scratch(model: PopulationModel) -> dict[str, NDArray[np.float64]]:
    """Score everybody by the formulas, from beliefs, landscape and batteries alone."""
    beliefs, landscape = model.population.beliefs, model.landscape

    def score(battery: Any, scored_on: NDArray[np.float64]) -> NDArray[np.float64]:
        w = battery.dense()[beliefs]
        total = w.sum(axis=1)
        sums = (w * scored_on[beliefs][:, :, None]).sum(axis=1)
        means = np.divide(sums, total, where=total > 0, out=0 * total)
        return means.sum(axis=1) / np.maximum((total > 0).sum(axis=1), 1)

    proxy = score(model.evaluator.battery, landscape.signal)
    return {
        "proxy": proxy,
        "fitness": proxy,
        "true_value": score(model.evaluator.battery, landscape.value),
        "held_out": score(model.evaluator.held_out, landscape.signal),
        "belief_value": landscape.value[beliefs].mean(axis=1),
        "belief_signal": landscape.signal[beliefs].mean(axis=1),
        "deceptive_share": landscape.deceptive[beliefs].mean(axis=1),
    }


def assert_scored(model: PopulationModel) -> None:
    """Hold what the agents say of themselves to the formulas."""
    expected = from_scratch(model)
    for name in SCORES:
        seen = model.agents.get(name)
        np.testing.assert_allclose(seen, expected[name], rtol=0, atol=1e-12, err_msg=name)


# ------------------------------------------------------------ a Mesa model


def test_it_is_a_mesa_model() -> None:
    model = built()
    assert isinstance(model, mesa.Model)
    assert isinstance(model.evaluator, EvaluatorAgent)
    assert isinstance(model.evaluator, mesa.Agent)
    assert model.evaluator.model is model
    assert all(isinstance(agent, mesa.Agent) for agent in model.agents)
    assert all(agent.model is model for agent in model.agents)


def test_a_step_is_a_generation() -> None:
    model = built()
    for generation in range(8):
        assert model.generation == generation
        assert model.running
        model.step()
        assert len(model.log) == generation + 1
    assert model.generation == 8
    assert not model.running


def test_run_model_runs_to_the_end() -> None:
    model, other, stepped = built(steps=3), built(), built(steps=8)
    model.run_model()
    assert other.run() is other
    assert model.log.equals(stepped.log)
    assert other.log.equals(stepped.log)
    assert model.generation == 8
    assert len(model.log) == 8


def test_a_step_after_the_end_is_refused_and_changes_nothing() -> None:
    model = built(steps=8)
    log, beliefs, final = model.log, model.population.beliefs.copy(), dict(model.final)
    with pytest.raises(RuntimeError, match="ended after its 8 generations"):
        model.step()
    assert model.log.equals(log)
    assert np.array_equal(model.population.beliefs, beliefs)
    assert model.final == pytest.approx(final, abs=0, nan_ok=True)
    assert model.generation == 8
    model.run_model()  # nothing is left to do
    assert model.generation == 8


def test_the_log_is_a_frame_of_the_generations_so_far() -> None:
    model = built()
    assert len(model.log) == 0
    model.step()
    model.step()
    assert isinstance(model.log, pd.DataFrame)
    assert model.log.index.tolist() == [0, 1]
    assert model.log.index.name == "generation"
    assert model.log.notna()["proxy"].all()
    log = model.log
    log.loc[0, "proxy"] = 99.0
    assert model.log.loc[0, "proxy"] != 99.0
    assert model.final == {}


def test_no_operator_uses_the_generators_of_mesa() -> None:
    plain, disturbed = built(steps=8), built()
    for seed in range(8):
        disturbed.reset_rng(seed)
        disturbed.reset_randomizer(seed)
        disturbed.rng.random(seed)
        disturbed.step()
    assert disturbed.log.equals(plain.log)


def test_generators_of_mesa_depend_on_the_seed_alone() -> None:
    one, same, other = built(), built(), built(seed=5)
    draws = [(model.rng.random(), model.random.random()) for model in (one, same, other)]
    assert draws[0] == draws[1]
    assert draws[0][0] != draws[2][0]
    assert draws[0][1] != draws[2][1]


# ------------------------------------------------------------ views


def test_views_are_built_only_for_those_who_look(monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    original = views.ModelAgent.__init__

    def init(self: ModelAgent, *arguments: Any) -> None:
        made.append(self)
        original(self, *arguments)

    monkeypatch.setattr(views.ModelAgent, "__init__", init)
    model = built().run()
    assert made == []
    assert len(model.agents) == N
    assert len(made) == N
    assert len(model.agents) == N
    assert len(made) == N


def test_agents_are_the_population_in_slot_order() -> None:
    model = built(steps=3)
    assert isinstance(model.agents, AgentSet)
    assert [agent.slot for agent in model.agents] == list(range(N))
    assert all(type(agent) is ModelAgent for agent in model.agents)
    population = model.population
    for agent in model.agents:
        assert agent.beliefs.tolist() == population.beliefs[agent.slot].tolist()
        assert agent.lineage == population.lineage[agent.slot]
        assert agent.unique_id == population.unique_id[agent.slot]
        assert agent.capability == population.column("capability")[agent.slot]
        assert agent.schemer is bool(population.column("schemer")[agent.slot])
    assert_scored(model)


def test_views_show_the_generation_that_is_there() -> None:
    """A slot's view goes on after a step, with another occupant."""
    model = built()
    agent = model.agents[2]
    for _ in range(8):
        model.step()
        assert agent is model.agents[2]
        assert agent.beliefs.tolist() == model.population.beliefs[2].tolist()
        assert_scored(model)


def test_looking_changes_nothing() -> None:
    plain, looked_at = built(steps=8), built()
    while looked_at.running:
        looked_at.agents.get(list(SCORES))
        looked_at.step()
        repr(looked_at.agents[0])
        looked_at.agents_by_type[ModelAgent].agg("capability", np.mean)
    pd.testing.assert_frame_equal(looked_at.log, plain.log, rtol=0, atol=1e-12)
    assert np.array_equal(looked_at.population.beliefs, plain.population.beliefs)


def capable(agent: ModelAgent) -> bool:
    return agent.capability > 50


def test_mesa_ways_to_look_at_agents() -> None:
    model = built(steps=2)
    capability = model.population.column("capability")
    schemer = model.population.column("schemer").astype(bool)
    assert 0 < schemer.sum() < N
    assert len(model.agents.select(capable)) == (capability > 50).sum()
    assert len(model.agents.select(at_most=3)) == 3
    assert model.agents.agg("capability", np.mean) == capability.mean()
    assert model.agents.get("capability") == capability.tolist()
    assert model.agents.get(["slot", "schemer"]) == [[i, bool(s)] for i, s in enumerate(schemer)]
    groups = model.agents.groupby("schemer").groups
    assert {key: len(group) for key, group in groups.items()} == {
        True: schemer.sum(),
        False: N - schemer.sum(),
    }
    means = model.agents.groupby("schemer").agg("capability", np.mean)
    assert means[True] == capability[schemer].mean()
    assert model.agents.sort("capability", ascending=True).get("capability") == sorted(capability)
    assert sorted(model.agents.shuffle().get("slot")) == list(range(N))
    assert model.agents.map("__repr__")[0] == repr(model.agents[0])


def promote(agent: ModelAgent, by: float) -> None:
    agent.capability += by


def test_mesa_ways_to_change_agents() -> None:
    model = built(steps=2)
    model.agents.set("capability", 40.0)
    assert (model.population.column("capability") == 40).all()
    model.agents.do(promote, 5.0)
    assert model.agents.get("capability") == [45.0] * N
    model.agents.select(lambda agent: agent.slot < 3).set("schemer", True)
    assert (model.population.column("schemer")[:3] == 1).all()
    model.agents.shuffle_do(promote, 1.0)
    assert model.agents.get("capability") == [46.0] * N


SCORED = ("proxy", "true_value", "value_sum", "signal_square_sum", "deceptive")


def shown(model: PopulationModel) -> dict[str, NDArray[Any]]:
    """Return all that agents pass on."""
    population = model.population
    found = {name: population.column(name) for name in ("capability", "schemer")}
    return found | {"beliefs": population.beliefs, "unique_id": population.unique_id.copy()}


@pytest.mark.parametrize("rate", [0.0, 0.1])
@pytest.mark.parametrize("sd", [0.0, 5.0])
@pytest.mark.parametrize("recombination", [0.0, 0.3])
def test_what_is_written_to_an_agent_is_its_own(
    rate: float, sd: float, recombination: float
) -> None:
    """Whoever else is of its genotype stays what it is, and scores are those of the new genome."""
    spec = {
        "generations": 12,
        "population": {"size": 15, "beliefs_per_agent": 6, "schemers": 0.3},
        "landscape": {"kind": "bivariate", "beliefs": 40},
        "battery": {"kind": "simple", "questions": 12},
        "reproduction": {
            "mutation_rate": rate, "capability_sd": sd, "recombination_rate": recombination
        },
    }  # fmt: skip
    rng = np.random.default_rng(1)
    model = PopulationModel(spec, seed=1)
    while model.running:
        for _ in range(30):
            expected = shown(model)
            slot = rng.integers(15)
            agent = model.agents[slot]
            name = ("beliefs", "capability", "schemer")[rng.integers(3)]
            value: Any = rng.permutation(40)[:6]
            if name != "beliefs":
                value = rng.random() < 0.5 if name == "schemer" else rng.uniform(0, 100)
            setattr(agent, name, value)
            changed = expected[name].copy()
            changed[slot] = value
            for key, now in shown(model).items():
                np.testing.assert_array_equal(now, changed if key == name else expected[key])
            if rng.random() < 0.3:
                assert np.isfinite(agent.proxy)
        model.evaluator.score()
        inherited = [model.population.column(name) for name in SCORED]
        model.population.forget_scores()
        model.evaluator.score()
        for name, before in zip(SCORED, inherited, strict=True):
            np.testing.assert_allclose(before, model.population.column(name), atol=1e-12)
        model.step()


class Observer(mesa.Agent):
    """An agent of a user's own."""


def test_agents_by_type() -> None:
    model = built()
    by_type = model.agents_by_type
    assert set(by_type) == {ModelAgent, EvaluatorAgent}
    assert set(model.agent_types) == {ModelAgent, EvaluatorAgent}
    assert len(by_type[ModelAgent]) == N
    assert list(by_type[EvaluatorAgent]) == [model.evaluator]
    observer = Observer(model)
    assert list(model.agents_by_type[Observer]) == [observer]
    assert set(model.agent_types) == {ModelAgent, EvaluatorAgent, Observer}
    assert model.run().generation == 8


# ------------------------------------------------------------ identities


def test_identities_are_unique_over_the_run() -> None:
    model = built()
    seen = set()
    while True:
        ids = [agent.unique_id for agent in model.agents]
        assert len(set(ids)) == N
        assert seen.isdisjoint(ids)  # softmax replaces everybody
        seen |= set(ids)
        if not model.running:
            break
        model.step()
    assert len(seen) == N * 9
    assert min(seen) >= 1


def test_the_evaluator_has_an_identity_of_its_own() -> None:
    """Mesa's unique_id is unique among all agents of a model."""
    model = built()
    identity = model.evaluator.unique_id
    seen = set(model.agents.get("unique_id"))
    while model.running:
        model.step()
        seen |= set(model.agents.get("unique_id"))
        assert model.evaluator.unique_id == identity
    assert identity not in seen


# ------------------------------------------------------------ writing through views


def other_genome(model: PopulationModel, slot: int) -> NDArray[np.int64]:
    """Return a genome that shares nothing with a slot's."""
    held = model.population.beliefs[slot]
    return np.setdiff1d(np.arange(B), held)[:K]


@pytest.mark.parametrize("steps", [0, 1, 4, 8])
def test_written_beliefs_are_scored(steps: int) -> None:
    model = built(steps=steps)
    for slot in (0, 3, N - 1):
        genome = other_genome(model, slot)
        agent = model.agents[slot]
        agent.proxy  # noqa: B018 — scored once before
        agent.beliefs = genome
        assert agent.beliefs.tolist() == genome.tolist()
        assert_scored(model)
    model.agents[1].beliefs = list(map(int, other_genome(model, 1)))
    model.agents[1].beliefs = other_genome(model, 1)
    assert_scored(model)


def test_scores_stay_right_after_writing_in_every_generation() -> None:
    """Children of a rewritten parent inherit its scores, mutants start from them."""
    model = built()
    rng = np.random.default_rng(0)
    while model.running:
        for slot in rng.integers(N, size=4):
            model.agents[int(slot)].beliefs = rng.permutation(B)[:K]
        if model.generation % 2:
            assert_scored(model)
        expected = None
        if model.generation % 3 and model.generation % 4:  # no intervention is due
            expected = from_scratch(model)["proxy"].mean()
        model.step()
        assert_scored(model)
        if expected is not None:
            assert model.log["proxy"].iloc[-1] == pytest.approx(expected, abs=1e-12)


def test_written_genomes_are_counted() -> None:
    model = built(interventions=[], reproduction={})
    model.agents.do(give, np.arange(K))
    model.run()
    assert (model.log["unique_genomes"] == 1).all()
    assert (model.log["fixed_beliefs"] == K).all()
    assert (model.log["proxy_sd"] == 0).all()


def give(agent: ModelAgent, genome: NDArray[np.int64]) -> None:
    agent.beliefs = genome


def test_written_traits_are_inherited_and_recorded() -> None:
    model = built()
    for agent in model.agents:
        agent.capability = 80.0
        agent.schemer = agent.slot == 0
    model.step()
    assert model.log["capability"][0] == pytest.approx(80)
    assert model.log["schemers"][0] == 1 / N
    assert set(model.agents.get("capability")) == {80.0}
    model.agents[0].capability = 0
    assert model.agents[0].capability == 0.0


CHANGES: dict[str, Callable[[PopulationModel], object]] = {
    "nothing": lambda model: None,
    "pressure": lambda model: model.set("deployment.pressure", 3.0),
    "an agent": lambda model: setattr(model.agents[2], "capability", 90.0),
    "stale": lambda model: model.population.forget_scores(),
    "signals": lambda model: model.evaluator.apply(Change(relabelling=Relabelling(0.5, 0.0))),
    "battery": lambda model: model.evaluator.apply(Change(battery=model.evaluator.battery)),
    "a step": PopulationModel.step,
    "a run": PopulationModel.run,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("drift", [0.0, -1.0])
def test_a_trait_population_is_scored_as_it_is(
    change: Callable[[PopulationModel], object], drift: float
) -> None:
    """P = pressure·c/100 and U = ρP, whatever has changed since they were read."""
    model = PopulationModel(
        {
            "generations": 8,
            "population": {"size": N, "beliefs_per_agent": 0},
            "reproduction": {"capability_drift": drift},
        },
        seed=3,
    )
    for _ in range(2):
        assert np.ptp(model.agents.get("proxy")) > 0
        change(model)
        capability = np.array(model.agents.get("capability"))
        expected = model.spec.deployment.pressure * capability / 100
        np.testing.assert_allclose(model.agents.get("proxy"), expected, rtol=0, atol=1e-15)
        worth = expected * model.population.column("alignment")
        np.testing.assert_allclose(model.agents.get("true_value"), worth, rtol=0, atol=1e-15)
        assert not model.population.stale.any()
        if not model.running:
            return
        model.step()


BAD_GENOMES = {
    "too few": np.arange(K - 1),
    "too many": np.arange(K + 1),
    "twice the same": [0, 1, 2, 3, 3],
    "below the range": [-1, 0, 1, 2, 3],
    "above the range": [0, 1, 2, 3, B],
    "no whole numbers": [0.0, 1.0, 2.0, 3.0, 4.0],
    "flags": [True, False, True, False, True],
    "text": "beliefs",
    "one number": 3,
    "nothing": [],
    "a table": [[0, 1, 2, 3, 4]],
}


@pytest.mark.parametrize("genome", BAD_GENOMES.values(), ids=BAD_GENOMES.keys())
def test_a_bad_genome_is_refused(genome: Any) -> None:
    model = built(steps=2)
    before = model.population.beliefs.copy()
    with pytest.raises(ValueError, match=rf"5 different whole numbers in 0\.\.{B - 1}"):
        model.agents[3].beliefs = genome
    assert np.array_equal(model.population.beliefs, before)
    assert_scored(model)


def test_a_genome_is_set_as_a_whole() -> None:
    model = built()
    before = model.population.beliefs.copy()
    with pytest.raises(ValueError, match="read-only"):
        model.agents[0].beliefs[0] = 7
    assert np.array_equal(model.population.beliefs, before)


@pytest.mark.parametrize("value", [-0.1, 100.1, np.nan, np.inf])
def test_a_bad_capability_is_refused(value: float) -> None:
    model = built()
    with pytest.raises(ValueError, match=r"capability must be in 0\.\.100"):
        model.agents[0].capability = value


@pytest.mark.parametrize("value", [0.5, 2, "yes", None])
def test_a_bad_strategy_is_refused(value: Any) -> None:
    model = built()
    with pytest.raises(ValueError, match="schemer must be true or false"):
        model.agents[0].schemer = value


@pytest.mark.parametrize("name", [*SCORES, "lineage", "unique_id"])
def test_what_is_worked_out_cannot_be_set(name: str) -> None:
    model = built()
    with pytest.raises(AttributeError, match=name):
        setattr(model.agents[0], name, 1)


def test_a_model_agent_cannot_be_removed() -> None:
    model = built(steps=1)
    with pytest.raises(RuntimeError, match="fixed size"):
        model.agents[0].remove()
    with pytest.raises(RuntimeError, match="fixed size"):
        model.agents.do("remove")
    assert len(model.agents) == N
    assert model.run().generation == 8


# ------------------------------------------------------------ data collectors


def mean_proxy(model: PopulationModel) -> float:
    return float(np.mean(model.agents.get("proxy")))


def mean_true_value(model: PopulationModel) -> float:
    return float(model.population.column("true_value").mean())


def proxy_of(agent: ModelAgent) -> float:
    return agent.proxy


def questions_of(agent: EvaluatorAgent) -> int:
    return agent.battery.questions


def collector() -> mesa.DataCollector:
    return mesa.DataCollector(
        model_reporters={"proxy": mean_proxy, "true_value": mean_true_value},
        agenttype_reporters={
            ModelAgent: {"proxy": proxy_of},
            EvaluatorAgent: {"questions": questions_of},
        },
    )


def test_data_collector_sees_what_the_record_sees() -> None:
    model = PopulationModel(SPEC, seed=4, datacollector=collector()).run()
    series = model.datacollector.get_model_vars_dataframe()
    assert len(series) == 8
    for name in ("proxy", "true_value"):
        np.testing.assert_allclose(series[name], model.log[name], rtol=0, atol=1e-12)
    agents = model.datacollector.get_agenttype_vars_dataframe(ModelAgent)
    assert len(agents) == 8 * N
    by_step = agents["proxy"].groupby("Step").mean()
    np.testing.assert_allclose(by_step, model.log["proxy"], rtol=0, atol=1e-12)
    assert agents.index.get_level_values("AgentID").is_unique
    questions = model.datacollector.get_agenttype_vars_dataframe(EvaluatorAgent)
    assert questions["questions"].tolist() == model.log["questions"].tolist()


def test_a_data_collector_changes_nothing() -> None:
    collected = PopulationModel(SPEC, seed=4, datacollector=collector()).run()
    pd.testing.assert_frame_equal(collected.log, built(steps=8).log, rtol=0, atol=1e-12)


# ------------------------------------------------------------ pickles and memory


@pytest.mark.parametrize("steps", [0, 1, 3, 4, 8])
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_pickled_model_goes_on_as_if_nothing_had_been(steps: int, looked_at: bool) -> None:
    model = PopulationModel(SPEC, seed=4, datacollector=collector() if looked_at else None)
    for _ in range(steps):
        model.step()
    if looked_at:
        model.agents[1].beliefs = other_genome(model, 1)
    copy = pickle.loads(pickle.dumps(model))
    assert isinstance(copy, PopulationModel)
    assert copy.generation == model.generation
    if steps == 8:
        assert not copy.running
    else:
        model.run()
        copy.run()
    assert copy.log.equals(model.log)
    assert copy.final == pytest.approx(model.final, abs=0, nan_ok=True)
    assert copy.record.events == model.record.events
    assert np.array_equal(copy.population.beliefs, model.population.beliefs)
    assert copy.agents.get("unique_id") == model.agents.get("unique_id")
    assert copy.agents[0].model is copy
    if looked_at and steps:
        one, two = (m.datacollector.get_model_vars_dataframe() for m in (copy, model))
        assert one.equals(two)


@pytest.mark.parametrize("looked_at", [False, True])
def test_a_model_is_let_go_after_its_run(looked_at: bool) -> None:
    """Mesa numbers agents in a table of its own, which must not keep the model alive."""
    model = built(steps=8)
    if looked_at:
        assert len(model.agents) == N
    gone = weakref.ref(model)
    assert model not in getattr(mesa.Agent, "_ids", {})
    del model
    gc.collect()
    assert gone() is None


def test_a_model_that_was_never_run_is_let_go() -> None:
    gone = weakref.ref(built())
    gc.collect()
    assert gone() is None
