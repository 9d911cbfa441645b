"""What is taken over from parents for thousands of generations is what it would be made anew."""

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
    taken_over, genomes = population.clones.ledger[population.clone], population.genome
    population.disown()
    model.evaluator.score()
    anew = population.clones.ledger[population.clone]
    np.testing.assert_allclose(taken_over, anew, rtol=1e-11, atol=1e-11)
    assert (genomes == population.genome).all()
