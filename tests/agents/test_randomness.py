"""Seeds and streams: what runs share, and that nothing else decides a run."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from typing import Any
from zlib import crc32

import numpy as np
import pytest

from peckham.agents import PopulationModel
from peckham.agents.randomness import run_seed, stream
from peckham.agents.selection.draw import fill

SPEC: dict[str, Any] = {
    "generations": 6,
    "population": {"size": 24, "beliefs_per_agent": 6},
    "landscape": {"beliefs": 90},
    "battery": {"questions": 15, "held_out": 5, "density": 0.2},
    "reproduction": {"mutation_rate": 0.05},
    "interventions": [
        {"kind": "adaptive_test", "interval": 2},
        {"kind": "improving_evaluator", "interval": 3},
    ],
}


def model(seed: int = 5, **blocks: Any) -> PopulationModel:
    return PopulationModel({**SPEC, **blocks}, seed=seed)


def assert_same_start(one: PopulationModel, other: PopulationModel) -> None:
    """Landscape, batteries and founders are the same."""
    assert np.array_equal(one.landscape.value, other.landscape.value)
    assert np.array_equal(one.landscape.signal, other.landscape.signal)
    assert np.array_equal(one.evaluator.battery.dense(), other.evaluator.battery.dense())
    assert np.array_equal(one.evaluator.held_out.dense(), other.evaluator.held_out.dense())
    assert np.array_equal(one.population.beliefs, other.population.beliefs)
    for trait in ("schemer", "capability"):
        assert np.array_equal(one.population.column(trait), other.population.column(trait))


# ------------------------------------------------------------ seeds and streams


def test_run_seed_is_that_of_the_contract() -> None:
    for seed, replicate in ((0, 0), (1, 0), (1, 7), (2**64, 10_000)):
        sequence = np.random.SeedSequence(seed, spawn_key=(replicate,))
        expected = int(sequence.generate_state(1, np.uint64)[0]) >> 11
        assert run_seed(seed, replicate) == expected
        assert type(run_seed(seed, replicate)) is int


def test_run_seeds_differ_and_fit_a_float() -> None:
    seeds = {run_seed(seed, replicate) for seed in range(20) for replicate in range(200)}
    assert len(seeds) == 4000
    assert all(0 <= seed < 2**53 and int(float(seed)) == seed for seed in seeds)
    assert max(seeds).bit_length() == 53


def test_stream_is_that_of_the_contract() -> None:
    for name in ("landscape", "selection", "intervention:adaptive_test"):
        key = (crc32(name.encode()),)
        expected = np.random.Generator(np.random.PCG64(np.random.SeedSequence(9, spawn_key=key)))
        assert np.array_equal(stream(9, name).random(50), expected.random(50))


def test_streams_of_other_names_and_seeds_are_unrelated() -> None:
    """Correlations of 2,000 uniforms, each within five standard errors of 0."""
    names = ("landscape", "battery", "held_out", "founders", "traits", "selection", "mutation")
    draws = [stream(seed, name).random(2000) for seed in (1, 2) for name in names]
    others = np.corrcoef(draws)[~np.eye(len(draws), dtype=bool)]
    assert np.abs(others).max() < 5 / np.sqrt(2000)


def test_stream_of_a_model_goes_on_where_it_was_left() -> None:
    one = model()
    first = [one.stream("a name of its own").random() for _ in range(3)]
    assert first == stream(5, "a name of its own").random(3).tolist()
    assert one.stream("selection") is one.stream("selection")


# ------------------------------------------------------------ a run is its spec and seed


def test_compiled_code_draws_what_the_stream_would() -> None:
    """And the stream goes on from there."""
    rng, same = stream(3, "selection"), stream(3, "selection")
    numbers = np.empty(1001)
    fill(rng, numbers)
    assert numbers.tolist() == same.random(1001).tolist()
    assert rng.standard_normal(5).tolist() == same.standard_normal(5).tolist()


def test_same_seed_same_run_other_seed_other_run() -> None:
    one, same, other = model().run(), model().run(), model(seed=6).run()
    assert one.log.equals(same.log)
    assert one.final == pytest.approx(same.final, abs=0, nan_ok=True)
    assert one.record.events == same.record.events
    assert np.array_equal(one.population.beliefs, same.population.beliefs)
    assert not np.array_equal(one.population.beliefs, other.population.beliefs)


def test_runs_side_by_side_do_not_disturb_each_other() -> None:
    alone = model().run()
    one, other = model(), model(seed=6)
    for _ in range(6):
        other.step()
        one.step()
    assert one.log.equals(alone.log)


def test_global_generators_are_neither_read_nor_moved() -> None:
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    before = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    log = model().run().log
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])  # noqa: NPY002
    random.seed(2)
    np.random.seed(2)  # noqa: NPY002
    assert model().run().log.equals(log)


DIGEST = """
import hashlib, json, sys
from peckham.agents import PopulationModel
model = PopulationModel(json.loads(sys.argv[1]), seed=5).run()
print(hashlib.sha256(model.log.to_numpy().tobytes()).hexdigest())
"""


def test_another_process_with_another_hash_seed_gives_the_same_run() -> None:
    here = hashlib.sha256(model().run().log.to_numpy().tobytes()).hexdigest()
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, json.dumps(SPEC)],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == here


@pytest.mark.parametrize("kind", ["simple", "coverage", "correlated", "similarity"])
def test_each_draw_of_the_set_up_has_a_stream_of_its_own(kind: str) -> None:
    one = model(battery={"kind": kind, "questions": 15, "held_out": 5}, interventions=[])
    landscape = one.spec.landscape.draw(stream(5, "landscape"))
    assert np.array_equal(landscape.value, one.landscape.value)
    assert np.array_equal(landscape.signal, one.landscape.signal)
    test, visible, hidden = one.spec.battery, stream(5, "battery"), stream(5, "held_out")
    structure = test.structure(90, visible)
    assert np.array_equal(
        test.draw(structure, 90, 15, visible).dense(), one.evaluator.battery.dense()
    )
    assert np.array_equal(
        test.draw(structure, 90, 5, hidden).dense(), one.evaluator.held_out.dense()
    )
    founders = stream(5, "founders")
    founders.random(24 * 6)
    assert one.stream("founders").bit_generator.state == founders.bit_generator.state


# ------------------------------------------------------------ common random numbers

SAME_START = {
    "another pressure": {"selection": {"beta": 15.0}},
    "another rule": {"selection": {"kind": "neutral"}},
    "the neutral twin": {"control": "neutral"},
    "no mutation": {"reproduction": {}},
    "no intervention": {"interventions": []},
    "another length": {"generations": 3},
    "another deployment": {"deployment": {"shift": 1.0}},
    "fewer measures": {"record": {"measures": "published"}},
}


@pytest.mark.parametrize("blocks", SAME_START.values(), ids=SAME_START.keys())
def test_conditions_share_landscape_battery_and_founders(blocks: dict[str, Any]) -> None:
    assert_same_start(model(), model(**blocks))


def test_one_mechanism_takes_no_draws_of_another() -> None:
    """Without selection, the births of a run with mutation are those of one without."""
    neutral = {"selection": {"kind": "neutral"}, "interventions": []}
    one, other = model(**neutral).run(), model(**neutral, reproduction={}).run()
    assert np.array_equal(one.population.lineage, other.population.lineage)
    for measure in ("schemers", "founders_left", "effective_founders"):
        assert one.log[measure].equals(other.log[measure])
    np.testing.assert_allclose(one.log["capability"], other.log["capability"], rtol=1e-14)
    assert not np.array_equal(one.population.beliefs, other.population.beliefs)


def test_runs_are_the_same_until_they_differ() -> None:
    """An intervention in generation 4 leaves everything before as it was."""
    test = {"kind": "adaptive_test", "at": [4]}
    plain, tested = (model(interventions=these).run().log for these in ([], [test]))
    assert plain[:4].equals(tested[:4])
    assert plain["questions"][4] != tested["questions"][4]
    assert plain["belief_value"][4] == tested["belief_value"][4]  # recorded before selection


def test_more_generations_only_go_on() -> None:
    short, long = model(generations=4).run().log, model(generations=9).run().log
    assert long[:4].equals(short)


def test_another_landscape_leaves_battery_and_founders() -> None:
    """Sizes are equal, so only the beliefs' numbers change."""
    one, other = model(), model(landscape={"kind": "bivariate", "beliefs": 90})
    assert np.array_equal(one.evaluator.battery.dense(), other.evaluator.battery.dense())
    assert np.array_equal(one.population.beliefs, other.population.beliefs)
    assert not np.array_equal(one.landscape.value, other.landscape.value)


def test_founders_are_drawn_agent_by_agent_and_batteries_belief_by_belief() -> None:
    """So that a larger population starts with the smaller one's founders."""
    small, large = model(), model(population={"size": 40, "beliefs_per_agent": 6})
    assert np.array_equal(large.population.beliefs[:24], small.population.beliefs)
    one, other = (
        model(landscape={"kind": "bivariate", "beliefs": beliefs}) for beliefs in (90, 120)
    )
    assert np.array_equal(other.landscape.value[:90], one.landscape.value)
    assert np.array_equal(other.evaluator.battery.dense()[:90], one.evaluator.battery.dense())


@pytest.mark.parametrize("kind", ["softmax", "neutral"])
def test_selection_takes_as_many_uniforms_as_agents(kind: str) -> None:
    one = model(selection={"kind": kind})
    for _ in range(3):
        one.step()
    expected = stream(5, "selection")
    expected.random(3 * 24)
    assert one.stream("selection").bit_generator.state == expected.bit_generator.state
