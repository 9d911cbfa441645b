"""The runs whose rows are kept, and how they are written down.

    python tests/golden/cases.py

writes the rows anew. Do so only where a change of results is meant, and say why
in the changelog.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from peckham.agents import PopulationModel, resolve
from peckham.agents.parameters import ModelSpec
from peckham.experiments import read
from peckham.experiments.design import design

ROWS = Path(__file__).with_name("rows.csv")

SEED = 20261121

SMALL: dict[str, Any] = {
    "generations": 40,
    "population": {"size": 60, "beliefs_per_agent": 12},
    "landscape": {"kind": "clustered", "beliefs": 200},
    "battery": {"kind": "simple", "questions": 30, "held_out": 10},
    "reproduction": {"mutation_rate": 0.02},
}

VARIED: dict[str, dict[str, Any]] = {
    "tournament": {"selection": {"kind": "tournament", "entrants": 3}},
    "truncation": {"selection": {"kind": "truncation", "share": 0.4}},
    "moran": {"selection": {"kind": "moran"}},
    "fermi": {"selection": {"kind": "fermi"}},
    "merging": {"reproduction": {"mutation_rate": 0.02, "recombination_rate": 0.5}},
    "adversarial": {"reproduction": {"mutation_rate": 0.05, "proposal": {"kind": "adversarial"}}},
    "similarity": {"battery": {"kind": "similarity", "questions": 30}},
    "exactly-improving": {
        "landscape": {"kind": "bivariate", "beliefs": 200, "rho": 0.3},
        "interventions": [
            {"kind": "improving_evaluator", "interval": 7, "form": "exact"},
            {"kind": "adaptive_test", "interval": 5, "scored_on": "value"},
        ],
    },
    "penalty": {
        "oversight": {"level": 0.4, "scaling": "proportional"},
        "reproduction": {"mutation_rate": 0.02, "capability_drift": 1.0, "strategy_flip_rate": 0.1},
        "conduct": {"allele_assortment": 0.5},
        "deployment": {"shift": 0.5},
    },
    "removal": {
        "oversight": {"level": 0.4, "sanction": "removal"},
        "conduct": {"episodes": "sampled"},
    },
    "traits": {
        "battery": {"kind": "simple"},
        "population": {"size": 60, "beliefs_per_agent": 0},
        "oversight": {"level": 0.3},
        "reproduction": {"alignment_sd": 0.1, "capability_sd": 2.0},
    },
    "neutral-twin": {"control": "neutral"},
    "few-beliefs": {"population": {"size": 60, "beliefs_per_agent": 150}},
}


def cases() -> dict[str, tuple[ModelSpec, list[int]]]:
    """Return every case's parameters, and the generations whose rows are kept."""
    plan = design(read("eicher2026-scenarios"))
    found = {v.condition: (v.spec, [0, 1, 13, 40, 99]) for v in plan.variants}
    for name, changes in VARIED.items():
        found[name] = (resolve(SMALL | changes), [0, 1, 10, 39])
    return found


def rows(spec: ModelSpec, generations: list[int]) -> list[dict[str, float]]:
    """Run a case; return the measures of these generations, and the number of events."""
    model = PopulationModel(spec, SEED).run()
    found = [model.log.loc[generation].to_dict() for generation in generations]
    found[-1]["events"] = len(model.record.events)
    return found


def write() -> None:
    """Write the rows of all cases."""
    with ROWS.open("w", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["case", "generation", "measure", "value"])
        for name, (spec, generations) in cases().items():
            for generation, row in zip(generations, rows(spec, generations), strict=True):
                for measure, value in row.items():
                    if not np.isnan(value):
                        table.writerow([name, generation, measure, f"{value:.12g}"])


if __name__ == "__main__":
    write()
