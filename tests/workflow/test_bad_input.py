"""Bad input: one clear line, exit code 2, and nothing written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peckham.experiments import run

Tree = Callable[[Path], dict[str, bytes | None]]

SOUND = """
name: tiny
generations: 3
replicates: 2
population: {size: 12, beliefs_per_agent: 4}
landscape: {beliefs: 40}
battery: {questions: 6, density: 0.3}
"""
TABLE = SOUND.replace("{beliefs: 40}", "{kind: table, path: beliefs.csv}")


def of(old: str, new: str) -> str:
    """Return the sound experiment with something put in place of something else."""
    assert old in SOUND
    return SOUND.replace(old, new)


def csv(*rows: str, header: str = "value,signal") -> str:
    """Return a table of ten sound rows and some others."""
    return "\n".join([header, *["0.5,0.25"] * 10, *rows]) + "\n"


@dataclass(frozen=True)
class Bad:
    """A mistake: files, the command, and what the line must say."""

    says: tuple[str, ...]
    experiment: str = SOUND
    command: tuple[str, ...] = ("run", "e.yaml", "--out", "new/out")
    files: dict[str, str] = field(default_factory=dict)
    folder: str = "none"  # or "finished", "full": what is at "there" already


PROMISED = {
    "unknown block": Bad(("populaton", "did you mean 'population'"), of("population", "populaton")),
    "unknown key": Bad(("selection.bta", "did you mean 'beta'"), SOUND + "selection: {bta: 3}"),
    "wrong type": Bad(("population.size", "whole number", "'ten'"), of("size: 12", "size: ten")),
    "out of range": Bad(
        ("reproduction.mutation_rate", "1.5", "at most 1"),
        SOUND + "reproduction: {mutation_rate: 1.5}",
    ),
    "K above B": Bad(
        ("population.beliefs_per_agent", "40", "41"),
        of("beliefs_per_agent: 4", "beliefs_per_agent: 41"),
    ),
    "shares that sum to zero": Bad(
        ("landscape.clusters", "sum to zero"),
        of("beliefs: 40", "beliefs: 40, clusters: [{name: A, share: 0}, {name: B, share: 0}]"),
    ),
    "no such table": Bad(("beliefs.csv", "No such file"), TABLE),
    "unreadable table": Bad(
        ("beliefs.parquet", "cannot read"),
        TABLE.replace("beliefs.csv", "beliefs.parquet"),
        files={"beliefs.parquet": "this is no parquet"},
    ),
    "malformed table": Bad(
        ("beliefs.csv", "'signal'"), TABLE, files={"beliefs.csv": "value,sigma\n1,2\n"}
    ),
    "NaN in a table": Bad(
        ("beliefs.csv", "signal", "row 11", "line 12"), TABLE, files={"beliefs.csv": csv("1,nan")}
    ),
    "infinity in a table": Bad(
        ("beliefs.csv", "value", "row 12", "line 13"),
        TABLE,
        files={"beliefs.csv": csv("1,1", "-inf,1")},
    ),
    "another experiment's folder": Bad(
        ("there", "selection.beta", "5.0 there", "6.0 here"),
        command=("run", "e.yaml", "--set", "selection.beta=6", "--out", "there"),
        folder="finished",
    ),
    "a folder that holds something else": Bad(
        ("there", "not empty"), command=("run", "e.yaml", "--out", "there"), folder="full"
    ),
    "unknown scenario": Bad(
        ("eicher2026-scenario", "did you mean 'eicher2026-scenarios'"),
        command=("run", "eicher2026-scenario"),
    ),
    "bad --set": Bad(
        ("selection.beta", "path=value"), command=("run", "e.yaml", "--set", "selection.beta")
    ),
    "unknown kind": Bad(
        ("battery.kind", "did you mean 'simple'"), of("{questions", "{kind: simpel, questions")
    ),
    "no workers": Bad(("workers", "at least 1", "0"), command=("run", "e.yaml", "--workers", "0")),
}
"""Mistakes that the program promises to answer like this."""

APART = ("unknown key", "NaN in a table", "another experiment's folder", "unknown scenario")
"""Mistakes that are also tried as a user makes them, in a process of its own, which is slow."""

MORE = {
    # values
    "a boolean for a number": Bad(("selection.beta", "True"), SOUND + "selection: {beta: true}"),
    "a text for a number": Bad(("selection.beta", "'5'"), SOUND + "selection: {beta: '5'}"),
    "NaN": Bad(("selection.beta", "nan"), SOUND + "selection: {beta: .nan}"),
    "a real number for a count": Bad(("generations", "3.5"), of("ations: 3", "ations: 3.5")),
    "no generations": Bad(("generations", "at least 1", "0"), of("ations: 3", "ations: 0")),
    "no agents": Bad(("population.size", "at least 1"), of("size: 12", "size: 0")),
    "a block for a number": Bad(("generations", "{}"), of("ations: 3", "ations: {}")),
    "a number for a block": Bad(("population", "3"), SOUND.replace("{size: 12, beliefs_", "3 #")),
    "a correlation above one": Bad(
        ("landscape.clusters.A.rho", "at most 1"),
        of("beliefs: 40", "beliefs: 40, clusters: [{name: A, share: 1, rho: 1.01}]"),
    ),
    "a negative share": Bad(
        ("landscape.clusters.A.share", "at least 0"),
        of("beliefs: 40", "beliefs: 40, clusters: [{name: A, share: -1}]"),
    ),
    "a cluster without a share": Bad(
        ("landscape.clusters.A.share", "required"),
        of("beliefs: 40", "beliefs: 40, clusters: [{name: A}]"),
    ),
    "clusters of one name": Bad(
        ("landscape.clusters", "'A'"),
        of("beliefs: 40", "beliefs: 40, clusters: [{name: A, share: 1}, {name: A, share: 1}]"),
    ),
    "unknown key of a list's item": Bad(
        ("landscape.clusters.A.shar", "did you mean 'share'"),
        of("beliefs: 40", "beliefs: 40, clusters: [{name: A, shar: 1}]"),
    ),
    "unknown kind of conduct": Bad(("conduct.kind", "alele"), SOUND + "conduct: {kind: alele}"),
    "unknown intervention": Bad(
        ("interventions", "did you mean 'adaptive_test'"),
        SOUND + "interventions: [{kind: adaptiv_test}]",
    ),
    "an intervention without a kind": Bad(
        ("interventions", "kind"), SOUND + "interventions: [{interval: 3}]"
    ),
    "two schedules": Bad(
        ("interventions.adaptive_test", "interval", "at"),
        SOUND + "interventions: [{kind: adaptive_test, interval: 3, at: [1]}]",
    ),
    "a trigger without a line": Bad(
        ("interventions.adaptive_test.when", "above"),
        SOUND + "interventions: [{kind: adaptive_test, when: {measure: proxy}}]",
    ),
    "a trigger that is not recorded": Bad(
        ("interventions.adaptive_test.when.measure", "proxi"),
        SOUND + "interventions: [{kind: adaptive_test, when: {measure: proxi, above: 1}}]",
    ),
    "a measure that is not there": Bad(
        ("record.measures", "did you mean 'proxy'"), SOUND + "record: {measures: [proxi]}"
    ),
    "agents of a generation that is not there": Bad(
        ("record.agents_at", "3"), SOUND + "record: {agents_at: [3]}"
    ),
    "replicates 0": Bad(("replicates", "at least 1"), of("cates: 2", "cates: 0")),
    "a negative seed": Bad(("seed", "at least 0", "-1"), SOUND + "seed: -1"),
    "a name with a slash": Bad(("name", "a/b"), of("tiny", "a/b")),
    "an unknown control": Bad(("controls", "'placebo'"), SOUND + "controls: [placebo]"),
    "seed in a condition": Bad(("conditions.a", "seed"), SOUND + "conditions: {a: {seed: 2}}"),
    "a condition's typo": Bad(
        ("conditions.a", "selektion", "did you mean 'selection'"),
        SOUND + "conditions: {a: {selektion.beta: 2}}",
    ),
    "a condition's wrong value": Bad(
        ("selection.beta", "-1", "condition b"),
        SOUND + "conditions: {a: {}, b: {selection.beta: -1}}",
    ),
    "a sweep without a list": Bad(
        ("sweep.selection.beta", "list"), SOUND + "sweep: {selection.beta: 3}"
    ),
    "a key with a line break": Bad(("unknown key",), SOUND + '"select\\nion": 1'),
    # files
    "a duplicate key": Bad(("seed", "twice"), SOUND + "seed: 1\nseed: 2"),
    "malformed YAML": Bad(("e.yaml", "line"), SOUND + "selection: {beta: 1"),
    "an empty file": Bad(("e.yaml", "mapping"), ""),
    "a list": Bad(("e.yaml", "mapping"), "- 1\n- 2\n"),
    "no such file": Bad(("no.yaml",), command=("run", "no.yaml")),
    "no such folder": Bad(("no/such",), command=("run", "no/such")),
    "a folder for an experiment": Bad(("there",), command=("run", "there"), folder="full"),
    "a JSON that is no manifest": Bad(
        ("other.json", "manifest"), command=("run", "other.json"), files={"other.json": "[1]"}
    ),
    # tables
    "a table without rows": Bad(("no rows",), TABLE, files={"beliefs.csv": "value,signal\n"}),
    "an empty table": Bad(("beliefs.csv",), TABLE, files={"beliefs.csv": ""}),
    "a text in a table": Bad(
        ("signal", "high", "row 11"), TABLE, files={"beliefs.csv": csv("1,high")}
    ),
    "a gap in a table": Bad(("value", "row 11"), TABLE, files={"beliefs.csv": csv(",1")}),
    "a table with too many columns": Bad(
        ("beliefs.csv",), TABLE, files={"beliefs.csv": csv("1,2,3,4", "1,2")}
    ),
    "a gap among the clusters": Bad(
        ("cluster", "row 2"), TABLE, files={"beliefs.csv": "value,signal,cluster\n1,1,a\n1,1,\n"}
    ),
    "a table with another number of rows": Bad(
        ("landscape", "beliefs", "10", "40"),
        TABLE.replace("kind: table", "kind: table, beliefs: 40"),
        files={"beliefs.csv": csv()},
    ),
    "K above the table's rows": Bad(
        ("population.beliefs_per_agent", "2"),
        TABLE,
        files={"beliefs.csv": "value,signal\n1,1\n0,1\n"},
    ),
    "a table of an unknown kind": Bad(
        ("beliefs.txt", "csv"), TABLE.replace(".csv", ".txt"), files={"beliefs.txt": csv()}
    ),
    # arguments
    "an override in vain": Bad(
        ("selection.beta", "override"),
        SOUND + "sweep: {selection.beta: [1, 2]}",
        ("run", "e.yaml", "--set", "selection.beta=3"),
    ),
    "an unknown override": Bad(
        ("selection.bta", "did you mean 'beta'"),
        command=("run", "e.yaml", "--set", "selection.bta=3"),
    ),
    "an override that is no YAML": Bad(
        ("selection.beta", "YAML"), command=("run", "e.yaml", "--set", "selection.beta=[1")
    ),
    "an override of an item that is not there": Bad(
        ("interventions", "adaptive_test"),
        command=("run", "e.yaml", "--set", "interventions.adaptive_test.interval=3"),
    ),
    "replicates 0 by option": Bad(("replicates",), command=("run", "e.yaml", "--replicates", "0")),
    "a negative seed by option": Bad(("seed",), command=("run", "e.yaml", "--seed", "-1")),
    "workers in words": Bad(("workers", "two"), command=("run", "e.yaml", "--workers", "two")),
    "an unknown option": Bad(("--worker",), command=("run", "e.yaml", "--worker", "2")),
    "an unknown command": Bad(("rum",), command=("rum", "e.yaml")),
    "no argument": Bad(("EXPERIMENT",), command=("run",)),
    "a file for a folder": Bad(
        ("file",), command=("run", "e.yaml", "--out", "taken"), files={"taken": "a file"}
    ),
    "a URL for a folder": Bad(
        ("s3:/", "URL", "mount"), command=("run", "e.yaml", "--out", "s3://bucket/out")
    ),
    "resume of a URL": Bad(("s3:/", "URL"), command=("resume", "s3://bucket/out")),
    "workers both here and there": Bad(
        ("workers", "dask", "2", "tcp://127.0.0.1:8786"),
        command=("run", "e.yaml", "--workers", "2", "--dask", "tcp://127.0.0.1:8786"),
    ),
    "a folder below a file": Bad(
        ("taken",), command=("run", "e.yaml", "--out", "taken/out"), files={"taken": "a file"}
    ),
    # other commands
    "show of a wrong file": Bad(
        ("populaton",), of("population", "populaton"), command=("show", "e.yaml")
    ),
    "resume of nothing": Bad(("nowhere",), command=("resume", "nowhere")),
    "resume of another folder": Bad(("manifest",), command=("resume", "there"), folder="full"),
    "fewer replicates": Bad(
        ("replicates", "2", "1"),
        command=("resume", "there", "--replicates", "1"),
        folder="finished",
    ),
    "resume without workers": Bad(
        ("workers",), command=("resume", "there", "--workers", "0"), folder="finished"
    ),
    "status of nothing": Bad(("nowhere",), command=("status", "nowhere")),
    "status of another folder": Bad(("manifest",), command=("status", "there"), folder="full"),
    "published of nothing": Bad(("nowhere",), command=("published", "nowhere")),
    "published of what never was": Bad(
        ("there", "published"), command=("published", "there"), folder="finished"
    ),
}


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, tiny: Any) -> Path:
    """Return a finished run folder of the sound experiment."""
    return run(tiny(), out=tmp_path_factory.mktemp("finished") / "out")


def set_up(place: Path, bad: Bad, finished: Path) -> None:
    """Put the files of a mistake in place."""
    place.mkdir()
    (place / "e.yaml").write_text(bad.experiment, "utf-8")
    for name, content in bad.files.items():
        (place / name).write_text(content, "utf-8")
    if bad.folder == "finished":
        shutil.copytree(finished, place / "there")
    if bad.folder == "full":
        (place / "there").mkdir()
        (place / "there" / "thesis.tex").write_text("years of work")


def check(bad: Bad, answer: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Hold an answer to what is promised of mistakes."""
    assert answer.code == 2, answer
    lines = answer.err.splitlines()
    assert len(lines) == 1, answer.err
    for word in bad.says:
        assert word in lines[0]
    assert "Traceback" not in answer.err
    assert answer.out == ""
    assert after == before


