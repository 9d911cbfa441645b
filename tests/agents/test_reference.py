"""Whole runs against the oracle: every draw, every measure, every event."""

from __future__ import annotations

import math
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from peckham.agents import PopulationModel, resolve

EXACT = {"rtol": 1e-12, "atol": 1e-12}

SMALL: dict[str, Any] = {
    "generations": 7,
    "population": {"size": 12, "beliefs_per_agent": 5},
    "landscape": {"kind": "bivariate", "beliefs": 40, "rho": 0.3},
    "battery": {"kind": "simple", "questions": 8, "density": 0.3},
    "reproduction": {"mutation_rate": 0.1},
}


def small(**blocks: Any) -> dict[str, Any]:
    """Return the small run with some blocks replaced, or updated where both are mappings."""
    raw = dict(SMALL)
    for name, block in blocks.items():
        update = isinstance(block, dict) and isinstance(raw.get(name), dict) and "kind" not in block
        raw[name] = {**raw[name], **block} if update else block
    return raw


def pool(beliefs: int, **others: Any) -> dict[str, Any]:
    return {"kind": "bivariate", "beliefs": beliefs, "rho": 0.3, **others}


def adaptive(**others: Any) -> dict[str, Any]:
    return {"kind": "adaptive_test", "interval": 2, **others}


def improving(form: str = "published", **others: Any) -> dict[str, Any]:
    schedule = {} if "at" in others or "when" in others else {"interval": 2}
    return {"kind": "improving_evaluator", "form": form, "rate": 0.3, **schedule, **others}


class Witness:
    """Stands in the place of a data collector and copies what it sees in each generation."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []

    def collect(self, model: PopulationModel) -> None:
        population = model.population
        self.seen.append(
            {
                "beliefs": population.beliefs.tolist(),
                "unique_id": population.unique_id.tolist(),
                "lineage": population.lineage.tolist(),
                "schemer": (population.column("schemer") == 1).tolist(),
                "capability": population.column("capability").tolist(),
                "proxy": population.column("proxy").tolist(),
                "true_value": population.column("true_value").tolist(),
            }
        )


def assert_same(reference: ModuleType, raw: dict[str, Any], seed: int) -> None:
    """Hold a run to the oracle's: draws and counts exactly, numbers to 1e-12."""
    spec = resolve(raw)
    slow = reference.run(spec, seed)
    witness = Witness()
    fast = PopulationModel(spec, seed, datacollector=witness).run()  # type: ignore[arg-type]
    log = fast.log
    known = [measure.name for measure in fast.record.measures if not measure.awaited]
    for generation, (said, was) in enumerate(zip(witness.seen, slow.generations, strict=True)):
        where = f"generation {generation}"
        for trait in ("beliefs", "unique_id", "lineage", "schemer"):
            assert said[trait] == [getattr(agent, trait) for agent in was.agents], (where, trait)
        capability = [agent.capability for agent in was.agents]
        np.testing.assert_allclose(said["capability"], capability, **EXACT)
        np.testing.assert_allclose(said["proxy"], was.proxy, **EXACT)
        np.testing.assert_allclose(said["true_value"], was.true_value, **EXACT)
        assert set(was.measures) <= set(known)
        for name in known:
            expected = was.measures.get(name, math.nan)
            np.testing.assert_allclose(
                log.loc[generation, name], expected, **EXACT, err_msg=f"{where}: {name}"
            )
    for name in known:
        np.testing.assert_allclose(
            fast.final[name], slow.final.get(name, math.nan), **EXACT, err_msg=f"final {name}"
        )
    assert_same_events(fast, slow)


def assert_same_events(fast: PopulationModel, slow: Any) -> None:
    events = [tuple(vars(event).values()) for event in fast.record.events]
    assert [event[0] for event in events] == sorted(event[0] for event in events)
    found, expected = (sorted(rows, key=lambda row: row[:4]) for rows in (events, slow.events))
    labels = slice(4, 6)  # v and a, which are floats
    assert [row[:4] + row[6:] for row in found] == [row[:4] + row[6:] for row in expected]
    for row, other in zip(found, expected, strict=True):
        if row[1] == "belief":
            np.testing.assert_allclose(row[labels], other[labels], **EXACT)
        else:
            assert row[labels] == other[labels] == (None, None)


