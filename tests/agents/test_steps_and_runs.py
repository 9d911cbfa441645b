"""A run is its steps: `run` and a loop of `step` give the same, bit for bit."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from typing import Any

import mesa
import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel
from peckham.agents import model as module
from peckham.agents.evaluation.questions import ROOM
from peckham.agents.generation import STAGES
from peckham.agents.interventions.intervention import (
    Change,
    Circumstances,
    InterventionPart,
    Relabelling,
)
from peckham.agents.measures import record, registry
from peckham.agents.measures.measure import Group, Measure
from peckham.agents.oversight.channels import Channels
from peckham.agents.oversight.scalings.budget import Budget
from peckham.agents.randomness import Streams
from peckham.agents.selection.parentage import Parentage, SelectionPart
from peckham.agents.selection.softmax import Softmax
from peckham.agents.state import CLOCK

GENERATIONS = 45

BELIEFS: dict[str, Any] = {
    "generations": GENERATIONS,
    "population": {"size": 24, "beliefs_per_agent": 8},
    "landscape": {"kind": "clustered", "beliefs": 120},
    "battery": {"kind": "simple", "questions": 20, "held_out": 6},
    "reproduction": {"mutation_rate": 0.03},
}

TRAITS: dict[str, Any] = {
    "generations": GENERATIONS,
    "population": {"size": 24, "beliefs_per_agent": 0},
    "oversight": {"level": 0.4},
    "deployment": {"shift": 0.5},
}

RUNS: dict[str, dict[str, Any]] = {
    "beliefs": BELIEFS,
    "no mutation": {**BELIEFS, "reproduction": {}},
    "every belief held": {**BELIEFS, "population": {"size": 24, "beliefs_per_agent": 120}},
    "high mutation": {**BELIEFS, "reproduction": {"mutation_rate": 0.9}},
    "weights": {**BELIEFS, "battery": {"kind": "similarity", "questions": 20, "held_out": 6}},
    "adversarial": {
        **BELIEFS,
        "reproduction": {"mutation_rate": 0.05, "proposal": {"kind": "adversarial"}},
    },
    "neutral": {**BELIEFS, "selection": {"kind": "neutral"}},
    "moran": {**BELIEFS, "selection": {"kind": "moran"}},
    "fermi": {**BELIEFS, "selection": {"kind": "fermi", "beta": 20.0}},
    "neutral twin of fermi": {**BELIEFS, "selection": {"kind": "fermi"}, "control": "neutral"},
    "neutral twin": {**BELIEFS, "control": "neutral"},
    "one agent": {**BELIEFS, "population": {"size": 1, "beliefs_per_agent": 8}},
    "oversight": {
        **BELIEFS,
        "oversight": {"level": 0.5, "scaling": {"kind": "budget", "audits": 5}},
        "conduct": {"kind": "innate"},
    },
    "two measures": {**BELIEFS, "record": {"measures": ["true_value", "founders_left"]}},
    "published": {**BELIEFS, "record": {"measures": "published"}},
    "everything at once": {
        **BELIEFS,
        "record": {"agents_at": [0, 7, 44]},
        "interventions": [
            {"kind": "adaptive_test", "interval": 6},
            {"kind": "improving_evaluator", "at": [3, 4, 20]},
            {"kind": "set", "at": [9], "path": "selection.beta", "value": 1.0},
            {"kind": "adaptive_test", "name": "late", "at": [30], "scored_on": "value"},
        ],
    },
    **{
        f"interventions on the test, {name}": {
            **BELIEFS,
            **other,
            "interventions": [
                {"kind": "improving_evaluator", "interval": 4},
                {"kind": "adaptive_test", "interval": 3},
                {"kind": "improving_evaluator", "name": "again", "at": [12, 7, 7], "target": -1.0},
            ],
        }
        for name, other in {
            "mutation": {},
            "no mutation": {"reproduction": {}},
            "weights": {"battery": {"kind": "similarity", "questions": 20}},
            "few measures": {"record": {"measures": "published"}},
        }.items()
    },
    "questions on value, then signals": {
        **BELIEFS,
        "interventions": [
            {"kind": "adaptive_test", "at": [0, 10], "scored_on": "value", "max_questions": 21},
            {"kind": "improving_evaluator", "interval": 9, "rate": 0.4},
        ],
    },
    "more questions than there was room for": {
        **BELIEFS,
        "interventions": [
            {"kind": "adaptive_test", "name": name, "max_questions": 70, **when}
            for name, when in {
                "early": {"interval": 2},
                **{f"late_{k}": {"at": [30]} for k in range(ROOM + 4)},
            }.items()
        ],
    },
    "weights, held out and new signals": {
        **BELIEFS,
        "battery": {"kind": "similarity", "questions": 20, "held_out": 6},
        "interventions": [
            {"kind": "improving_evaluator", "interval": 4},
            {"kind": "adaptive_test", "interval": 4},
        ],
    },
    "nothing deceptive": {
        **BELIEFS,
        "landscape": {"kind": "bivariate", "beliefs": 120, "mu_v": 9.0},
        "interventions": [{"kind": "adaptive_test", "interval": 5}],
    },
    "drift of lineages": {
        **BELIEFS,
        "reproduction": {},
        "selection": {"kind": "neutral"},
        "record": {"measures": ["founders_left", "effective_founders", "effective_parents"]},
    },
    "drift of lineages, agents written down": {
        **TRAITS,
        "oversight": {},
        "control": "neutral",
        "record": {"measures": ["effective_founders"], "agents_at": [20, 44]},
    },
    "traits": TRAITS,
    "traits, fermi": {**TRAITS, "selection": {"kind": "fermi"}},
    "traits, few measures": {**TRAITS, "record": {"measures": ["proxy", "schemers"]}},
    "adversarial, crowded": {
        **BELIEFS,
        "population": {"size": 20, "beliefs_per_agent": 60},
        "reproduction": {"mutation_rate": 0.6, "proposal": {"kind": "adversarial"}},
        "interventions": [
            {"kind": "adaptive_test", "interval": 2},
            {"kind": "improving_evaluator", "at": [9]},
        ],
    },
    "tournament": {**BELIEFS, "selection": {"kind": "tournament", "entrants": 3}},
    "truncation": {**BELIEFS, "selection": {"kind": "truncation", "share": 0.5}},
    "recombination": {
        **BELIEFS,
        "reproduction": {"mutation_rate": 0.03, "recombination_rate": 0.3},
    },
    "recombination, moran": {
        **BELIEFS,
        "selection": {"kind": "moran"},
        "reproduction": {"recombination_rate": 1.0},
    },
    "capability drifts": {
        **BELIEFS,
        "reproduction": {"capability_drift": 1.0, "capability_sd": 2.0},
    },
    "alleles flip": {**BELIEFS, "reproduction": {"strategy_flip_rate": 0.1}},
    "assortment": {**BELIEFS, "conduct": {"allele_assortment": 0.5}},
    "sampled": {**BELIEFS, "oversight": {"level": 0.5}, "conduct": {"episodes": "sampled"}},
    "removal": {
        **BELIEFS,
        "oversight": {"level": 0.8, "sanction": "removal", "false_positive_rate": 0.3},
        "conduct": {"episodes": "sampled", "allele_assortment": 0.3},
        "reproduction": {"mutation_rate": 0.03, "recombination_rate": 0.3},
    },
    "proportional": {**BELIEFS, "oversight": {"level": 0.5, "scaling": "proportional"}},
    "responsive": {
        **BELIEFS,
        "oversight": {"level": 0.3},
        "interventions": [{"kind": "responsive_oversight", "gain": 4.0}],
    },
    "triggers": {
        **BELIEFS,
        "interventions": [
            {"kind": "adaptive_test", "when": {"measure": "proxy", "above": 0.3}},
            {"kind": "improving_evaluator", "when": {"measure": "proxy_sd", "below": 0.1}},
            {"kind": "set", "at": [20], "path": "selection.beta", "value": 0.0},
        ],
    },
    "interventions on shared dates": {
        **BELIEFS,
        "record": {"agents_at": [6, 12]},
        "oversight": {"level": 0.2},
        "interventions": [
            {"kind": "adaptive_test", "interval": 6},
            {"kind": "improving_evaluator", "at": [6, 12], "form": "exact"},
            {"kind": "set", "at": [6, 7], "path": "oversight.level", "value": 0.6},
            {"kind": "set", "name": "off", "at": [12], "path": "oversight.level", "value": 0.0},
            {
                "kind": "set",
                "name": "mix",
                "at": [12],
                "path": "conduct.allele_assortment",
                "value": 0.5,
            },
        ],
    },
    "episodes are sampled from 9 on": {
        **BELIEFS,
        "oversight": {"level": 0.4},
        "interventions": [
            {"kind": "set", "at": [9], "path": "conduct.episodes", "value": "sampled"}
        ],
    },
    "more events than there is room for": {
        **BELIEFS,
        "generations": 400,
        "population": {"size": 3, "beliefs_per_agent": 2},
        "reproduction": {"mutation_rate": 0.4},
    },
    "traits that change": {
        **TRAITS,
        "reproduction": {
            "alignment_sd": 0.2,
            "capability_sd": 3.0,
            "strategy_flip_rate": 0.1,
            "recombination_rate": 0.3,
        },
        "conduct": {"episodes": "sampled", "allele_assortment": 0.4},
    },
    "traits that soon are those of clones": {
        **TRAITS,
        "population": {
            "size": 8,
            "beliefs_per_agent": 0,
            "alignment": {"mean": -1.0, "sd": 0.0},
            "capability": {"mean": 100.0, "sd": 0.0},
            "schemers": 0.3,
        },
        "record": {"measures": ["schemers", "delivered", "deceiving"]},
    },
}


def by_steps(model: PopulationModel) -> PopulationModel:
    """Run a model step by step."""
    while model.running:
        model.step()
    return model


def assert_same(one: PopulationModel, other: PopulationModel) -> None:
    """Hold two models to each other: all that they recorded, and all that they are."""
    pd.testing.assert_frame_equal(one.log, other.log, check_exact=True)
    assert one.record.events == other.record.events
    np.testing.assert_equal(one.final, other.final)
    np.testing.assert_equal(one.record.snapshots, other.record.snapshots)
    assert one.schedule.times_applied == other.schedule.times_applied
    assert one.schedule.last_applied == other.schedule.last_applied
    for attribute in ("start", "question", "weight", "on_value"):
        np.testing.assert_array_equal(
            getattr(one.evaluator.battery, attribute), getattr(other.evaluator.battery, attribute)
        )
    for attribute in ("value", "signal", "signal0"):
        np.testing.assert_array_equal(
            getattr(one.landscape, attribute), getattr(other.landscape, attribute)
        )
    assert_same_agents(one, other)


def assert_same_agents(one: PopulationModel, other: PopulationModel) -> None:
    """Hold two models to each other: who is there, and where every stream stands."""
    assert (one.generation, one.running) == (other.generation, other.running)
    for model in (one, other):
        model.evaluator.score()
    for attribute in ("genotype", "unshared", "lineage", "unique_id", "beliefs", "fingerprint"):
        np.testing.assert_array_equal(
            getattr(one.population, attribute), getattr(other.population, attribute)
        )
    traits = [m.population.genotypes.traits[m.population.genotype] for m in (one, other)]
    np.testing.assert_array_equal(*traits)
    for name in CLOCK.fields or ():
        np.testing.assert_equal(*(m.state.arrays.clock[name] for m in (one, other)))
    np.testing.assert_array_equal(one.evaluator.assessed, other.evaluator.assessed)
    np.testing.assert_array_equal(one.evaluator.channels, other.evaluator.channels)
    for name in (*Streams._fields, "deployment"):
        mine, theirs = (m.stream(name).bit_generator.state for m in (one, other))
        assert mine == theirs, name


# ------------------------------------------------------------ the same, however it is run


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_its_steps(name: str, seed: int) -> None:
    whole, stepped = PopulationModel(RUNS[name], seed), PopulationModel(RUNS[name], seed)
    assert_same(whole.run(), by_steps(stepped))
    assert whole.steps == stepped.steps == whole.generations


@pytest.mark.parametrize("name", ["beliefs", "everything at once", "removal", "traits"])
def test_a_run_goes_on_from_any_step(name: str) -> None:
    model, stepped = PopulationModel(RUNS[name], 3), PopulationModel(RUNS[name], 3)
    for _ in range(9):
        model.step()
        stepped.step()
    assert_same_agents(model, stepped)
    assert_same(model.run(), by_steps(stepped))


@pytest.mark.parametrize("first", [1, 6, 13, 1000])
@pytest.mark.parametrize("longest", [0.0, 1.0])
def test_it_does_not_matter_how_many_generations_one_call_takes(
    first: int, longest: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = RUNS["interventions on the test, mutation"]
    stepped = by_steps(PopulationModel(spec, 1))
    monkeypatch.setattr(module, "FIRST", first)
    monkeypatch.setattr(module, "LONGEST", longest)
    assert_same(PopulationModel(spec, 1).run(), stepped)


@pytest.mark.parametrize("name", ["beliefs", "everything at once", "removal", "traits"])
def test_a_profile_runs_the_model_and_times_each_stage(name: str) -> None:
    model = PopulationModel(RUNS[name], 2)
    model.step()
    times = model.profile()
    assert times.index.tolist() == [*STAGES]
    assert (times["seconds"] > 0).all()
    assert times["share"].sum() == pytest.approx(1.0)
    assert_same(model, by_steps(PopulationModel(RUNS[name], 2)))


def test_there_is_no_room_for_more_generations_than_were_asked_for() -> None:
    for go_on in (PopulationModel.run, by_steps, PopulationModel.profile):
        model = PopulationModel(BELIEFS, 1)
        model.generations += 100
        with pytest.raises(IndexError):
            go_on(model)


@pytest.mark.parametrize("stored", [0, 24 * 22])
def test_questions_are_added_where_sums_are_not_stored(
    stored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peckham.agents.evaluation.questions.STORED", stored)
    spec = RUNS["interventions on the test, mutation"]
    assert_same(PopulationModel(spec, 1).run(), by_steps(PopulationModel(spec, 1)))


def test_arrays_of_ones_own_may_be_read_only() -> None:
    spec = RUNS["interventions on the test, no mutation"]
    model = PopulationModel(spec, 1)
    landscape, battery = model.landscape, model.evaluator.battery
    before = landscape.signal.copy(), battery.start.copy()
    for array in (*vars(landscape).values(), *vars(battery).values()):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    assert_same(model.run(), by_steps(PopulationModel(spec, 1)))
    np.testing.assert_array_equal(landscape.signal, before[0])
    np.testing.assert_array_equal(battery.start, before[1])


def test_the_largest_numbers_are_the_same_either_way() -> None:
    spec = {
        "generations": 6,
        "population": {"size": 6, "beliefs_per_agent": 1},
        "landscape": {
            "kind": "bivariate", "beliefs": 120,
            "mu_v": -1e150, "mu_a": 1e150, "sigma_v": 0.0, "sigma_a": 0.0,
        },
        "battery": {"kind": "simple", "questions": 3, "density": 1.0},
    }  # fmt: skip
    model = PopulationModel(spec, 1).run()
    assert model.log["fitness"].tolist() == model.log["proxy"].tolist()
    assert_same(model, by_steps(PopulationModel(spec, 1)))


# ------------------------------------------------------------ parts in Python


class FirstIsParent(SelectionPart):
    """A rule in which all but slot 0 descend from an agent near the first that may have children.

    Second parents are drawn by the same rule.
    """

    kind: str = "first_is_parent"

    def select(self, fitness: Any, rng: Any, removed: Any = None) -> Parentage:
        """Draw one of the first three that may have children for each slot."""
        size = fitness.size
        left = np.arange(size) if removed is None else np.flatnonzero(~removed)
        parents = rng.choice(left[:3], size).astype(np.int32)
        born = np.arange(size) > 0
        parents[0] = 0
        return Parentage(parents, born, None)


class Halved(Softmax):
    """A built-in rule with a user-defined operator, which has expected offspring."""

    def select(self, fitness: Any, rng: Any, removed: Any = None) -> Parentage:
        """Select by half the fitness."""
        return super().select(0.5 * fitness, rng, removed)


class Keen(Budget):
    """A user-defined scaling that looks at capability."""

    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the level in proportion to capability."""
        return channels._replace(level=capability / 100.0, audit=min(1.0, capability / 200.0))


