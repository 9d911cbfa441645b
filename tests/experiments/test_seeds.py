"""Seeds and the numbering of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peckham.agents.randomness import run_seed
from peckham.analysis import load
from peckham.experiments import read, run
from peckham.experiments.design import Design, design

Tiny = Callable[..., dict[str, Any]]

VARIED = {
    "conditions": {"a": {}, "b": {"population.size": 20}},
    "sweep": {"selection.beta": [0.0, 5.0]},
    "controls": ["neutral"],
}


def numbered(plan: Design) -> dict[int, tuple[Any, ...]]:
    """Return what each run number stands for."""
    return {
        planned.run: (
            plan.variants[planned.variant].condition,
            *plan.variants[planned.variant].swept.values(),
            plan.variants[planned.variant].control,
            planned.replicate,
            planned.seed,
        )
        for planned in plan
    }


@pytest.mark.parametrize("seed", [0, 1, 2**40, 2**70])
def test_run_seeds_have_53_bits(seed: int) -> None:
    seeds = [run_seed(seed, replicate) for replicate in range(500)]
    assert all(type(s) is int and 0 <= s < 2**53 for s in seeds)
    assert all(int(float(s)) == s for s in seeds)
    assert len(set(seeds)) == 500
    assert max(seeds) >= 2**52  # all 53 bits are used


def test_run_seeds_come_from_the_documented_tree() -> None:
    for seed, replicate in [(1, 0), (1, 7), (12345, 3)]:
        tree = np.random.SeedSequence(seed, spawn_key=(replicate,))
        assert run_seed(seed, replicate) == int(tree.generate_state(1, np.uint64)[0]) >> 11


def test_other_seeds_give_other_runs() -> None:
    first, second = ({run_seed(seed, k) for k in range(500)} for seed in (1, 2))
    assert not first & second


def test_a_replicate_has_one_seed_whatever_it_varies(tiny: Tiny) -> None:
    plan = design(read(tiny(**VARIED, replicates=3)))
    assert plan.size == 24
    seeds: dict[int, set[int]] = {}
    for planned in plan:
        seeds.setdefault(planned.replicate, set()).add(planned.seed)
    assert seeds == {k: {run_seed(7, k)} for k in range(3)}
    assert [s for s in design(read(tiny(replicates=3)))] == [
        planned for planned in design(read(tiny(selection={"beta": 9.0}, replicates=3)))
    ]


def test_run_numbers_are_unique_and_start_at_zero(tiny: Tiny) -> None:
    plan = design(read(tiny(**VARIED, replicates=3)))
    assert sorted(numbered(plan)) == list(range(plan.size))


def test_more_replicates_add_numbers_and_change_none(tiny: Tiny) -> None:
    few = numbered(design(read(tiny(**VARIED, replicates=2))))
    many = numbered(design(read(tiny(**VARIED, replicates=5))))
    assert {number: many[number] for number in few} == few
    assert len(many) == 40


def test_rows_have_their_seed(tiny: Tiny, tmp_path: Path) -> None:
    raw = tiny(**VARIED)
    runs = load(run(raw, out=tmp_path / "out")).runs
    assert runs["seed"].dtype == np.int64
    assert runs["seed"].tolist() == [run_seed(7, k) for k in runs["replicate"]]
    assert {
        row[0]: tuple(row[1:])
        for row in runs[
            ["run", "condition", "selection.beta", "control", "replicate", "seed"]
        ].itertuples(index=False)
    } == numbered(design(read(raw)))
