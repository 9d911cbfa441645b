"""Commands that tell: help, list, show, columns, status, published."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from peckham.agents import resolve
from peckham.agents.generation import STAGES
from peckham.agents.measures.registry import all_measures
from peckham.agents.parameters.registry import FAMILIES, parts
from peckham.analysis.published.figures import about
from peckham.experiments import read, run
from peckham.experiments.catalogue import scenario_names
from peckham.experiments.design import design
from peckham.experiments.order import acting
from peckham.experiments.store import RunFolder

SCRIPT = Path(sys.executable).with_name("peckham")
HEAVY = ("numpy", "mesa", "pandas", "pyarrow", "numba", "scipy", "seaborn", "matplotlib")


# ------------------------------------------------------------ help


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"]], ids=" ".join)
def test_help_loads_nothing_heavy(arguments: list[str], tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from peckham.analysis.cli import main\n"
        f"sys.argv = ['peckham', *{arguments!r}]\n"
        "try:\n    main()\n"
        "except SystemExit as end:\n    assert not end.code, end.code\n"
        f"loaded = sorted(set(sys.modules) & set({HEAVY!r}))\n"
        "print('loaded:', *loaded)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "loaded:"
    assert len(done.stdout.splitlines()) > 1


def test_help_names_the_commands(peckham: Any, tmp_path: Path) -> None:
    answer = peckham("--help", cwd=tmp_path)
    assert answer.code == 0
    for command in ("list", "show", "run", "resume", "status", "published", "columns"):
        assert re.search(rf"\b{command}\b", answer.out), command


def test_version(main: Any, tmp_path: Path) -> None:
    from importlib.metadata import version

    answer = main("--version", cwd=tmp_path)
    assert (answer.code, answer.out) == (0, f"peckham {version('peckham')}\n")


# ------------------------------------------------------------ list and columns


def test_list_has_every_scenario_and_part_on_a_line(main: Any, tmp_path: Path) -> None:
    answer = main("list", cwd=tmp_path)
    assert answer.code == 0
    lines = [line.split() for line in answer.out.splitlines() if line.startswith(" ")]
    names = [line[0] for line in lines]
    assert "eicher2026-scenarios" in names
    kinds = [kind for family in FAMILIES for kind in parts(family)]
    assert sorted(names) == sorted([*kinds, *scenario_names()])
    scenario = next(line for line in answer.out.splitlines() if "eicher2026-scenarios" in line)
    assert "arXiv 2604.05274" in scenario


def test_list_by_source(main: Any, tmp_path: Path) -> None:
    answer = main("list", "--sources", cwd=tmp_path)
    assert answer.code == 0
    sources = [line for line in answer.out.splitlines() if not line.startswith(" ")]
    assert sources == sorted(set(sources))
    expected = {part.source for family in FAMILIES for part in parts(family).values()}
    assert expected <= set(sources)


def test_columns_has_every_measure_with_its_meaning(main: Any, tmp_path: Path) -> None:
    answer = main("columns", cwd=tmp_path)
    assert answer.code == 0
    lines = answer.out.splitlines()
    measures = all_measures(("<cluster>",))
    assert [line.split()[0] for line in lines] == [measure.name for measure in measures]
    for line, measure in zip(lines, measures, strict=True):
        assert measure.unit in line
        assert measure.meaning in line


# ------------------------------------------------------------ show


KINDS = {
    "name": "kinds",
    "description": "Kinds that change between conditions, and 1e3 of other things",
    "generations": 12,
    "seed": 2**60,
    "record": {"measures": ["proxy", "deceptive_share"], "agents_at": [0, 11], "prevalence": 0.5},
    "controls": ["neutral"],
    "population": {"size": 20, "beliefs_per_agent": 5},
    "landscape": {
        "beliefs": 60,
        "clusters": [{"name": "1", "share": 1e-3}, {"name": "on", "share": 1, "rho": 0.1}],
    },
    "reproduction": {"mutation_rate": 1e-5},
    "interventions": [
        {"kind": "adaptive_test", "at": [3, 5], "scored_on": "value"},
        {"kind": "adaptive_test", "name": "later", "interval": 3, "start": 4, "max_questions": 99},
        {"kind": "improving_evaluator", "when": {"measure": "proxy", "below": -0.5}},
    ],
    "conditions": {
        "off": {"interventions": []},
        "on": {"interventions.later.at": [1], "interventions.adaptive_test.interval": 7},
        "flat": {"landscape": {"kind": "bivariate", "beliefs": 60}, "selection.kind": "neutral"},
        "similar": {"battery.kind": "similarity", "battery.noise": 0},
        "when": {"interventions.later.when": {"measure": "deceptive_share", "above": 0.1}},
    },
    "sweep": [
        {"population.size": [10, 20], "reproduction.mutation_rate": [0, 1e-5]},
        {"battery.questions": [5]},
        {"landscape.kind": ["clustered"]},
    ],
}


def sent_back(main: Any, place: Path, *arguments: str) -> tuple[Any, Any]:
    """Return the designs of an experiment and of what ``show`` prints of it, read elsewhere."""
    from peckham.experiments.cli import overrides_of

    answer = main("show", *arguments, cwd=place)
    assert answer.code == 0, answer
    elsewhere = place / "some" / "where"
    elsewhere.mkdir(parents=True)
    (elsewhere / "shown.yaml").write_text(answer.out, "utf-8")
    experiment, *options = arguments
    given = read(experiment, overrides=overrides_of(options[1::2]))
    shown = read(elsewhere / "shown.yaml")
    assert shown.name == given.name
    assert shown.description == given.description
    return design(given), design(shown)


def test_show_of_many_kinds_reads_back_the_same(main: Any, tmp_path: Path, to_yaml: Any) -> None:
    to_yaml(tmp_path / "e.yaml", KINDS)
    given, shown = sent_back(main, tmp_path, "e.yaml")
    assert shown == given
    assert len(given.variants) > 20


def test_show_of_a_scenario_reads_back_the_same(main: Any, tmp_path: Path) -> None:
    given, shown = sent_back(main, tmp_path, "eicher2026-scenarios")
    assert shown == given
    assert len(given.variants) == 7


def test_show_of_overrides_reads_back_the_same(main: Any, tmp_path: Path, to_yaml: Any) -> None:
    to_yaml(tmp_path / "e.yaml", KINDS)
    options = ["--set", "deployment.shift=0.5", "--set", "interventions.later.max_questions=null"]
    given, shown = sent_back(main, tmp_path, "e.yaml", *options)
    assert shown == given
    assert {v.spec.deployment.shift for v in shown.variants} == {0.5}


def test_show_of_relative_tables_reads_back_the_same(
    main: Any, tmp_path: Path, to_yaml: Any, tiny: Any
) -> None:
    for name in ("one", "two", "three"):
        to_yaml(tmp_path / "deep" / f"{name}.csv", "value,signal\n" + "1,0.5\n-1,1\n" * 20)
    raw = tiny(
        landscape={"kind": "table", "path": "one.csv"},
        conditions={
            "a": {},
            "b": {"landscape.path": "two.csv", "selection.beta": 1},
            "c": {"landscape": {"kind": "table", "path": "./three.csv"}, "selection.beta": 2},
        },
        sweep={"landscape.path": ["one.csv", "two.csv"]},
    )
    to_yaml(tmp_path / "deep" / "e.yaml", raw)
    given, shown = sent_back(main, tmp_path, "deep/e.yaml")
    assert shown == given


def test_show_of_a_manifest_reads_back_the_same(main: Any, tmp_path: Path, tiny: Any) -> None:
    run(tiny(), out=tmp_path / "out")
    given, shown = sent_back(main, tmp_path, "out/manifest.json")
    assert shown == given == design(read(tiny()))


def test_show_has_every_default_and_says_how_many_runs(
    main: Any, tmp_path: Path, to_yaml: Any
) -> None:
    to_yaml(tmp_path / "e.yaml", {"conditions": {"a": {}, "b": {"selection.beta": 1}}})
    answer = main("show", "e.yaml", cwd=tmp_path)
    assert re.search(r"^# .*\b100 runs\b", answer.out, re.M)
    shown = yaml.safe_load(answer.out)
    assert shown["population"]["size"] == 300
    assert shown["population"]["capability"] == {"mean": 50.0, "sd": 10.0}
    assert shown["landscape"]["clusters"][1]["name"] == "Neutral"
    assert shown["oversight"]["sensitivity"] == 0.8
    assert shown["conduct"]["episodes"] == "expected"
    assert shown["record"] == {"measures": "all", "every": 1, "agents_at": [], "prevalence": 0.9}
    assert shown["conditions"] == {"a": {}, "b": {"selection.beta": 1}}
    assert not list(tmp_path.glob("runs"))


# ------------------------------------------------------------ status


def test_status_of_finished_running_and_interrupted_folders(
    main: Any, tmp_path: Path, tiny: Any
) -> None:
    path = run(tiny(), out=tmp_path / "out")
    answer = main("status", "out", cwd=tmp_path)
    assert answer.code == 0
    assert answer.out == "out: tiny, finished: 2 of 2 runs done, 0 failed, 0 left\n"
    with RunFolder(path).locked():
        assert "running" in main("status", "out", cwd=tmp_path).out
    next((path / "runs").iterdir()).unlink()
    answer = main("status", "out", cwd=tmp_path)
    assert "interrupted: 0 of 2 runs done, 0 failed, 2 left" in answer.out
    assert "peckham resume out" in answer.out


# ------------------------------------------------------------ published


@pytest.fixture(scope="module")
def scenarios(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder above ``l4``, two runs of each published scenario."""
    place = tmp_path_factory.mktemp("scenarios")
    run("eicher2026-scenarios", replicates=2, out=place / "l4")
    return place