RUNS: dict[str, dict[str, Any]] = {
    "no mutation": small(reproduction={"mutation_rate": 0.0}),
    "rare mutation": small(generations=15, reproduction={"mutation_rate": 0.01}),
    "much mutation": small(reproduction={"mutation_rate": 0.3}),
    "all genes mutate": small(reproduction={"mutation_rate": 1.0}),
    "neutral": small(selection={"kind": "neutral"}),
    "neutral, no mutation": small(
        generations=40,
        population={"size": 5, "beliefs_per_agent": 3},
        selection={"kind": "neutral"},
        reproduction={"mutation_rate": 0.0},
    ),
    "beta 0": small(selection={"kind": "softmax", "beta": 0.0}),
    "weak": small(selection={"kind": "softmax", "beta": 0.5}),
    "strong": small(selection={"kind": "softmax", "beta": 50.0}),
    "control neutral": small(control="neutral"),
    "control neutral, interventions": small(
        control="neutral", interventions=[adaptive(), improving()]
    ),
    "half the pool less one": small(population={"beliefs_per_agent": 5}, landscape=pool(11)),
    "just half the pool": small(population={"beliefs_per_agent": 5}, landscape=pool(10)),
    "above half the pool": small(population={"beliefs_per_agent": 6}, landscape=pool(11)),
    "above half, all mutate": small(
        population={"beliefs_per_agent": 6},
        landscape=pool(11),
        reproduction={"mutation_rate": 1.0},
    ),
    "all but one": small(
        population={"beliefs_per_agent": 9},
        landscape=pool(10),
        reproduction={"mutation_rate": 0.3},
    ),
    "all but one, all mutate": small(
        population={"beliefs_per_agent": 9},
        landscape=pool(10),
        reproduction={"mutation_rate": 1.0},
    ),
    "one belief each": small(population={"size": 8, "beliefs_per_agent": 1}, landscape=pool(3)),
    "one agent": small(population={"size": 1}),
    "one agent, all mutate": small(
        population={"size": 1},
        reproduction={"mutation_rate": 1.0},
        interventions=[adaptive(), improving()],
    ),
    "two agents": small(population={"size": 2}, generations=12),
    "one question": small(battery={"questions": 1}),
    "one generation": small(generations=1),
    "signal is value": small(landscape=pool(40, rho=1.0), interventions=[adaptive(), improving()]),
    "signal is minus value": small(landscape=pool(40, rho=-1.0), interventions=[adaptive()]),
    "clusters": small(
        landscape={"kind": "clustered", "beliefs": 40}, interventions=[adaptive(), improving()]
    ),
    "clusters, held out": small(
        landscape={"kind": "clustered", "beliefs": 40, "global_correlation": 0.4},
        battery={"questions": 6, "held_out": 4},
        interventions=[adaptive(), improving("keep_scale")],
    ),
    "deployment": small(deployment={"pressure": 2.0, "shift": 0.5}),
    "traits": small(
        population={"schemers": 0.3, "capability": {"mean": 95.0, "sd": 20.0}}, generations=15
    ),
    "no schemers": small(population={"schemers": 0.0}),
    "low prevalence": small(record={"prevalence": 0.25}, generations=15),
}

