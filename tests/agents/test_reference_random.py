"""Whole runs with anything in them against the oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest


@pytest.mark.parametrize("seed", range(60))
def test_run_of_random_parameters(assert_same: Callable, seed: int) -> None:
    assert_same(random_parameters(np.random.default_rng(seed)), seed)


def random_parameters(rng: np.random.Generator) -> dict[str, Any]:
    """Draw a small run with anything in it."""
    beliefs = int(rng.integers(2, 60))
    genes = int(rng.integers(1, min(beliefs, 12) + 1))
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
        part = adaptive_test(rng) if rng.random() < 0.5 else improving_evaluator(rng)
        part |= {"name": f"i{k}", "interval": int(rng.integers(1, 4))}
        if rng.random() < 0.5:
            part["start"] = int(rng.integers(3))
        interventions.append(part)
    return {
        "generations": int(rng.integers(1, 10)),
        "population": {"size": int(rng.integers(1, 16)), "beliefs_per_agent": genes},
        "landscape": {
            "kind": "bivariate",
            "beliefs": beliefs,
            "mu_v": rng.normal(),
            "sigma_a": 2.0,
            "rho": rng.uniform(-1, 1),
        },
        "battery": {"kind": kind, **sizes, **battery[kind]},
        "selection": selection(rng),
        "reproduction": {
            "mutation_rate": float(rng.choice([0.0, 0.05, 0.5])),
            "recombination_rate": float(rng.choice([0.0, 0.0, 0.3, 1.0])),
            "proposal": proposal(rng),
        },
        "interventions": interventions,
        "control": str(rng.choice(["none", "none", "neutral"])),
        "record": {"prevalence": rng.uniform(0.1, 1)},
        "deployment": {"pressure": rng.exponential(), "shift": rng.exponential()},
    }


def selection(rng: np.random.Generator) -> dict[str, Any]:
    kind = str(rng.choice(["softmax", "softmax", "tournament", "truncation", "moran", "fermi"]))
    if kind == "tournament":
        return {"kind": kind, "entrants": int(rng.integers(1, 6))}
    if kind == "truncation":
        return {"kind": kind, "share": rng.uniform(0.01, 1)}
    return {"kind": kind, "beta": rng.exponential(5)}


def proposal(rng: np.random.Generator) -> dict[str, Any]:
    if rng.random() < 0.5:
        return {"kind": "uniform"}
    return {"kind": "adversarial", "pull": rng.normal(), "bounty": rng.exponential()}


def adaptive_test(rng: np.random.Generator) -> dict[str, Any]:
    return {"kind": "adaptive_test", "scored_on": str(rng.choice(["signal", "value"]))}


def improving_evaluator(rng: np.random.Generator) -> dict[str, Any]:
    return {
        "kind": "improving_evaluator",
        "form": str(rng.choice(["published", "keep_scale", "exact"])),
        "target": rng.uniform(-1, 1),
        "rate": rng.random(),
    }
