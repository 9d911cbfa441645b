"""Generations that are run many at a time are those that `step` runs one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel
from peckham.agents import model as module
from peckham.agents import stretch as stretches
from peckham.agents.evaluation.evaluator import EvaluatorAgent
from peckham.agents.evaluation.examination import ROOM
from peckham.agents.interventions.adaptive_test import AdaptiveTest
from peckham.agents.interventions.improving_evaluator import ImprovingEvaluator
from peckham.agents.interventions.intervention import Change, Circumstances, InterventionPart
from peckham.agents.measures.book import KNOWN
from peckham.agents.measures.measure import Group, Measure
from peckham.agents.measures.record import Record
from peckham.agents.measures.registry import GROUPS
from peckham.agents.measures.tally import Tally
from peckham.agents.oversight.channels import Channels
from peckham.agents.oversight.scalings.budget import Budget
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.population.columns import COLUMNS
from peckham.agents.randomness import BLOCK
from peckham.agents.reproduction.mutation import most_numbers
from peckham.agents.schedule import schedule_of
from peckham.agents.selection.parentage import Parentage
from peckham.agents.selection.softmax import Softmax

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

COMMON: dict[str, dict[str, Any]] = {
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
    "more questions than there is room for": {
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
}


def by_steps(spec: dict[str, Any], seed: int) -> PopulationModel:
    """Run a model step by step."""
    model = PopulationModel(spec, seed)
    while model.running:
        model.step()
    return model


def lengths_of(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have it noted how many generations each stretch takes."""
    lengths: list[int] = []
    stretch = module.stretch

    def noted(model: PopulationModel, *arguments: Any) -> bool:
        before = model.generation
        is_over = stretch(model, *arguments)
        lengths.append(model.generation - before)
        return is_over

    monkeypatch.setattr(module, "stretch", noted)
    return lengths