def test_published_shows_each_condition_beside_the_published_one(
    main: Any, scenarios: Path
) -> None:
    answer = main("published", "l4", cwd=scenarios)
    assert answer.code == 0, answer
    header, *lines = answer.out.splitlines()
    assert {"mean", "published_mean", "difference", "ks", "p_holm"} <= set(header.split())
    table = {(line.split()[0], line.split()[2]): line.split() for line in lines[:21]}
    conditions = read("eicher2026-scenarios").conditions
    measures = ("proxy", "true_value", "deceptive_share")
    assert set(table) == {(c, m) for c in conditions for m in measures}
    place = header.split().index("published_mean")
    assert table["Mutation", "proxy"][1] == "L4/scenario_Mutation"
    assert table["Coverage_Mid", "proxy"][1] == "-"
    assert table["Combined_Dynamic_Mutation", "deceptive_share"][place] == "0.3846"
    assert table["Coverage_Mid", "proxy"][place] == "-"


def test_published_shows_citation_and_caveats(main: Any, scenarios: Path) -> None:
    said = main("published", "l4", cwd=scenarios).out
    assert about()["citation"] in said
    for caveat in about()["caveats"]:
        assert caveat in said


def test_published_shows_trajectories_when_asked(main: Any, scenarios: Path) -> None:
    plain = main("published", "l4", cwd=scenarios).out
    answer = main("published", "l4", "--trajectories", cwd=scenarios)
    assert answer.code == 0, answer
    more = set(answer.out.splitlines()) - set(plain.splitlines())
    rows = [line for line in more if line.split()[:1] == ["Mutation"]]
    assert len(rows) == 12  # three measures at generations 1, 5, 20 and 99


