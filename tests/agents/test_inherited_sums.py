"""Sums that are inherited for thousands of generations stay what they would be made anew."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from peckham.agents import PopulationModel

GENERATIONS = 3000


@pytest.mark.parametrize("battery", ["simple", "similarity"])
@pytest.mark.parametrize("spread", [0.3, 5.0])
def test_no_rounding_piles_up(battery: str, spread: float) -> None:
    spec: dict[str, Any] = {
        "generations": GENERATIONS,
        "population": {"size": 30, "beliefs_per_agent": 10},
        "landscape": {"kind": "bivariate", "beliefs": 300, "sigma_a": spread},
        "battery": {"kind": battery, "held_out": 5},
        "reproduction": {"mutation_rate": 0.05},
        "record": {"measures": ["proxy"]},
    }
    model = PopulationModel(spec, seed=1)
    for _ in range(GENERATIONS - 1):
        model.step()
    model.evaluator.score()
    population = model.population
    inherited = population.genotypes.traits[population.genotype]
    fingerprint = population.fingerprint
    population.forget_scores()
    model.evaluator.score()
    anew = population.genotypes.traits[population.genotype]
    np.testing.assert_allclose(inherited, anew, rtol=1e-11, atol=1e-11)
    assert (fingerprint == population.fingerprint).all()