def assert_same(one: PopulationModel, other: PopulationModel) -> None:
    """Hold two models to each other, all that they recorded and all that they are."""
    pd.testing.assert_frame_equal(one.log, other.log, check_exact=True)
    assert one.record.events == other.record.events
    np.testing.assert_equal(one.final, other.final)
    assert len(one.record.snapshots) == len(other.record.snapshots)
    for a, b in zip(one.record.snapshots, other.record.snapshots, strict=True):
        np.testing.assert_equal(a, b)
    assert one.generation == other.generation
    assert one.times_applied == other.times_applied
    assert one.evaluator.caught == other.evaluator.caught
    np.testing.assert_array_equal(*(np.sort(m.population.beliefs, axis=None) for m in (one, other)))
    for attribute in ("start", "question", "weight", "on_value"):
        np.testing.assert_array_equal(
            getattr(one.evaluator.battery, attribute), getattr(other.evaluator.battery, attribute)
        )
    for attribute in ("value", "signal", "signal0", "deceptive"):
        np.testing.assert_array_equal(
            getattr(one.landscape, attribute), getattr(other.landscape, attribute)
        )


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", COMMON)
def test_stretches_are_steps(name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = lengths_of(monkeypatch)
    whole = PopulationModel(COMMON[name], seed).run()
    assert lengths
    assert_same(whole, by_steps(COMMON[name], seed))


@pytest.mark.parametrize(
    ("name", "measures"),
    [
        ("beliefs", "all"),
        ("traits", "all"),
        ("fermi", "all"),
        ("drift of lineages", ["founders_left"]),
    ],
)
def test_a_stretch_leaves_the_model_as_steps_do(name: str, measures: Any) -> None:
    """In the middle: who is there, what they are worth, and where every stream stands."""
    spec = {**COMMON[name], "record": {"measures": measures}}
    one, other = PopulationModel(spec, 5), PopulationModel(spec, 5)
    schedule = schedule_of(one)
    assert schedule is not None
    while one.generation < 31:
        module.stretch(one, schedule, 31, False)
    for _ in range(31):
        other.step()
    other.evaluator.score()  # a stretch scores the newborn, a step leaves that to the next
    assert one.steps == other.steps == 31
    assert one.next_id == other.next_id
    for name in ("clone", "own", "lineage", "unique_id", "beliefs", "genome", "stale"):
        np.testing.assert_array_equal(
            getattr(one.population, name), getattr(other.population, name)
        )
    for column in COLUMNS:
        mine, theirs = one.population.column(column), other.population.column(column)
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(one.evaluator.scores, other.evaluator.scores)
    assert one.evaluator.caught == other.evaluator.caught
    np.testing.assert_equal(one.evaluator.channels, other.evaluator.channels)
    for stream in ("selection", "mutation"):
        if stream == "mutation" and spec.get("reproduction"):
            np.testing.assert_array_equal(one.mutation.ahead(9)[:9], other.mutation.ahead(9)[:9])
        else:
            assert one.stream(stream).random() == other.stream(stream).random()
    while one.running:
        one.step()
    assert_same(one, other.run())


def test_it_may_be_stepped_first() -> None:
    model = PopulationModel(BELIEFS, 3)
    for _ in range(7):
        model.step()
    assert_same(model.run(), by_steps(BELIEFS, 3))


def test_a_stretch_ends_where_anything_is_due(monkeypatch: pytest.MonkeyPatch) -> None:
    """Anything but what it carries out itself."""
    lengths = lengths_of(monkeypatch)
    spec = {
        **BELIEFS,
        "record": {"agents_at": [20]},
        "interventions": [
            {"kind": "adaptive_test", "at": [0, 3, 5, 25]},
            {"kind": "improving_evaluator", "at": [4]},
            {"kind": "improving_evaluator", "name": "exact", "at": [5, 12], "form": "exact"},
            {"kind": "set", "at": [30], "path": "oversight.level", "value": 0.5},
        ],
    }
    PopulationModel(spec, 1).run()
    # 20 and 30 are steps: what is set may be anything, and agents are looked at
    assert lengths == [5, 7, 8, 9, 14]


def test_a_stretch_ends_before_signals_change_that_proposals_look_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lengths = lengths_of(monkeypatch)
    spec = {
        **COMMON["adversarial"],
        "interventions": [
            {"kind": "adaptive_test", "interval": 2},
            {"kind": "improving_evaluator", "at": [9]},
        ],
    }
    assert_same(PopulationModel(spec, 1).run(), by_steps(spec, 1))
    assert lengths == [9, GENERATIONS - 9]


@pytest.mark.parametrize("kind", [AdaptiveTest, ImprovingEvaluator])
def test_a_change_of_ones_own_is_asked_for(
    kind: type[InterventionPart], monkeypatch: pytest.MonkeyPatch
) -> None:
    change, calls = kind.change, []

    def noted(self: Any, circumstances: Circumstances) -> Change:
        calls.append(circumstances.generation)
        return change(self, circumstances)

    spec = {**BELIEFS, "interventions": [{"kind": kind.model_fields["kind"].default, "at": [4, 9]}]}
    PopulationModel(spec, 1).run()
    assert not calls
    monkeypatch.setattr(kind, "change", noted)
    PopulationModel(spec, 1).run()
    assert calls == [4, 9]


def test_more_events_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = {
        **BELIEFS,
        "generations": 400,
        "population": {"size": 3, "beliefs_per_agent": 2},
        "reproduction": {"mutation_rate": 0.4},
    }
    lengths = lengths_of(monkeypatch)
    whole = PopulationModel(spec, 1).run()
    assert len(lengths) > 1
    assert len(whole.record.events) > 100
    assert_same(whole, by_steps(spec, 1))


def test_a_long_stretch_is_cut_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is heard between calls."""
    lengths = lengths_of(monkeypatch)
    model = PopulationModel(BELIEFS, 1)
    model.at_once = 6
    model.run()
    assert lengths == [6, 12, 24, 3]
    monkeypatch.setattr("peckham.agents.stretch.LONGEST", 0.0)
    slow = PopulationModel(BELIEFS, 1)
    slow.at_once = 30
    slow.run()
    assert lengths[4:18] == [30] + 13 * [1]
    assert_same(model, by_steps(BELIEFS, 1))
    assert_same(slow, model)


class OwnRule(Softmax):
    """A rule with a selection of its own: all descend from the first."""

    def select(self, fitness: Any, rng: Any, removed: Any = None) -> Parentage:
        """Let the first be everybody's parent."""
        size = fitness.size
        return Parentage(np.zeros(size, np.int32), np.ones(size, np.bool_), None)


class OwnModel(PopulationModel):
    """A model with a step of its own."""

    def step(self) -> None:
        """Do what others do."""
        super().step()


class OwnEvaluator(EvaluatorAgent):
    """An evaluator with a fitness of its own."""

    def evaluate(self) -> Any:
        """Find everybody equally fit."""
        return np.zeros_like(super().evaluate())


@pytest.mark.parametrize(
    "change",
    [
        {"selection": {"kind": "tournament", "entrants": 3}},
        {"selection": {"kind": "truncation", "share": 0.5}},
        {"reproduction": {"recombination_rate": 0.3}},
        {"reproduction": {"capability_drift": 1.0}},
        {"reproduction": {"capability_sd": 1.0}},
        {"reproduction": {"strategy_flip_rate": 0.1}},
        {"conduct": {"allele_assortment": 0.5}},
        {"interventions": [{"kind": "adaptive_test", "when": {"measure": "proxy", "above": 9.0}}]},
        {"conduct": {"episodes": "sampled"}},
        {"oversight": {"level": 0.5, "scaling": "proportional"}},
    ],
    ids=str,
)
def test_what_is_out_of_the_common_is_stepped(
    change: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = lengths_of(monkeypatch)
    PopulationModel({**BELIEFS, **change}, 1).run()
    assert not lengths


def test_nobodys_own_way_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule, a model or an evaluator of one's own, or a method replaced in one of them."""
    lengths = lengths_of(monkeypatch)
    spec = PopulationModel(BELIEFS, 1).spec
    own = spec.model_copy(update={"selection": OwnRule()})
    assert PopulationModel(own, 1).run().log["founders_left"].iloc[-1] == 1
    OwnModel(BELIEFS, 1).run()
    model = PopulationModel(BELIEFS, 1)
    model.evaluator.__class__ = OwnEvaluator
    model.run()
    assert model.log["effective_parents"].tolist() == pytest.approx(GENERATIONS * [24.0])
    assert not lengths


@pytest.mark.parametrize("name", ["step", "intervene", "select", "reproduce", "stream"])
def test_what_was_replaced_on_a_model_is_called(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = lengths_of(monkeypatch)
    model, calls = PopulationModel(BELIEFS, 1), []
    before = getattr(model, name)

    def noted(*arguments: Any) -> Any:
        calls.append(name)
        return before(*arguments)

    setattr(model, name, noted)
    model.run()
    assert len(calls) >= GENERATIONS
    assert not lengths


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (PopulationModel, "select"),
        (EvaluatorAgent, "evaluate"),
        (Record, "observe"),
        (Tally, "observe"),
        (Softmax, "select"),
    ],
)
def test_what_was_replaced_in_a_class_is_called(
    owner: type, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = lengths_of(monkeypatch)
    before, calls = getattr(owner, name), []

    def noted(*arguments: Any) -> Any:
        calls.append(name)
        return before(*arguments)

    monkeypatch.setattr(owner, name, noted)
    PopulationModel(BELIEFS, 1).run()
    assert len(calls) >= GENERATIONS
    assert not lengths


def test_there_is_room_for_the_numbers_of_a_child_whatever_steps_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A step draws as many as it needs; a weighted proposal may need thousands for one child."""
    spec: dict[str, Any] = {
        "generations": 40,
        "population": {"size": 30, "beliefs_per_agent": 100},
        "landscape": {"beliefs": 200},
        "reproduction": {"mutation_rate": 0.6, "proposal": {"kind": "adversarial"}},
        "record": {"agents_at": [5, 6, 15, 16, 25]},
    }
    model, rooms, evolve = PopulationModel(spec, 1), [], stretches.evolve

    def noted(*arguments: Any) -> None:
        rooms.append(model.mutation.drawn.size)
        evolve(*arguments)

    monkeypatch.setattr(stretches, "evolve", noted)
    assert_same(model.run(), by_steps(spec, 1))
    assert len(rooms) >= 4
    assert min(rooms) >= most_numbers(100) > BLOCK


def interrupt(model: PopulationModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run a model until Ctrl-C is heard, which is when compiled code returns."""
    evolve = stretches.evolve

    def interrupted(*arguments: Any) -> None:
        evolve(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(stretches, "evolve", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.run()


@pytest.mark.parametrize("name", ["beliefs", "traits", "interventions on the test, mutation"])
def test_ctrl_c_leaves_a_model_that_goes_on(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was done yet with what came of the call."""
    model = PopulationModel(COMMON[name], 1)
    model.at_once = 17
    interrupt(model, monkeypatch)
    assert model.generation == 17
    assert_same(model.run(), by_steps(COMMON[name], 1))


@pytest.mark.parametrize("go_on", [PopulationModel.run, PopulationModel.step])
def test_ctrl_c_in_the_last_stretch_leaves_a_model_that_ends(
    go_on: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = PopulationModel(BELIEFS, 1)
    interrupt(model, monkeypatch)
    assert model.running
    assert not model.final
    go_on(model)
    assert_same(model, by_steps(BELIEFS, 1))


def test_what_was_applied_before_ctrl_c_is_not_applied_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = {
        **BELIEFS,
        "interventions": [
            {"kind": "improving_evaluator", "at": [0, 9], "form": "exact"},
            {"kind": "adaptive_test", "at": [9, 12]},
        ],
    }
    model = PopulationModel(spec, 1)

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    for generation in (0, 9):
        monkeypatch.setattr(stretches, "evolve", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.run()
        assert model.generation == generation
        monkeypatch.undo()
        while model.generation < 9:
            model.step()
    assert_same(model.run(), by_steps(spec, 1))


@pytest.mark.parametrize("first", [1, 6, 12, 13])
def test_questions_are_added_at_the_edge_of_a_call(first: int) -> None:
    spec = COMMON["interventions on the test, mutation"]
    model = PopulationModel(spec, 1)
    model.at_once = first
    assert_same(model.run(), by_steps(spec, 1))


@pytest.mark.parametrize("stored", [0, 24 * 22])
def test_questions_are_added_where_sums_are_not_kept(
    stored: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peckham.agents.evaluation.examination.STORED", stored)
    spec = COMMON["interventions on the test, mutation"]
    assert_same(PopulationModel(spec, 1).run(), by_steps(spec, 1))


def test_arrays_of_ones_own_may_be_read_only() -> None:
    spec = COMMON["interventions on the test, no mutation"]
    model = PopulationModel(spec, 1)
    landscape, battery = model.landscape, model.evaluator.battery
    before = landscape.signal.copy(), battery.start.copy()
    for array in (*vars(landscape).values(), *vars(battery).values()):
        if isinstance(array, np.ndarray):
            array.flags.writeable = False
    assert_same(model.run(), by_steps(spec, 1))
    np.testing.assert_array_equal(landscape.signal, before[0])
    np.testing.assert_array_equal(battery.start, before[1])


class Keen(Budget):
    """A scaling of one's own that looks at capability."""

    def scaled(self, channels: Channels, capability: float, agents: int) -> Channels:
        """Return the level in proportion to capability."""
        return channels._replace(level=capability / 100.0)


def test_a_scaling_of_ones_own_sees_capability(monkeypatch: pytest.MonkeyPatch) -> None:
    lengths = lengths_of(monkeypatch)
    spec = PopulationModel({**BELIEFS, "oversight": {"level": 0.4}}, 1).spec
    own = spec.oversight.model_copy(update={"scaling": Keen(kind="budget", audits=5)})
    model = PopulationModel(spec.model_copy(update={"oversight": own}), 1).run()
    capability = model.population.column("capability").mean()
    assert model.evaluator.channels.level == pytest.approx(capability / 100.0)
    assert not lengths


def test_there_is_no_room_for_more_generations_than_were_asked_for() -> None:
    model = PopulationModel(BELIEFS, 1)
    model.generations += 100
    with pytest.raises(IndexError):
        model.run()


def test_what_no_float_holds_is_the_same_either_way() -> None:
    spec = {
        "generations": 6,
        "population": {"size": 6, "beliefs_per_agent": 1},
        "landscape": {
            "kind": "bivariate", "beliefs": 120,
            "mu_v": -1.2e308, "mu_a": 1.2e308, "sigma_v": 0.0, "sigma_a": 0.0,
        },
        "battery": {"kind": "simple", "questions": 3, "density": 1.0},
    }  # fmt: skip
    model = PopulationModel(spec, 1).run()
    assert model.log["fitness"].tolist() == model.log["proxy"].tolist()
    assert_same(model, by_steps(spec, 1))


class OwnMeasure(Group):
    """A measure of one's own."""

    measures = (Measure("own", "the generation", "count"),)

    def observe(self, model: PopulationModel, out: Any) -> None:
        """Write down the generation."""
        out[0] = model.generation


def test_a_group_that_the_book_does_not_know_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {*GROUPS} == {*KNOWN}
    lengths = lengths_of(monkeypatch)
    model = PopulationModel(BELIEFS, 1)
    model.record._groups.append((OwnMeasure(model), slice(0, 1)))
    model.run()
    assert not lengths
    assert model.record._sheet[:, 0].tolist() == list(range(GENERATIONS))


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
    spec: ModelSpec = PopulationModel(
        {**BELIEFS, "interventions": [{"kind": kind, **schedule}]}, 1
    ).spec
    intervention: InterventionPart = spec.interventions[0]
    for end in (0, 3, 4, 11, 60):
        dates = intervention.dates(end)
        assert dates is not None
        due = [g for g in range(end) if intervention.is_due(g, lambda name, generation: np.nan)]
        assert list(dates) == due
