"""Kernels are compiled before the runs, with a notice if this takes a while."""

from __future__ import annotations

from typing import Any

import numba
import pytest

from peckham.agents import resolve
from peckham.experiments import kernels
from peckham.experiments.design import PlannedRun
from peckham.experiments.kernels import NOTICE, announced, kind, warm

SMALL: dict[str, Any] = {"population": {"size": 30, "beliefs_per_agent": 5}, "generations": 3}


def test_compilation_is_said_once() -> None:
    said: list[str] = []
    kernel = numba.njit(lambda x: x + 1)
    with announced(said.append):
        assert kernel(1) == 2
        assert kernel(1.0) == 2.0  # compiled once more
    assert said == [NOTICE]
    with announced(said.append):
        assert kernel(3) == 4
    assert said == [NOTICE]


@pytest.mark.parametrize(
    "change",
    [
        {"selection": {"kind": "moran"}},
        {"battery": {"kind": "similarity"}},
        {"landscape": {"kind": "bivariate"}},
        {"reproduction": {"mutation_rate": 0.1}},
        {"reproduction": {"recombination_rate": 0.1}},
        {"interventions": [{"kind": "adaptive_test"}]},
        {"record": {"measures": "published"}},
        {"conduct": {"episodes": "sampled"}},
    ],
    ids=str,
)
def test_what_needs_other_kernels_is_of_another_kind(change: dict[str, Any]) -> None:
    assert kind(resolve(SMALL | change)) != kind(resolve(SMALL))


def test_numbers_do_not_make_a_kind() -> None:
    assert kind(resolve({**SMALL, "selection": {"beta": 9.0}, "generations": 7})) == kind(
        resolve(SMALL)
    )


def test_one_little_run_of_each_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    done = []

    def simulate(planned: PlannedRun, spec: Any) -> None:
        done.append((spec.selection.kind, spec.population.size, spec.generations))

    monkeypatch.setattr(kernels, "simulate", simulate)
    large = {**SMALL, "population": {"size": 10**6}, "generations": 10**4}
    warm([resolve(large), resolve(SMALL), resolve(SMALL | {"selection": {"kind": "moran"}})])
    assert done == [("softmax", 20, 40), ("moran", 20, 3)]


def test_a_run_that_fails_is_left_to_say_so_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def fail(*run: Any) -> None:
        tried.append(run)
        raise RuntimeError

    monkeypatch.setattr(kernels, "simulate", fail)
    warm([resolve(SMALL)])
    assert len(tried) == 1
