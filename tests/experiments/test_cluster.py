"""The Dask executor without a cluster: what it sends to workers, and what it says without Dask."""

from __future__ import annotations

import importlib.util
import pickle
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from peckham.experiments import ExperimentError, read, run
from peckham.experiments.design import design
from peckham.experiments.provenance import version_differences
from peckham.experiments.simulation import simulate

Tiny = Callable[..., dict[str, Any]]


def test_without_dask_it_is_said_how_to_get_it(
    tiny: Tiny, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ExperimentError, match=r"pip install 'peckham\[dask\]'"):
        run(tiny(), out="out", dask="tcp://127.0.0.1:8786")
    assert list(here.iterdir()) == []


def test_tables_travel_with_the_parameters(
    tiny: Tiny, here: Path, table: Callable[..., Path]
) -> None:
    module = "peckham.experiments.cluster_worker"
    worker = pytest.importorskip(module, reason="Dask is not installed")
    paths = [str(table()), str(table("other.csv", shift=1.0))]
    raw = tiny(
        landscape={"kind": "table", "path": paths[0]},
        conditions={"a": {}, "b": {"landscape.path": paths[1]}},
    )
    plan = design(read(raw))
    specs = [variant.spec for variant in plan.variants]
    expected = [simulate(planned, specs[planned.variant]) for planned in plan]
    sent = pickle.dumps(worker.Parameters.of(specs))
    for path in paths:  # as on a machine that does not see them
        Path(path).unlink()
    there = pickle.loads(sent)
    there.setup(SimpleNamespace(local_directory=str(here)))
    found = [simulate(planned, there.specs[planned.variant]) for planned in plan]
    assert [outcome.status for outcome in expected] == ["done"] * 4
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one.rows, other.rows)
    assert not np.array_equal(found[0].rows, found[1].rows)


def test_versions_that_differ_are_named() -> None:
    here = {"peckham": "1.1", "numpy": "2.0", "numba": "0.6"}
    assert version_differences(here, dict(here)) == ""
    there = {"peckham": "1.0", "numpy": "2.0"}
    assert version_differences(here, there) == "peckham 1.0 (here 1.1), numba None (here 0.6)"
