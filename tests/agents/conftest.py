"""What the tests of the model share: how a run is held to the oracle."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from peckham.agents import PopulationModel, resolve

EXACT = {"rtol": 1e-12, "atol": 1e-12}


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


@pytest.fixture(scope="session")
def assert_same(reference: ModuleType) -> Callable[[dict[str, Any], int], None]:
    """Return a function that holds a run to the oracle's."""

    def check(raw: dict[str, Any], seed: int) -> None:
        compare_runs(reference, raw, seed)

    return check


def compare_runs(reference: ModuleType, raw: dict[str, Any], seed: int) -> None:
    """Hold a run to the oracle's: draws and counts exactly, numbers to 1e-12."""
    spec = resolve(raw)
    slow = reference.run(spec, seed)
    witness = Witness()
    fast = PopulationModel(spec, seed, datacollector=witness).run()  # type: ignore[arg-type]
    log = fast.log
    known = [measure.name for measure in fast.record.measures]
    for generation, (said, was) in enumerate(zip(witness.seen, slow.generations, strict=True)):
        where = f"generation {generation}"
        for trait in ("beliefs", "unique_id", "lineage", "schemer"):
            assert said[trait] == [getattr(agent, trait) for agent in was.agents], (where, trait)
        capability = [agent.capability for agent in was.agents]
        np.testing.assert_allclose(said["capability"], capability, **EXACT)
        np.testing.assert_allclose(said["proxy"], was.proxy, **EXACT)
        np.testing.assert_allclose(said["true_value"], was.true_value, **EXACT)
        assert set(known) == set(was.measures), "a measure that the oracle has, or has not"
        for name in known:
            np.testing.assert_allclose(
                log.loc[generation, name], was.measures[name], **EXACT, err_msg=f"{where}: {name}"
            )
    for name in known:
        np.testing.assert_allclose(
            fast.final[name], slow.final[name], **EXACT, err_msg=f"final {name}"
        )
    compare_events(fast, slow)


def compare_events(fast: PopulationModel, slow: Any) -> None:
    """Hold the events to the oracle's; their order within a generation is free."""
    events = [tuple(event) for event in fast.record.events]
    assert [event[0] for event in events] == sorted(event[0] for event in events)
    found, expected = (sorted(rows, key=lambda row: row[:4]) for rows in (events, slow.events))
    labels = slice(4, 6)  # v and a, which are floats
    assert [row[:4] + row[6:] for row in found] == [row[:4] + row[6:] for row in expected]
    for row, other in zip(found, expected, strict=True):
        if row[1] == "belief":
            np.testing.assert_allclose(row[labels], other[labels], **EXACT)
        else:
            assert row[labels] == other[labels] == (None, None)
