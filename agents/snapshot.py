"""Snapshots: every agent of a generation, a row each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .model import PopulationModel

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
    "held_out": np.float64,
    "belief_value": np.float64,
    "belief_alignment": np.float64,
    "deceptive_share": np.float64,
    "deceptive_share_signal0": np.float64,
}
"""Columns of a snapshot and their types; ``beliefs``, a list, follows them."""

OF_ASSESSED = {
    "proxy": 0,
    "true_value": 1,
    "fitness": 2,
    "deployed": 3,
    "goodhart_gap": 4,
    "capability": 5,
    "alignment": 6,
    "deception_probability": 7,
}

OF_LEDGER = {
    "belief_value": "value_sum",
    "belief_alignment": "signal_sum",
    "deceptive_share": "deceptive",
    "deceptive_share_signal0": "deceptive_signal0",
}


def snapshot(model: PopulationModel) -> dict[str, NDArray[Any]]:
    """Return the agents of the current generation as columns, before its selection.

    Returns
    -------
    dict of ndarray
        Those of `COLUMNS`, each of shape (N,), and ``beliefs``, shape (N, K),
        sorted within an agent. What is undefined is NaN.
    """
    population = model.population
    assessed = model.evaluator.deployed()
    table: dict[str, NDArray[Any]] = {
        "generation": np.full(population.size, model.generation),
        "slot": np.arange(population.size),
        "unique_id": population.unique_id,
        "lineage": population.lineage,
        "schemer": population.column("schemer") > 0,
        "held_out": np.full(population.size, np.nan),
    }
    if model.evaluator.held_out is not None:
        table["held_out"] = population.column("held_out")
    table |= {name: assessed[row] for name, row in OF_ASSESSED.items()}
    table |= {
        name: population.column(column) / population.genes for name, column in OF_LEDGER.items()
    }
    columns: dict[str, NDArray[Any]] = {
        name: table[name].astype(dtype) for name, dtype in COLUMNS.items()
    }
    return columns | {"beliefs": np.sort(population.beliefs, axis=1)}
