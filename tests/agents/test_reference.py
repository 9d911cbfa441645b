"""Whole runs against the oracle: every draw, every measure, every event."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
    return {"kind": "adaptive_test", **every_other_generation(others), **others}


def improving(form: str = "published", **others: Any) -> dict[str, Any]:
    schedule = every_other_generation(others)
    return {"kind": "improving_evaluator", "form": form, "rate": 0.3, **schedule, **others}


def every_other_generation(others: dict[str, Any]) -> dict[str, Any]:
    """Return an interval of 2 where no schedule is given."""
    return {} if "at" in others or "when" in others else {"interval": 2}


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
        population={"beliefs_per_agent": 6}, landscape=pool(11), reproduction={"mutation_rate": 1.0}
    ),
    "all but one": small(
        population={"beliefs_per_agent": 9}, landscape=pool(10), reproduction={"mutation_rate": 0.3}
    ),
    "all but one, all mutate": small(
        population={"beliefs_per_agent": 9}, landscape=pool(10), reproduction={"mutation_rate": 1.0}
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
    "tournament": small(selection={"kind": "tournament", "entrants": 3}),
    "tournament of one": small(selection={"kind": "tournament", "entrants": 1}),
    "tournament of many": small(selection={"kind": "tournament", "entrants": 50}),
    "tournament, twin": small(selection={"kind": "tournament"}, control="neutral"),
    "truncation": small(selection={"kind": "truncation", "share": 0.3}),
    "truncation to one": small(selection={"kind": "truncation", "share": 0.01}),
    "truncation to all": small(selection={"kind": "truncation", "share": 1.0}),
    "truncation, twin": small(selection={"kind": "truncation"}, control="neutral"),
    "truncation, clones": small(
        generations=20,
        selection={"kind": "truncation", "share": 0.4},
        reproduction={"mutation_rate": 0.0},
    ),
    "moran": small(selection={"kind": "moran"}),
    "moran, strong": small(selection={"kind": "moran", "beta": 500.0}, generations=20),
    "moran, beta 0": small(selection={"kind": "moran", "beta": 0.0}),
    "moran, twin": small(selection={"kind": "moran"}, control="neutral"),
    "moran, interventions": small(
        selection={"kind": "moran"}, interventions=[adaptive(), improving()]
    ),
    "moran, one agent": small(selection={"kind": "moran"}, population={"size": 1}),
    "fermi": small(selection={"kind": "fermi"}),
    "fermi, strong": small(selection={"kind": "fermi", "beta": 500.0}, generations=20),
    "fermi, twin": small(selection={"kind": "fermi"}, control="neutral"),
    "fermi, one agent": small(selection={"kind": "fermi"}, population={"size": 1}),
    "fermi, interventions": small(
        selection={"kind": "fermi"}, interventions=[adaptive(), improving()]
    ),
    "low prevalence": small(record={"prevalence": 0.25}, generations=15),
}

CAPABLE = {"capability": {"mean": 60.0, "sd": 30.0}}
"""Capabilities at which some deceive and some do not."""

CONDUCT: dict[str, dict[str, Any]] = {
    "oversight": {"oversight": {"level": 0.5}},
    "full oversight": {"oversight": {"level": 1.0, "penalty": 3.0, "sensitivity": 1.0}},
    "channels apart": {
        "oversight": {
            "level": 0.2,
            "deterrence": 0.6,
            "transparency": 0.1,
            "audit": 0.9,
            "deployment": 0.4,
        }
    },
    "one channel": {"oversight": {"level": 0.7, "deterrence": 0.0, "audit": 0.0}},
    "innate": {"oversight": {"level": 0.5}, "conduct": {"kind": "innate"}},
    "no horizon": {"oversight": {"level": 0.5}, "conduct": {"horizon": False}},
    "endless threat": {"oversight": {"level": 0.5}, "conduct": {"threat_ends": False}},
    "aware from 60": {"oversight": {"level": 0.5}, "conduct": {"aware_from": 60.0}},
    "sampled": {"oversight": {"level": 0.5}, "conduct": {"episodes": "sampled"}},
    "sampled without oversight": {"conduct": {"episodes": "sampled"}},
    "removal": {
        "oversight": {"level": 0.8, "sanction": "removal", "false_positive_rate": 0.3},
        "conduct": {"episodes": "sampled"},
    },
    "following a measure": {
        "interventions": [
            {"kind": "responsive_oversight", "gain": 0.9, "on": "schemers", "interval": 2}
        ]
    },
    "removal of nearly all": {
        "oversight": {"level": 1.0, "sanction": "removal", "false_positive_rate": 0.9},
        "conduct": {"episodes": "sampled"},
    },
    "assortment": {"oversight": {"level": 0.5}, "conduct": {"allele_assortment": 0.6}},
    "full assortment": {"oversight": {"level": 0.5}, "conduct": {"allele_assortment": 1.0}},
    "proportional": {"oversight": {"level": 0.5, "scaling": "proportional"}},
    "proportional, up to 1": {
        "oversight": {"level": 0.9, "scaling": {"kind": "proportional", "reference": 20.0}}
    },
    "budget": {"oversight": {"level": 0.5, "scaling": {"kind": "budget", "audits": 3}}},
    "shift": {"oversight": {"level": 0.3}, "deployment": {"pressure": 3.0, "shift": 0.7}},
    "set": {
        "oversight": {"level": 0.3},
        "interventions": [
            {"kind": "set", "name": "up", "path": "oversight.level", "value": 0.9, "at": [2]},
            {"kind": "set", "name": "off", "path": "oversight.deployment", "value": 0.0, "at": [4]},
            {"kind": "set", "name": "shift", "path": "deployment.shift", "value": 2.0, "at": [3]},
        ],
    },
    "set conduct": {
        "oversight": {"level": 0.3},
        "interventions": [{"kind": "set", "path": "conduct.horizon", "value": False, "at": [3]}],
    },
    "responsive": {
        "oversight": {"level": 0.3},
        "interventions": [{"kind": "responsive_oversight", "gain": 4.0}],
    },
    "responsive, now and then": {
        "oversight": {"level": 0.3},
        "interventions": [{"kind": "responsive_oversight", "interval": 3, "gain": 9.0}],
    },
    "twin": {
        "oversight": {"level": 0.8, "sanction": "removal", "false_positive_rate": 0.3},
        "conduct": {"episodes": "sampled", "allele_assortment": 0.5},
        "control": "neutral",
    },
}

BREEDING: dict[str, dict[str, Any]] = {
    "flips": {"mutation_rate": 0.1, "strategy_flip_rate": 0.3},
    "capability drifts": {"capability_drift": 4.0, "capability_sd": 10.0},
    "all of it": {
        "mutation_rate": 0.1,
        "strategy_flip_rate": 0.2,
        "capability_drift": -3.0,
        "capability_sd": 5.0,
        "recombination_rate": 0.5,
    },
}


@pytest.mark.parametrize("rule", ["softmax", "tournament", "truncation", "moran", "fermi"])
@pytest.mark.parametrize("name", CONDUCT)
def test_run_with_oversight(assert_same: Callable, name: str, rule: str) -> None:
    blocks = {"selection": {"kind": rule}, "population": CAPABLE, **CONDUCT[name]}
    assert_same(small(**blocks, reproduction=BREEDING["all of it"]), seed=8)


@pytest.mark.parametrize("rates", [{}, {"sensitivity": 1.0, "false_positive_rate": 1.0}])
@pytest.mark.parametrize("control", ["none", "neutral"])
@pytest.mark.parametrize("beta", [0.0, 6.0])
def test_removal_in_expectation(
    assert_same: Callable, beta: float, control: str, rates: dict[str, float]
) -> None:
    """With certain flags nobody is spared, so weights are not modified."""
    level = 1.0 if rates else 0.8
    blocks = {
        "selection": {"beta": beta},
        "population": CAPABLE,
        "oversight": {"level": level, "sanction": "removal", "false_positive_rate": 0.3, **rates},
        "conduct": {"allele_assortment": 0.4},
        "control": control,
    }
    assert_same(small(**blocks, reproduction=BREEDING["all of it"]), seed=8)


@pytest.mark.parametrize("breeding", BREEDING)
@pytest.mark.parametrize("name", ["assortment", "sampled", "proportional"])
def test_run_with_traits_that_change(assert_same: Callable, name: str, breeding: str) -> None:
    blocks = {"population": CAPABLE, **CONDUCT[name]}
    assert_same(small(**blocks, reproduction=BREEDING[breeding]), seed=9)


@pytest.mark.parametrize("alignment", [None, {"mean": 0.4, "sd": 0.3}, {"mean": -1.0, "sd": 2.0}])
@pytest.mark.parametrize("name", CONDUCT)
def test_trait_population(assert_same: Callable, name: str, alignment: Any) -> None:
    rates = {"alignment_sd": 0.4, "strategy_flip_rate": 0.1, "capability_sd": 5.0}
    rates |= {"recombination_rate": 0.3, "mutation_rate": 0.0}
    who = {**CAPABLE, "beliefs_per_agent": 0, "alignment": alignment}
    blocks = {"deployment": {"pressure": 2.0, "shift": 0.3}, **CONDUCT[name]}
    assert_same(small(**blocks, population=who, reproduction=rates), seed=10)


INTERVENTIONS: dict[str, list[dict[str, Any]]] = {
    "adaptive test": [adaptive()],
    "adaptive test every generation": [adaptive(interval=1)],
    "adaptive test, more questions": [adaptive(interval=1, max_questions=10)],
    "adaptive test on value": [adaptive(scored_on="value")],
    "adaptive test at generation 0": [adaptive(at=[0])],
    "adaptive test from 3": [adaptive(start=3, scored_on="value")],
    "adaptive test on a trigger": [adaptive(when={"measure": "corr_proxy_true", "below": 0.3})],
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
    "improving after a question on value": [adaptive(at=[1], scored_on="value"), improving()],
    "exact after a question on value": [adaptive(at=[3], scored_on="value"), improving("exact")],
    "due together, exact": [improving("exact", start=0), adaptive(), improving(name="again")],
}


BUILDS: dict[str, dict[str, Any]] = {
    "merging": {"recombination_rate": 1.0, "mutation_rate": 0.0},
    "some merging": {"recombination_rate": 0.4},
    "merging and mutation": {"recombination_rate": 0.7, "mutation_rate": 0.3},
    "adversarial": {"proposal": {"kind": "adversarial"}, "mutation_rate": 0.3},
    "adversarial, strong": {
        "proposal": {"kind": "adversarial", "pull": 300.0, "bounty": 50.0},
        "mutation_rate": 0.3,
    },
    "adversarial, pulled down": {"proposal": {"kind": "adversarial", "pull": -2.0, "bounty": 0.0}},
    "adversarial and merging": {
        "proposal": {"kind": "adversarial"},
        "recombination_rate": 0.5,
        "mutation_rate": 0.2,
    },
}


@pytest.mark.parametrize("rule", ["softmax", "tournament", "truncation", "moran", "fermi"])
@pytest.mark.parametrize("build", BUILDS)
def test_run_with_reproduction(assert_same: Callable, build: str, rule: str) -> None:
    raw = small(selection={"kind": rule}, reproduction=BUILDS[build], interventions=[improving()])
    assert_same(raw, seed=3)
    crowded = {"population": {"beliefs_per_agent": 9}, "landscape": pool(12)}
    assert_same(small(selection={"kind": rule}, reproduction=BUILDS[build], **crowded), seed=4)


@pytest.mark.parametrize("name", RUNS)
def test_run(assert_same: Callable, name: str) -> None:
    assert_same(RUNS[name], seed=5)


@pytest.mark.parametrize("rate", [0.0, 0.2])
@pytest.mark.parametrize("name", INTERVENTIONS)
def test_run_with_interventions(assert_same: Callable, name: str, rate: float) -> None:
    raw = small(
        generations=9, reproduction={"mutation_rate": rate}, interventions=INTERVENTIONS[name]
    )
    assert_same(raw, seed=11)
