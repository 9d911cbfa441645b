"""Snapshots: every agent of a generation, one row per agent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peckham.agents.evaluation.assessment import ASSESSED
from peckham.agents.parameters.spec import DeploymentBlock

COLUMNS: dict[str, type] = {
    "generation": np.int32,
    "slot": np.int32,
    "unique_id": np.int64,
    "lineage": np.int32,
    "schemer": np.bool_,
    "proxy": np.float64,
    "true_value": np.float64,
    "fitness": np.float64,
    "deployed": np.float64,
    "goodhart_gap": np.float64,
    "capability": np.float64,
    "alignment": np.float64,
    "deception_probability": np.float64,
    "deceiving": np.float64,
    "caught": np.float64,
    "wrongly_flagged": np.float64,
    "delivered": np.float64,
    "commission_harm": np.float64,
    "omission_harm": np.float64,
    "deployment_proxy": np.float64,
    "deployment_value": np.float64,
    "held_out": np.float64,
    "belief_value": np.float64,
    "belief_signal": np.float64,
    "deceptive_share": np.float64,
    "deceptive_share_signal0": np.float64,
}
"""Columns of a snapshot and their types; ``beliefs``, a list, follows them.

An agent's test point is (``proxy``, ``true_value``); its deployment point
(``deployment_proxy``, ``deployment_value``) is P and T with the offset and
noise of deployment: x = P + offset + noise·ε, y = T + noise·ε′.
"""

MEANS = {
    "belief_value": "value_sum",
    "belief_signal": "signal_sum",
    "deceptive_share": "deceptive",
    "deceptive_share_signal0": "deceptive_signal0",
}


def snapshot(
    state: Any, deployment: DeploymentBlock, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Return the agents of the current generation as columns, before its selection.

    The columns are those of `COLUMNS`, each of shape (N,), and ``beliefs``, shape (N, K),
    sorted within an agent; what is undefined is NaN. The noise and offset of `deployment`
    widen and move the deployment points; its stream gives two normals per agent.
    """
    population = state.population
    found = dict(zip(ASSESSED, state.found, strict=True))
    undefined = np.full(population.size, np.nan)
    table: dict[str, NDArray[Any]] = {
        "generation": np.full(population.size, state.generation),
        "slot": np.arange(population.size),
        "unique_id": population.unique_id,
        "lineage": population.lineage,
        "schemer": population.column("schemer") > 0,
        "held_out": undefined,
    }
    if state.settings.held_out:
        table["held_out"] = population.column("held_out")
    table |= {name: found[name] for name in COLUMNS if name in ASSESSED}
    noise = deployment.noise * rng.standard_normal((2, population.size))
    table["deployment_proxy"] = found["proxy"] + deployment.offset + noise[0]
    table["deployment_value"] = found["deployed"] + noise[1]
    for name, column in MEANS.items():
        genes = population.genes
        table[name] = population.column(column) / genes if genes else undefined
    columns: dict[str, NDArray[Any]] = {
        name: table[name].astype(dtype) for name, dtype in COLUMNS.items()
    }
    return columns | {"beliefs": np.sort(population.beliefs, axis=1)}