class Doubling(InterventionPart):
    """A user-defined intervention with its own schedule."""

    kind: str = "doubling"

    def is_due(self, generation: int, measured: Callable[[str, int], float]) -> bool:
        """Return whether the last row had more proxy than value."""
        last = generation - 1
        return last > 2 and measured("proxy", last) > measured("true_value", last) + 0.1

    def change(self, circumstances: Circumstances) -> Change:
        """Change the signals, the battery and a parameter."""
        rng = np.random.default_rng(circumstances.generation)
        held = circumstances.held
        battery = circumstances.battery.with_question(
            held & (rng.random(held.size) < 0.5), scored_on="signal"
        )
        return Change(
            battery=battery,
            relabelling=Relabelling(0.9, 0.1, 0.01),
            settings={"selection.beta": 1.0 + circumstances.times_applied},
        )


def with_parts(raw: dict[str, Any], **parts: Any) -> Any:
    """Return a spec with parts that are not registered."""
    spec = PopulationModel(raw, 1).spec
    for name, part in parts.items():
        if name == "scaling":
            block = spec.oversight.model_copy(update={"scaling": part})
            spec = spec.model_copy(update={"oversight": block})
        else:
            spec = spec.model_copy(update={name: part})
    return spec


OWN: dict[str, Callable[[], Any]] = {
    "a rule": lambda: with_parts(BELIEFS, selection=FirstIsParent()),
    "a rule, merging and removal": lambda: with_parts(RUNS["removal"], selection=FirstIsParent()),
    "a rule, neutral twin": lambda: with_parts(RUNS["neutral twin"], selection=FirstIsParent()),
    "a rule that is half ours": lambda: with_parts(RUNS["everything at once"], selection=Halved()),
    "a scaling": lambda: with_parts(
        {**BELIEFS, "oversight": {"level": 0.4}}, scaling=Keen(kind="budget", audits=5)
    ),
    "an intervention": lambda: with_parts(
        BELIEFS, interventions=[Doubling(name="doubling", at=[1])]
    ),
    "everything": lambda: with_parts(
        RUNS["removal"], selection=FirstIsParent(), scaling=Keen(kind="budget", audits=5)
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_a_run_with_parts_in_python_is_its_steps(name: str) -> None:
    spec = OWN[name]()
    model = PopulationModel(spec, 1).run()
    assert_same(model, by_steps(PopulationModel(spec, 1)))


def test_a_rule_in_python_is_asked_for_parents() -> None:
    model = PopulationModel(OWN["a rule"](), 1).run()
    assert model.population.unique_id[0] == 1
    assert model.log["founders_left"].iloc[-1] <= 3
    assert model.log["effective_parents"].isna().all()
    ours, own = PopulationModel(BELIEFS, 1), PopulationModel(OWN["a rule that is half ours"](), 1)
    ours.step()
    own.step()
    assert own.log["effective_parents"][0] > ours.log["effective_parents"][0]


def test_a_scaling_in_python_sees_capability() -> None:
    model = PopulationModel(OWN["a scaling"](), 1).run()
    capability = model.log["capability"].iloc[-1]
    assert model.evaluator.channels.level == pytest.approx(capability / 100.0, rel=1e-12)
    np.testing.assert_allclose(
        model.log["oversight_level"], model.log["capability"] / 100.0, rtol=1e-12
    )


def test_an_intervention_in_python_decides_when_it_is_due() -> None:
    log = PopulationModel(OWN["an intervention"](), 1).run().log
    gained = log["questions"].diff().fillna(0) > 0
    due = (log["proxy"] > log["true_value"] + 0.1).shift(fill_value=False) & (log.index > 3)
    assert 0 < due.sum() < len(log)
    assert gained.tolist() == due.tolist()


class OwnMeasure(Group):
    """User-defined measures."""

    measures = (Measure("own_generation", "the generation", "count"),
                Measure("own_spread", "the spread of capability", "points"),
                Measure("own_never", "what is never written", "score"))  # fmt: skip

    def __init__(self) -> None:
        self.seen = 0

    def observe(self, state: Any, row: dict[str, float]) -> None:
        """Write down the generation, and what the agents are."""
        self.seen += 1
        row["own_generation"] = float(state.generation)
        row["own_spread"] = float(np.ptp(state.population.column("capability")))

    def close(self, state: Any) -> dict[str, float]:
        """Return how often it was asked."""
        return {"own_generation": float(self.seen)}


@pytest.fixture
def own_group(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the group where the registry finds those of its folder."""
    caches = (registry.groups, registry.found, record.layout)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(OwnMeasure, "__module__", "peckham.agents.measures.own")
        for cached in caches:
            cached.cache_clear()
        yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize("measures", ["all", ["own_generation", "own_spread", "own_never"]])
def test_a_group_of_measures_in_python_is_taken_in_each_generation(
    measures: Any, own_group: None
) -> None:
    spec = {**BELIEFS, "record": {"measures": measures}}
    model, stepped = PopulationModel(spec, 1).run(), by_steps(PopulationModel(spec, 1))
    assert_same(model, stepped)
    assert model.log["own_generation"].tolist() == list(range(GENERATIONS))
    assert model.log["own_spread"].iloc[0] > 0
    assert model.log["own_never"].isna().all()
    assert model.final["own_generation"] == GENERATIONS
    others = [name for name in model.log if not name.startswith("own_")]
    without = PopulationModel(BELIEFS, 1).run().log
    pd.testing.assert_frame_equal(model.log[others], without[others], check_exact=True)


def collector() -> mesa.DataCollector:
    return mesa.DataCollector(
        model_reporters={"generation": "generation", "proxy": proxy_of_all},
        agent_reporters={"fitness": "fitness"},
    )


def proxy_of_all(model: PopulationModel) -> float:
    return float(model.population.column("proxy").mean())


@pytest.mark.parametrize("name", ["beliefs", "everything at once", "traits"])
def test_a_data_collector_sees_in_a_run_what_it_sees_in_steps(name: str) -> None:
    spec = {**RUNS[name], "generations": 46}
    models = [PopulationModel(spec, 1, datacollector=collector()) for _ in range(2)]
    assert_same(models[0].run(), by_steps(models[1]))
    for frame in ("get_model_vars_dataframe", "get_agent_vars_dataframe"):
        mine, theirs = (getattr(model.datacollector, frame)() for model in models)
        pd.testing.assert_frame_equal(mine, theirs, check_exact=True)
    seen = models[0].datacollector.get_model_vars_dataframe()
    assert seen["generation"].tolist() == list(range(46))
    np.testing.assert_allclose(seen["proxy"], models[0].log["proxy"], rtol=1e-12)


# ------------------------------------------------------------ interruptions and pickles

INTERRUPTED: dict[str, Callable[[], Any]] = {
    "beliefs": lambda: BELIEFS,
    "traits": lambda: TRAITS,
    "removal": lambda: RUNS["removal"],
    "shared dates": lambda: RUNS["interventions on shared dates"],
    "everything at once": lambda: RUNS["everything at once"],
    "a rule in Python": lambda: with_parts(RUNS["removal"], selection=FirstIsParent()),
    "a scaling in Python": OWN["a scaling"],
    "triggers": lambda: RUNS["triggers"],
}


class Interrupted:
    """A compiled function of the model after which Ctrl-C is heard now and then."""

    def __init__(self, function: Any, every: int) -> None:
        self.function, self.every, self.calls, self.heard = function, every, 0, 0

    def __call__(self, *arguments: Any) -> None:
        self.function(*arguments)
        self.calls += 1
        if self.calls % self.every == 0:
            self.heard += 1
            raise KeyboardInterrupt


@pytest.mark.parametrize("go_on", [PopulationModel.run, PopulationModel.step])
@pytest.mark.parametrize("name", INTERRUPTED)
@pytest.mark.parametrize("function", ["advance", "perform", "pass_on"])
def test_ctrl_c_leaves_a_model_that_goes_on(
    function: str, name: str, go_on: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is heard when compiled code returns."""
    spec = INTERRUPTED[name]()
    whole = PopulationModel(spec, 1).run()
    monkeypatch.setattr(module, "FIRST", 7)
    interrupted = Interrupted(getattr(module, function), 3)
    monkeypatch.setattr(module, function, interrupted)
    model = PopulationModel(spec, 1)
    for _ in range(1000):
        try:
            while model.running:
                go_on(model)
            break
        except KeyboardInterrupt:
            pass
    if function == "advance":
        assert interrupted.heard > 0
    assert_same(model, whole)


@pytest.mark.parametrize("go_on", [PopulationModel.run, PopulationModel.step])
def test_ctrl_c_at_the_end_leaves_a_model_that_ends(
    go_on: Callable[[Any], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PopulationModel(BELIEFS, 1)
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(module, "advance", Interrupted(module.advance, 1))
        with pytest.raises(KeyboardInterrupt):
            model.run()
    assert model.running
    assert model.generation == GENERATIONS
    assert not model.final
    go_on(model)
    assert_same(model, PopulationModel(BELIEFS, 1).run())


def test_an_intervention_is_applied_once_whatever_interrupts_the_next_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = RUNS["interventions on shared dates"]
    whole = PopulationModel(spec, 1).run()
    model = PopulationModel(spec, 1)
    kind = type(whole.spec.interventions[1])
    change = kind.change

    def interrupted(*_: Any) -> Change:
        raise KeyboardInterrupt

    for generation in (6, 12):
        monkeypatch.setattr(kind, "change", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.run()
        assert model.generation == generation
        monkeypatch.setattr(kind, "change", change)
        model.step()
    assert_same(model.run(), whole)


@pytest.mark.parametrize("name", INTERRUPTED)
def test_a_model_that_is_pickled_in_the_middle_goes_on(name: str) -> None:
    spec = INTERRUPTED[name]()
    model = PopulationModel(spec, 1)
    for steps in (0, 1, 6, 7, 20):
        while model.generation < steps:
            model.step()
        copy = pickle.loads(pickle.dumps(model))
        assert_same_agents(copy, model)
    assert_same(copy.run(), by_steps(model))


def test_a_model_that_is_pickled_after_ctrl_c_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the middle of a generation."""
    spec = RUNS["interventions on shared dates"]
    whole = PopulationModel(spec, 1).run()
    monkeypatch.setattr(module, "perform", Interrupted(module.perform, 4))
    model = PopulationModel(spec, 1)
    with pytest.raises(KeyboardInterrupt):
        model.run()
    assert 0 < model.generation < model.generations
    monkeypatch.undo()
    assert_same(pickle.loads(pickle.dumps(model)).run(), whole)