# ------------------------------------------------------------ theory, fixation, plot


@pytest.fixture(scope="module")
def drifting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder above ``drift``, small runs with neutral twins."""
    place = tmp_path_factory.mktemp("drifting")
    spec = {
        "generations": 8,
        "replicates": 40,
        "controls": ["neutral"],
        "population": {"size": 6, "beliefs_per_agent": 3},
        "landscape": {"beliefs": 30},
    }
    run(spec, out=place / "drift")
    return place


def test_theory_check_prints_limits_and_verdicts(main: Any, drifting: Path) -> None:
    answer = main("theory", "check", "drift", cwd=drifting)
    assert answer.code == 0, answer
    header, *lines = answer.out.splitlines()
    assert {"limit", "expected", "observed", "p_holm", "verdict"} <= set(header.split())
    assert any("1/effective founders in generation 1" in line for line in lines)
    assert "agrees" in answer.out


def test_theory_check_says_where_it_disagrees(
    main: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from peckham.agents.selection.neutral import Neutral

    honest = Neutral.select

    def select(self: Neutral, fitness: Any, rng: Any, removed: Any = None) -> Any:
        found = honest(self, fitness, rng)
        return type(found)(found.parents // 2, found.born, found.probabilities)

    monkeypatch.setattr(Neutral, "select", select)
    spec = {"generations": 5, "replicates": 50, "selection": {"kind": "neutral"}}
    run({**spec, "population": {"size": 20, "beliefs_per_agent": 3}}, out=tmp_path / "wrong")
    answer = main("theory", "check", "wrong", cwd=tmp_path)
    assert answer.code == 1
    assert "disagrees" in answer.out


def test_fixation_prints_three_tables(main: Any, drifting: Path) -> None:
    answer = main("fixation", "drift", cwd=drifting)
    assert answer.code == 0, answer
    for words in ("One lineage has fixed", "The schemer allele", "Beliefs", "censored", "at_once"):
        assert words in answer.out


@pytest.mark.parametrize("figure", ["trajectories", "heterozygosity", "fixation"])
def test_plot_draws_into_a_file(main: Any, drifting: Path, figure: str) -> None:
    answer = main("plot", figure, "drift", "--out", f"{figure}.svg", cwd=drifting)
    assert answer.code == 0, answer
    assert answer.out.strip() == f"{figure}.svg"
    assert (drifting / f"{figure}.svg").read_text().startswith("<?xml")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plot", "pie", "drift"], "no figure is called 'pie'; known: fixation"),
        (["plot", "fixation", "drift", "--out", "x.gif"], "must end in .png, .pdf, .svg"),
        (["plot", "fixation", "drift", "--out", "no/x.png"], "there is no folder no"),
        (["plot", "fixation", "drift", "--kind", "belief"], "must be lineage or schemer"),
        (["plot", "heterozygosity", "drift", "--measure", "proxy"], "--measure: the figure"),
        (["plot", "trajectories", "drift", "--by", "x"], "by: must be one of run, condition"),
        (["plot", "trajectories", "drift", "--measure", "x"], "no column 'x'"),
        (["theory", "check", "nowhere"], "nowhere"),
        (["trap", "nowhere"], "nowhere"),
        (["trap", "drift", "--window", "0"], "window: must be at least 1, got 0"),
        (["plot", "threshold", "drift"], "does not sweep population.capability.mean"),
        (["fixation", "nowhere"], "nowhere"),
    ],
)
def test_analysis_refuses_what_makes_no_sense(
    main: Any, drifting: Path, arguments: list[str], words: str
) -> None:
    before = sorted(drifting.iterdir())
    answer = main(*arguments, cwd=drifting)
    assert answer.code == 2, answer
    assert words in answer.err
    assert len(answer.err.splitlines()) == 1
    assert sorted(drifting.iterdir()) == before


# ------------------------------------------------------------ show --order


def test_order_names_every_stage_and_the_parts_in_it(
    main: Any, tmp_path: Path, to_yaml: Any
) -> None:
    content = {
        "name": "order",
        "interventions": [{"kind": "adaptive_test", "interval": 3}],
        "conditions": {"base": {}, "watched": {"oversight.level": 0.5}},
    }
    to_yaml(tmp_path / "e.yaml", content)
    answer = main("show", "e.yaml", "--order", cwd=tmp_path)
    assert answer.code == 0, answer.err
    lines = answer.out.splitlines()
    assert [line.split()[1] for line in lines[::2]] == [*STAGES]
    acting = dict(zip(STAGES, lines[1::2], strict=True))
    assert "→ adaptive_test" in acting["intervene"]
    assert "single detection [watched]" in acting["assess"]
    assert "nothing acts here" in acting["recombine"]


def test_order_tells_what_acts_in_every_mechanism() -> None:
    spec = resolve(
        {
            "reproduction": {
                "mutation_rate": 0.1,
                "recombination_rate": 0.1,
                "capability_sd": 1.0,
                "strategy_flip_rate": 0.1,
            },
            "conduct": {"allele_assortment": 0.5},
            "oversight": {"level": 0.5},
            "interventions": [{"kind": "improving_evaluator"}],
        }
    )
    assert {stage for stage, _ in acting(spec)} == {*STAGES}


# ------------------------------------------------------------ terminals and paths


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
@pytest.mark.parametrize("command", [["list"], ["columns"], ["show", "treacherous-turn"]])
def test_a_terminal_may_lack_characters(encoding: str, command: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [str(SCRIPT), *command],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_show_reads_back_from_any_terminal(tmp_path: Path, to_yaml: Any, tiny: Any) -> None:
    raw = tiny(conditions={"Prüfung δ": {}})
    to_yaml(tmp_path / "e.yaml", raw)
    done = subprocess.run(
        [str(SCRIPT), "show", "e.yaml"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        check=True,
    )
    (tmp_path / "shown.yaml").write_bytes(done.stdout)
    assert design(read(tmp_path / "shown.yaml")) == design(read(raw))


@pytest.mark.parametrize(
    "words",
    [
        "run {}",
        "run {}.yaml",
        "run goodhart-curve --out {}",
        "resume {}",
        "status {}",
        "trap {}",
        "show treacherous-turn --set name={}",
        "show treacherous-turn --set landscape.kind=table --set landscape.path={}",
    ],
)
def test_a_name_that_is_too_long_is_one_line(words: str, main: Any, tmp_path: Path) -> None:
    answer = main(*words.format("x" * 300).split(), cwd=tmp_path)
    assert answer.code == 2
    assert len(answer.err.splitlines()) == 1
    assert answer.err.startswith("peckham: ")
