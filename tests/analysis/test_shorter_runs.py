"""Analysis of runs that were stopped early, and of folders with some generations only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peckham.analysis import check, compare, load
from peckham.analysis.groups import has_every_generation, stopped
from peckham.analysis.trap import MATRIX, final_fields, trap
from peckham.experiments import ExperimentError, run

DRIFTING: dict[str, Any] = {
    "generations": 40,
    "replicates": 80,
    "population": {"size": 12, "beliefs_per_agent": 4},
    "landscape": {"kind": "clustered", "beliefs": 60},
    "battery": {"questions": 10},
    "selection": {"kind": "softmax", "beta": 0.0},
}
"""Runs under drift alone."""

EVERY = 7


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run(DRIFTING, out=tmp_path_factory.mktemp("whole") / "out")


@pytest.fixture(scope="module")
def thin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = {**DRIFTING, "record": {"every": EVERY}}
    return run(spec, out=tmp_path_factory.mktemp("thin") / "out")


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return runs that end where few schemers are left, and the same runs to their end."""
    conditions = {"short": {"stop_when": {"measure": "schemers", "below": 0.2}}, "long": {}}
    spec = {**DRIFTING, "conditions": conditions}
    return run(spec, out=tmp_path_factory.mktemp("ended") / "out")


# ------------------------------------------------------------ some generations only


def test_a_folder_knows_whether_it_has_every_generation(
    whole: Path, thin: Path, ended: Path
) -> None:
    assert has_every_generation(load(whole).generations)
    assert has_every_generation(load(ended).generations)
    assert not has_every_generation(load(thin).generations)


def test_theory_is_compared_in_the_generations_that_were_written(whole: Path, thin: Path) -> None:
    tables = {path: check(path).set_index("limit") for path in (whole, thin)}
    there, here = tables[whole], tables[thin]
    summed = [name for name in there.index if name.endswith("summed over the run")]
    early = [name for name in there.index if name.endswith(("generation 1", "in generation 5"))]
    assert len(summed) == 3
    assert set(there.index) - set(here.index) >= {*summed, *early}
    assert "schemers in generation 39" in here.index
    assert here["observed"].notna().all()
    for name in here.index:
        assert here.loc[name, "observed"] == there.loc[name, "observed"]
        assert here.loc[name, "expected"] == there.loc[name, "expected"]
    assert not (here["verdict"] == "disagrees").any()


def test_the_sign_of_the_trap_needs_every_generation(whole: Path, thin: Path) -> None:
    there, here = trap(whole, window=2), trap(thin, window=2)
    assert there["sign"].any()
    assert here["sign"].isna().all()
    ends, some = final_fields(there), final_fields(here)
    assert some["sign"].isna().all()
    assert ends["sign"].item() > 0
    for field in MATRIX.values():
        assert some[field].item() == ends[field].item()


def test_a_generation_that_was_not_written_is_named_with_the_nearest(tmp_path: Path) -> None:
    conditions = {"a": {}, "b": {"selection.beta": 5.0}}
    spec = {**DRIFTING, "replicates": 3, "conditions": conditions, "record": {"every": EVERY}}
    folder = run(spec, out=tmp_path / "out")
    with pytest.raises(ExperimentError, match=r"no row of generation 15; .* nearest is 14$"):
        compare(folder, at=15)
    assert len(compare(folder, on="proxy", at=14)) == 1


# ------------------------------------------------------------ runs that were stopped


def test_stopped_runs_are_counted(ended: Path) -> None:
    log = load(ended)
    runs = log.runs.set_index("run")
    short = runs.index[runs["condition"] == "short"]
    assert stopped(log, short) == (runs.loc[short, "schemers"] < 0.2).sum() > 10
    assert stopped(log, runs.index.difference(short)) == 0


def test_theory_is_not_tested_where_runs_are_missing(ended: Path) -> None:
    """The runs that are left are those that did not lose the allele."""
    table = check(ended)
    short, long = (table[table["condition"] == name] for name in ("short", "long"))
    assert set(short["limit"]) < set(long["limit"])
    assert not short["limit"].str.contains(r"in generation|by the end").any()
    assert short["limit"].str.endswith("summed over the run").sum() == 3
    assert not (table["verdict"] == "disagrees").any()
    log = load(ended)
    last = log.generations[log.generations["generation"] == 39].groupby("condition")["schemers"]
    assert last.mean()["short"] > last.mean()["long"] + 0.1
    assert np.isfinite(table["observed"]).all()
