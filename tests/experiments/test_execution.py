"""Running and resuming from Python."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from peckham.agents.randomness import run_seed
from peckham.agents.selection.softmax import Softmax
from peckham.analysis import load
from peckham.experiments import ExperimentError, read, resume, run, status
from peckham.experiments.errors import ExperimentWarning, RunsFailed

Tiny = Callable[..., dict[str, Any]]


def runs_of(path: Path) -> pd.DataFrame:
    return load(path).runs.drop(columns="seconds")


def files(path: Path) -> dict[Path, tuple[bytes, int]]:
    return {p: (p.read_bytes(), p.stat().st_mtime_ns) for p in path.rglob("*") if p.is_file()}


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> set[int]:
    """Have runs with certain seeds fail; the seeds are in the set."""
    seeds: set[int] = set()
    select = Softmax.select

    def select_or_break(self: Softmax, fitness: Any, rng: Any, removed: Any = None) -> Any:
        if rng.bit_generator.seed_seq.entropy in seeds:
            raise ArithmeticError("this one\nbroke")
        return select(self, fitness, rng)

    monkeypatch.setattr(Softmax, "select", select_or_break)
    return seeds


# ------------------------------------------------------------ run


def test_run_returns_the_folder(tiny: Tiny, here: Path) -> None:
    assert run(tiny(), out="some/where") == Path("some/where")
    assert len(load("some/where").runs) == 2


def test_a_folder_is_named_after_the_experiment(tiny: Tiny, here: Path) -> None:
    path = run(tiny(name="my own"))
    assert path == Path("runs") / "my own"
    assert (here / path / "manifest.json").is_file()


def test_arguments_go_over_the_experiments(tiny: Tiny, here: Path) -> None:
    path = run(tiny(), overrides={"selection.beta": 0.0}, seed=5, replicates=3)
    found = load(path).runs
    assert found["seed"].tolist() == [run_seed(5, k) for k in range(3)]
    assert_frame_equal(
        runs_of(path), runs_of(run(tiny(seed=5, replicates=3, selection={"beta": 0.0}), out="b"))
    )


def test_any_form_of_an_experiment_gives_the_same_rows(
    tiny: Tiny, write: Callable[[str, Any], Path], here: Path
) -> None:
    raw = tiny(conditions={"a": {}, "b": {"reproduction.mutation_rate": 0.3}})
    first = run(raw, out=here / "data")
    for k, other in enumerate([write("e.yaml", raw), str(write("f.yaml", raw)), read(raw)]):
        assert_frame_equal(runs_of(run(other, out=here / str(k))), runs_of(first))


def test_a_finished_folder_is_left_as_it_is(tiny: Tiny, here: Path) -> None:
    path = run(tiny(), out=here / "out")
    before = files(path)
    assert run(tiny(), out=path) == path
    assert run(tiny(name="renamed"), out=path, replicates=1) == path
    assert files(path) == before


@pytest.mark.parametrize(
    ("blocks", "what"),
    [
        ({"seed": 8}, "seed 7 there, 8 here"),
        ({"selection": {"beta": 4.0}}, r"selection\.beta 3\.0 there, 4\.0 here"),
        ({"conditions": {"other": {}}}, "conditions"),
        ({"landscape": {"beliefs": 41}}, r"landscape\.beliefs 40 there, 41 here"),
    ],
)
def test_a_foreign_folder_is_refused_with_what_differs(
    blocks: dict[str, Any], what: str, tiny: Tiny, here: Path
) -> None:
    path = run(tiny(), out=here / "out")
    before = files(path)
    with pytest.raises(ExperimentError, match=what):
        run(tiny(**blocks), out=path)
    assert files(path) == before


def test_folders_that_cannot_take_the_runs_are_refused(tiny: Tiny, here: Path) -> None:
    (here / "full").mkdir()
    (here / "full" / "thesis.tex").write_text("years of work")
    (here / "file").write_text("a file")
    before = files(here)
    with pytest.raises(ExperimentError, match="not empty"):
        run(tiny(), out=here / "full")
    with pytest.raises(ExperimentError, match="is a file"):
        run(tiny(), out=here / "file")
    with pytest.raises(ExperimentError, match="file"):
        run(tiny(), out=here / "file" / "below")
    assert files(here) == before


@pytest.mark.parametrize("workers", [0, -1, 1.5, True])
def test_workers_are_a_positive_whole_number(workers: Any, tiny: Tiny, here: Path) -> None:
    with pytest.raises(ExperimentError, match="workers"):
        run(tiny(), out=here / "out", workers=workers)
    assert not (here / "out").exists()


# ------------------------------------------------------------ resume


def test_more_replicates_add_rows_and_change_none(tiny: Tiny, here: Path) -> None:
    raw = tiny(conditions={"a": {}, "b": {"reproduction.mutation_rate": 0.3}})
    path = run(raw, out=here / "out")
    few = runs_of(path)
    with pytest.raises(ExperimentError, match=r"resume .* --replicates 5"):
        run(raw, out=path, replicates=5)
    assert resume(path, replicates=5) == path
    many = runs_of(path)
    assert_frame_equal(many.head(len(few)), few)
    assert_frame_equal(many, runs_of(run(raw, out=here / "at once", replicates=5)))
    manifest = load(path).manifest
    assert manifest["resolved"]["replicates"] == 5
    assert manifest["seeds"]["runs"] == [run_seed(7, k) for k in range(5)]


def test_replicates_are_not_taken_away(tiny: Tiny, here: Path) -> None:
    path = run(tiny(), out=here / "out")
    before = files(path)
    with pytest.raises(ExperimentError, match=r"at least the folder's 2, got 1"):
        resume(path, replicates=1)
    assert files(path) == before


def test_resuming_a_finished_folder_changes_no_row(tiny: Tiny, here: Path) -> None:
    path = run(tiny(), out=here / "out")
    before = load(path).runs
    resume(path)
    assert_frame_equal(load(path).runs, before)


def test_an_interrupt_keeps_what_is_done(tiny: Tiny, here: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    raw = tiny(replicates=6)
    with pytest.raises(KeyboardInterrupt):
        run(raw, out=here / "out", progress=interrupt)
    assert runs_of(here / "out")["run"].tolist() == [0, 1, 2]
    standing = status(here / "out")
    assert (standing.state, standing.done, standing.left) == ("interrupted", 3, 3)
    assert load(here / "out").manifest["status"]["state"] == "interrupted"
    with pytest.raises(ExperimentError, match=r"3 of 6 runs.*peckham resume"):
        run(raw, out=here / "out")
    resume(here / "out")
    assert_frame_equal(runs_of(here / "out"), runs_of(run(raw, out=here / "whole")))
    assert status(here / "out").state == "finished"


# ------------------------------------------------------------ runs that fail


def test_a_failed_run_is_recorded_while_the_others_go_on(
    tiny: Tiny, here: Path, breaking: set[int]
) -> None:
    raw = tiny(replicates=4, record={"agents_at": [0]})
    whole = run(raw, out=here / "whole")
    breaking.add(run_seed(7, 1))
    path = run(raw, out=here / "out")
    log = load(path)
    assert log.runs["status"].tolist() == ["done", "failed", "done", "done"]
    failed = log.runs.iloc[1]
    assert "ArithmeticError" in failed["error"]
    assert "this one broke" in failed["error"]
    assert "\n" not in failed["error"]
    assert failed["seed"] == run_seed(7, 1)
    assert pd.isna(failed["proxy"])
    assert pd.isna(failed["unique_genomes"])
    assert log.runs.loc[[0, 2, 3], "error"].isna().all()
    for table in (log.generations, log.events, log.agents):
        assert set(table["run"]) == {0, 2, 3}
    sound = load(whole).generations.query("run != 1").reset_index(drop=True)
    assert_frame_equal(log.generations, sound)
    standing = status(path)
    assert (standing.done, standing.failed, standing.left) == (3, 1, 0)
    assert standing.state == "finished"


def test_failed_runs_stay_until_they_are_retried(
    tiny: Tiny, here: Path, breaking: set[int]
) -> None:
    raw = tiny(replicates=4)
    breaking |= {run_seed(7, 1), run_seed(7, 2)}
    path = run(raw, out=here / "out")
    breaking.remove(run_seed(7, 1))
    resume(path)
    assert status(path).failed == 2
    resume(path, retry_failed=True)  # one is mended, the other is not
    assert runs_of(path)["run"].tolist() == [0, 1, 2, 3]
    assert runs_of(path)["status"].tolist() == ["done", "done", "failed", "done"]
    breaking.clear()
    resume(path, retry_failed=True)
    assert_frame_equal(runs_of(path), runs_of(run(raw, out=here / "whole")))


def test_all_runs_may_fail(tiny: Tiny, here: Path, breaking: set[int]) -> None:
    breaking |= {run_seed(7, 0), run_seed(7, 1)}
    log = load(run(tiny(), out=here / "out"))
    assert log.runs["status"].tolist() == ["failed", "failed"]
    assert log.generations.empty
    assert "proxy" in log.generations.columns


# ------------------------------------------------------------ what Python may pass, and is told


def test_whole_numbers_of_numpy_are_whole_numbers(tiny: Tiny, here: Path) -> None:
    two = np.int64(2)
    path = run(tiny(), out=here / "out", seed=np.uint8(3), replicates=two, workers=np.int32(1))
    resume(path, replicates=np.int16(3))
    assert len(load(path).runs) == 3
    assert load(path).manifest["resolved"]["seed"] == 3
    for wrong in (np.float64(2), np.True_, 2.0):
        with pytest.raises(ExperimentError, match="must be a whole number"):
            run(tiny(), out=here / "other", replicates=wrong)  # type: ignore[arg-type]


def test_failed_runs_are_reported_or_raised(
    tiny: Tiny, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise FloatingPointError("planted")

    monkeypatch.setattr("peckham.experiments.simulation.PopulationModel", fail)
    with pytest.warns(ExperimentWarning, match=r"2 of 2 runs failed.*--retry-failed"):
        run(tiny(), out=here / "out")
    with pytest.raises(RunsFailed, match="2 of 2 runs failed"):
        run(tiny(), out=here / "raised", raise_on_failure=True)
    assert len(load(here / "raised").runs) == 2  # the rows are there all the same
    monkeypatch.undo()
    resume(here / "out", retry_failed=True, raise_on_failure=True)


@pytest.mark.parametrize("change", ["version", "beta"])
def test_a_manifest_that_does_not_fit_is_refused(change: str, tiny: Tiny, here: Path) -> None:
    manifest = run(tiny(), out=here / "out") / "manifest.json"
    found = json.loads(manifest.read_text("utf-8"))
    if change == "version":
        found["identity"] = {"version": 99, "hash": "0"}
    else:
        found["resolved"]["selection"]["beta"] = 9.0
    manifest.write_text(json.dumps(found), "utf-8")
    with pytest.raises(ExperimentError, match=r"another version|was changed"):
        run(manifest, out=here / "again")
    assert not (here / "again").exists()
    assert read(manifest).base["selection"]["beta"] in (3.0, 9.0)  # `show` can still print it
