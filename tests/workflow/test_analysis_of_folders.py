"""Commands that analyse: folders with nothing in them, failed runs, and measures not recorded."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peckham.agents import PopulationModel
from peckham.analysis.plots.figures import FIGURES
from peckham.experiments import run

COMMANDS = [["trap"], ["fixation"], ["theory", "check"], ["published"]]
COMMANDS += [["plot", figure] for figure in FIGURES]
"""Every command that analyses a run folder."""


@pytest.fixture
def breaking(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], bool]], None]:
    """Return a function that makes runs fail by the order in which they begin."""

    def make(fails: Callable[[int], bool]) -> None:
        begun: Iterator[int] = iter(range(10**6))

        def model(*arguments: Any, **options: Any) -> PopulationModel:
            if fails(next(begun)):
                raise ArithmeticError("this one broke")
            return PopulationModel(*arguments, **options)

        monkeypatch.setattr("peckham.experiments.simulation.PopulationModel", model)

    return make


@pytest.fixture
def folder(tmp_path: Path, tiny: Any) -> Callable[..., Path]:
    """Return a function that runs a small experiment into ``out``."""
    return lambda **blocks: run(tiny(**blocks), out=tmp_path / "out")


def check_refusal(main: Any, place: Path, words: str, tree: Any) -> None:
    """Check that every command says this in one line, with exit code 2, and writes nothing."""
    before = tree(place)
    for command in COMMANDS:
        answer = main(*command, "out", cwd=place)
        assert answer.code == 2, (command, answer)
        assert len(answer.err.splitlines()) == 1, (command, answer)
        assert words in answer.err, (command, answer)
        assert answer.out == ""
    assert tree(place) == before


def test_a_folder_killed_before_its_first_flush(
    main: Any, folder: Any, tmp_path: Path, tree: Any
) -> None:
    for table in folder().iterdir():
        if table.is_dir():
            shutil.rmtree(table)
    words = "out has no finished run to analyse (none was written); see `peckham status out`"
    check_refusal(main, tmp_path, words, tree)


def test_a_folder_of_failed_runs(
    main: Any, folder: Any, tmp_path: Path, tree: Any, breaking: Any
) -> None:
    breaking(lambda number: True)
    folder(record={"agents_at": [1]})
    check_refusal(main, tmp_path, "out has no finished run to analyse (2 failed)", tree)


@pytest.mark.parametrize("table", ["generations", "events"])
def test_a_folder_that_lost_a_part(
    main: Any, folder: Any, tmp_path: Path, tree: Any, table: str
) -> None:
    next((folder() / table).glob("part-*.parquet")).unlink()
    check_refusal(main, tmp_path, f"{table}/part-000000.parquet is missing", tree)


def test_failed_runs_are_left_out_and_counted(
    main: Any, folder: Any, tmp_path: Path, breaking: Any
) -> None:
    breaking(lambda number: number == 1)
    folder(replicates=3)
    for command in COMMANDS[:3]:
        answer = main(*command, "out", cwd=tmp_path)
        assert answer.code == 0, answer
        assert "1 of 3 runs failed and are left out; see `peckham status out`" in answer.out
    from peckham.analysis import load

    ax = FIGURES["trajectories"](load(tmp_path / "out"))
    assert "1 of 3 runs failed and are left out" in ax.get_title("left")


# ------------------------------------------------------------ measures that were not recorded


@pytest.mark.parametrize(
    ("measures", "shown", "missing"),
    [
        (["founders_left"], ["One lineage"], ["schemers", "fixed_beliefs"]),
        (["schemers"], ["The schemer allele"], ["founders_left", "fixed_beliefs"]),
        (["founders_left", "fixed_beliefs"], ["One lineage", "Beliefs"], ["schemers"]),
        (["founders_left", "schemers", "fixed_beliefs"], ["One", "The sch", "Beliefs"], []),
    ],
)
def test_fixation_shows_what_was_recorded(
    main: Any,
    folder: Any,
    tmp_path: Path,
    measures: list[str],
    shown: list[str],
    missing: list[str],
) -> None:
    folder(record={"measures": measures})
    answer = main("fixation", "out", cwd=tmp_path)
    assert answer.code == 0, answer
    lines = answer.out.splitlines()
    headings = [line for line in lines if line.startswith(("One l", "The s", "Beliefs"))]
    assert len(headings) == len(shown)
    assert all(line.startswith(words) for line, words in zip(headings, shown, strict=True))
    said = [line for line in lines if line.startswith("Not shown: ")]
    assert len(said) == len(missing)
    for line, name in zip(said, missing, strict=True):
        assert f"did not record {name}, which" in line
        assert "record.measures" in line


def test_fixation_refuses_where_it_can_show_nothing(main: Any, folder: Any, tmp_path: Path) -> None:
    folder(record={"measures": ["proxy"]})
    answer = main("fixation", "out", cwd=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert len(answer.err.splitlines()) == 1


def test_beliefs_are_shown_without_the_measures_that_only_some_columns_need(
    main: Any, folder: Any, tmp_path: Path
) -> None:
    from peckham.analysis import belief_fixation

    path = folder(record={"measures": ["fixed_beliefs"]})
    table = belief_fixation(path)
    assert table[["deceptive", "neutral", "p", "prevalent_beliefs"]].isna().all(axis=None)
    assert table[["runs", "fixed_beliefs", "unfixed"]].notna().all(axis=None)


def test_theory_check_groups_what_needs_more_replicates(
    main: Any, folder: Any, tmp_path: Path
) -> None:
    folder(controls=["neutral"], sweep={"selection.beta": [1.0, 2.0, 3.0, 4.0]}, generations=8)
    answer = main("theory", "check", "out", cwd=tmp_path)
    assert answer.code == 0, answer
    rows = [line for line in answer.out.splitlines() if "founders left in generation 1" in line]
    assert len(rows) == 1
    assert rows[0].split()[-4:] == ["4", "2", "30", "0"]  # kinds, replicates, needed, never
    assert "needed: replicates that a test needs" in answer.out


# ------------------------------------------------------------ options of figures


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trajectories", "--measure", "condition"], "must be a measure (see `peckham columns`)"),
        (["trajectories", "--measure", "seconds"], "must be a measure (see `peckham columns`)"),
        (["trajectories", "--where", "condition"], "--where: must be KEY=VALUE, got 'condition'"),
        (["trajectories", "--where", "x=1"], "where: must be one of condition, selection.kind"),
        (["trajectories", "--where", "selection.kind=x"], "softmax, neutral, got x"),
        (["trajectories", "--by", "control,x"], "by: must be one of run, condition"),
        (["trajectories", "--measure", "held_out"], "held_out is undefined in all of these runs"),
        (["trajectories", "--out", "folder.png"], "--out: cannot write folder.png: Is a directory"),
        (["scatter"], "would pool runs that differ in selection.kind (softmax, neutral); choose"),
    ],
)
def test_figures_refuse_in_one_line(
    main: Any, kinds: Path, arguments: list[str], words: str
) -> None:
    answer = main("plot", *arguments[:1], "kinds", *arguments[1:], cwd=kinds)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1
    assert [path.name for path in kinds.glob("*.png")] == ["folder.png"]


@pytest.fixture(scope="module")
def kinds(tmp_path_factory: pytest.TempPathFactory, tiny: Any) -> Path:
    """Return a folder above ``kinds``, runs that sweep a kind and pressure."""
    place = tmp_path_factory.mktemp("kinds")
    sweep = {"selection.kind": ["softmax", "neutral"], "deployment.pressure": [0.5, 1.0]}
    run(tiny(sweep=sweep, record={"agents_at": [1]}), out=place / "kinds")
    (place / "folder.png").mkdir()
    return place


@pytest.mark.parametrize(
    "arguments",
    [
        ["goodhart"],
        ["scatter", "--where", "selection.kind=neutral", "--where", "deployment.pressure=1"],
        ["trajectories", "--by", "selection.kind,control", "--where", "deployment.pressure=0.5"],
    ],
)
def test_figures_of_swept_kinds_are_drawn(main: Any, kinds: Path, arguments: list[str]) -> None:
    answer = main("plot", arguments[0], "kinds", *arguments[1:], "--out", "x.svg", cwd=kinds)
    assert answer.code == 0, answer
    assert (kinds / "x.svg").stat().st_size > 1000