INTERVENTIONS: dict[str, list[dict[str, Any]]] = {
    "adaptive test": [adaptive()],
    "adaptive test every generation": [adaptive(interval=1)],
    "adaptive test, more questions": [adaptive(interval=1, max_questions=10)],
    "adaptive test on value": [adaptive(scored_on="value")],
    "adaptive test at generation 0": [adaptive(at=[0], interval=None)],
    "adaptive test from 3": [adaptive(start=3, scored_on="value")],
    "adaptive test on a trigger": [
        {"kind": "adaptive_test", "when": {"measure": "corr_proxy_true", "below": 0.3}}
    ],
    "improving": [improving()],
    "improving, keep scale": [improving("keep_scale")],
    "improving, exact": [improving("exact")],
    "improving from 0": [improving(start=0)],
    "improving on a trigger": [improving(when={"measure": "proxy", "above": 0.4})],
    "improving downwards": [improving(target=-0.6), adaptive()],
    "improving to 1": [improving(target=1.0, rate=1.0, interval=1)],
    "improving, exact, to 1": [improving("exact", target=1.0, rate=1.0)],
    "improving, rate 0": [improving(rate=0.0)],
    "two tests": [adaptive(), adaptive(name="other", interval=3, scored_on="value")],
    "two improvers": [improving(), improving("exact", name="other", interval=3)],
    "due together": [adaptive(start=2), improving()],
    "due together, the other order": [improving(), adaptive(start=2)],
    "due together, on value": [adaptive(start=0, scored_on="value"), improving(start=0)],
    "due together, keep scale": [improving("keep_scale", start=0), adaptive(scored_on="value")],
    "due together, exact": [improving("exact", start=0), adaptive(), improving(name="again")],
}


@pytest.mark.parametrize("name", RUNS)
def test_run(reference: ModuleType, name: str) -> None:
    assert_same(reference, RUNS[name], seed=5)


@pytest.mark.parametrize("rate", [0.0, 0.2])
@pytest.mark.parametrize("name", INTERVENTIONS)
def test_run_with_interventions(reference: ModuleType, name: str, rate: float) -> None:
    raw = small(
        generations=9,
        reproduction={"mutation_rate": rate},
        interventions=INTERVENTIONS[name],
    )
    assert_same(reference, raw, seed=11)


@pytest.mark.parametrize("seed", range(20))
def test_run_of_random_parameters(reference: ModuleType, seed: int) -> None:
    assert_same(reference, random_parameters(np.random.default_rng(seed)), seed)


def random_parameters(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a small run with anything in it."""
    beliefs = int(rng.integers(2, 60))
    genes = int(rng.integers(1, min(beliefs, 13)))
    battery = {
        "simple": {"density": rng.random()},
        "coverage": {"density": rng.random(), "coverage": rng.random()},
        "coverage_as_published": {"density": rng.random(), "coverage": rng.random()},
        "correlated": {"density": rng.random(), "correlation": rng.random()},
        "correlated_as_published": {"density": rng.random(), "correlation": rng.random()},
        "similarity": {"base_probability": rng.random(), "scale": 3.0},
    }
    kind = str(rng.choice(list(battery)))
    sizes = {"questions": int(rng.integers(1, 12)), "held_out": int(rng.integers(3))}
    interventions = []
    for k in range(rng.integers(4)):
        schedule = {"name": f"i{k}", "interval": int(rng.integers(1, 4))}
        if rng.random() < 0.5:
            schedule["start"] = int(rng.integers(3))
        if rng.random() < 0.5:
            part = adaptive(scored_on=str(rng.choice(["signal", "value"])))
        else:
            form = str(rng.choice(["published", "keep_scale", "exact"]))
            part = improving(form, rate=rng.random(), target=rng.uniform(-1, 1))
        interventions.append({**part, **schedule})
    return {
        "generations": int(rng.integers(1, 10)),
        "population": {"size": int(rng.integers(1, 16)), "beliefs_per_agent": genes},
        "landscape": pool(beliefs, rho=rng.uniform(-1, 1), mu_v=rng.normal(), sigma_a=2.0),
        "battery": {"kind": kind, **sizes, **battery[kind]},
        "selection": {"kind": "softmax", "beta": rng.exponential(5)},
        "reproduction": {"mutation_rate": float(rng.choice([0.0, 0.05, 0.5]))},
        "interventions": interventions,
        "control": str(rng.choice(["none", "none", "neutral"])),
        "record": {"prevalence": rng.uniform(0.1, 1)},
        "deployment": {"pressure": rng.exponential(), "shift": rng.exponential()},
    }