@pytest.fixture(scope="module")
def answers(
    tmp_path_factory: pytest.TempPathFactory, peckham: Any, finished: Path, tree: Tree
) -> dict[str, Future[Any]]:
    """Try mistakes in processes of their own, as many at once as there are processors."""

    def attempt(place: Path, bad: Bad) -> Any:
        set_up(place, bad, finished)
        before = tree(place)
        return peckham(*bad.command, cwd=place), before, tree(place)

    places = tmp_path_factory.mktemp("bad")
    with ThreadPoolExecutor(os.cpu_count()) as several:
        return {
            name: several.submit(attempt, places / str(k), bad)
            for k, (name, bad) in enumerate((name, PROMISED[name]) for name in APART)
        }


@pytest.mark.parametrize("name", APART)
def test_a_mistake_is_one_line_to_a_user(name: str, answers: dict[str, Future[Any]]) -> None:
    check(PROMISED[name], *answers[name].result())


@pytest.mark.parametrize(
    "bad", [*PROMISED.values(), *MORE.values()], ids=[*PROMISED.keys(), *MORE.keys()]
)
def test_a_mistake_is_one_line(
    bad: Bad, tmp_path: Path, main: Any, finished: Path, tree: Tree
) -> None:
    place = tmp_path / "here"
    set_up(place, bad, finished)
    before = tree(place)
    answer = main(*bad.command, cwd=place)
    check(bad, answer, before, tree(place))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_rows_of_parquet_tables_are_named_too(
    number: float, tmp_path: Path, main: Any, tree: Tree
) -> None:
    table = pa.table({"value": [0.1, 0.2, number, 0.4], "signal": [1.0, 2.0, 3.0, 4.0]})
    pq.write_table(table, tmp_path / "beliefs.parquet")
    (tmp_path / "e.yaml").write_text(TABLE.replace(".csv", ".parquet"), "utf-8")
    bad = Bad(("value", "row 3", "beliefs.parquet"))
    before = tree(tmp_path)
    check(bad, main("run", "e.yaml", cwd=tmp_path), before, tree(tmp_path))


def test_bytes_that_are_no_text_are_refused(tmp_path: Path, main: Any, tree: Tree) -> None:
    (tmp_path / "e.yaml").write_bytes(b"\xff\xfe\x00seed: 1")
    before = tree(tmp_path)
    check(Bad(("e.yaml",)), main("run", "e.yaml", cwd=tmp_path), before, tree(tmp_path))


def test_the_sound_experiment_is_sound(tmp_path: Path, main: Any) -> None:
    (tmp_path / "e.yaml").write_text(SOUND, "utf-8")
    assert main("run", "e.yaml", "--out", "new/out", cwd=tmp_path).code == 0
    (tmp_path / "t.yaml").write_text(TABLE, "utf-8")
    (tmp_path / "beliefs.csv").write_text(csv(), "utf-8")
    assert main("run", "t.yaml", "--out", "table", cwd=tmp_path).code == 0
