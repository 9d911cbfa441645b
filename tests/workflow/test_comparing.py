"""The commands compare, ablate, power and frontier: formats, files, words and errors."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from peckham.analysis import ablation, compare, frontier, power
from peckham.experiments import run

Main = Any
SPEC: dict[str, Any] = {
    "generations": 10,
    "replicates": 7,
    "controls": ["neutral"],
    "population": {"size": 20, "beliefs_per_agent": 5},
    "landscape": {"kind": "clustered", "beliefs": 100},
    "battery": {"questions": 10},
    "reproduction": {"mutation_rate": 0.02},
    "conditions": {
        "baseline": {},
        "a | b": {"oversight.level": 0.6},
        "improving": {
            "interventions": [
                {"kind": "improving_evaluator", "interval": 3, "form": "exact", "rate": 0.5}
            ]
        },
    },
}

COMMANDS = {
    "compare": (
        ["--on", "proxy,deceptive_share"],
        lambda p: compare(p, on="proxy,deceptive_share"),
    ),
    "power": (["--on", "proxy", "--effect", "0.1"], lambda p: power(p, "proxy", 0.1)),
    "frontier": (["--safety", "commission_harm"], lambda p: frontier(p, safety="commission_harm")),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparing")
    run(SPEC, out=folder / "r")
    (folder / "e.yaml").write_text(json.dumps(SPEC))
    return folder


@pytest.mark.parametrize("name", COMMANDS)
def test_tables_are_unrounded_in_every_format(name: str, place: Path, main: Main) -> None:
    options, function = COMMANDS[name]
    table = function(place / "r")
    text = table.to_csv(index=False)
    answer = main(name, "r", *options, "--format", "csv", cwd=place)
    assert answer.code == 0
    assert answer.out == text
    rows = json.loads(main(name, "r", *options, "--format", "json", cwd=place).out)
    assert [list(row) for row in rows] == [list(table)] * len(table)
    numbers = table.select_dtypes("float").columns
    for row, original in zip(rows, table.to_dict("records"), strict=True):
        for column in numbers:
            value = original[column]
            assert row[column] == (None if pd.isna(value) else value)
    markdown = main(name, "r", *options, "--format", "markdown", cwd=place).out.splitlines()
    assert len(markdown) == 2 + len(table)
    assert all(len(re.split(r"(?<!\\)\|", line)) == len(table.columns) + 2 for line in markdown)


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".md", ".html"])
def test_tables_are_written_unrounded(suffix: str, place: Path, tmp_path: Path, main: Main) -> None:
    out = tmp_path / f"table{suffix}"
    answer = main("compare", "r", "--on", "proxy", "--out", str(out), cwd=place)
    assert answer.code == 0
    assert answer.out.startswith("proxy (score)")
    table = compare(place / "r", on="proxy")
    if suffix == ".csv":
        read = pd.read_csv(out).drop(columns="better")
        pd.testing.assert_frame_equal(read, table.drop(columns="better"), check_dtype=False)
    elif suffix == ".parquet":
        pd.testing.assert_frame_equal(pd.read_parquet(out), table, check_dtype=False)
    else:
        content = out.read_text("utf-8")
        assert all(repr(float(value)) in content for value in table["difference"])
        assert "a \\| b" in content or "<td>a | b</td>" in content


def test_text_fits_into_100_columns_with_twelve_conditions(tmp_path: Path, main: Main) -> None:
    conditions = {
        f"condition number {k} of a dozen": {"selection.beta": k + 1.0} for k in range(12)
    }
    run({**SPEC, "replicates": 3, "conditions": conditions}, out=tmp_path / "r")
    lines = main("compare", "r", cwd=tmp_path).out.splitlines()
    assert max(map(len, lines)) <= 100
    assert sum(line.startswith("delivered") for line in lines) == 1
    assert any("too few replicates: with 3 pairs no p can be below 0.05; 6 or more" in line
               for line in lines)  # fmt: skip


def test_words_count_what_the_table_shows(place: Path, main: Main) -> None:
    out = " ".join(main("compare", "r", "--on", "oversight_cost", cwd=place).out.split())
    assert "Against baseline, 1 of 2 conditions raises oversight_cost beyond chance." in out
    assert "by selection: (condition - its twin) - (baseline - its twin)" in out
    assert "identical" in out


def test_without_twins_it_says_that_it_cannot_tell(tmp_path: Path, main: Main) -> None:
    run({**SPEC, "controls": [], "replicates": 2}, out=tmp_path / "r")
    out = main("compare", "r", cwd=tmp_path).out
    assert "Without neutral twins, selection cannot be told from relabelling" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["compare", "r", "--baseline", "nobody"], "baseline: no condition is called 'nobody'"),
        (["compare", "r", "--on", "nothing"], "did not record nothing"),
        (["compare", "r", "--at", "10"], "has no row of generation 10"),
        (["compare", "r", "--out", "x.txt"], "--out: must end in .csv, .parquet, .md, .html"),
        (["compare", "r", "--out", "nowhere/x.csv"], "there is no folder nowhere"),
        (["compare", "nowhere"], "there is no folder nowhere"),
        (["power", "r", "--on", "proxy", "--effect", "nan"], "effect: must be finite and not 0"),
        (["frontier", "r", "--safety", "usefulness"], "must be three measures"),
        (["ablate", "e.yaml"], "--of: name the condition to ablate, one of baseline, a | b"),
        (["ablate", "e.yaml", "--of", "x"], "--of: no condition is called 'x'"),
        (["ablate", "e.yaml", "--of", "baseline"], "sets nothing, so there is nothing to ablate"),
        (["plot", "phase", "r"], "needs two swept paths"),
        (["plot", "forest", "r", "--measure", "nothing"], "did not record nothing"),
    ],
)
def test_mistakes_are_one_line(arguments: list[str], said: str, place: Path, main: Main) -> None:
    before = sorted(path.name for path in place.iterdir())
    answer = main(*arguments, cwd=place)
    assert answer.code == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1
    assert sorted(path.name for path in place.iterdir()) == before


# ------------------------------------------------------------ ablation


def test_an_ablation_runs_each_part_alone_and_left_out(tmp_path: Path, main: Main) -> None:
    parts = [
        {"kind": "improving_evaluator", "interval": 3, "form": "exact", "rate": 0.5},
        {"kind": "adaptive_test", "interval": 4, "scored_on": "value"},
    ]
    conditions = {"plain": {}, "full": {"oversight.level": 0.6, "interventions": parts}}
    spec = {**SPEC, "controls": [], "conditions": conditions}
    (tmp_path / "e.yaml").write_text(json.dumps(spec))
    answer = main("ablate", "e.yaml", "--of", "full", "--on", "proxy", "--format", "csv",
                  "--out", "r", cwd=tmp_path)  # fmt: skip
    assert answer.code == 0
    names = ["improving_evaluator", "adaptive_test", "oversight.level"]
    rows = pd.read_parquet(tmp_path / "r" / "runs")
    wanted = ["none", *(f"only {n}" for n in names), "all", *(f"all but {n}" for n in names)]
    assert sorted(rows["condition"].unique()) == sorted(wanted)
    assert len(rows) == 8 * 2 * 7  # every run with its twin
    table = pd.read_csv(io.StringIO(answer.out))
    assert table["part"].tolist() == names
    plain = rows[rows["control"] == "none"].set_index(["condition", "replicate"])["proxy"]
    for row in table.to_dict("records"):
        alone = (plain[f"only {row['part']}"] - plain["none"]).mean()
        last = (plain["all"] - plain[f"all but {row['part']}"]).mean()
        assert row["alone"] == pytest.approx(alone)
        assert row["last"] == pytest.approx(last)
        assert row["last_low"] <= row["last"] <= row["last_high"]
    pd.testing.assert_frame_equal(ablation(tmp_path / "r", "proxy"), table, check_dtype=False)
    # what a condition names is what the same condition of an ordinary experiment gives
    run({**spec, "conditions": {"full": conditions["full"]}}, out=tmp_path / "full")
    full = pd.read_parquet(tmp_path / "full" / "runs").set_index("replicate")["proxy"]
    assert plain["all"].sort_index().tolist() == full.sort_index().tolist()


def test_an_ablation_of_two_interventions_needs_no_condition(tmp_path: Path, main: Main) -> None:
    spec = {name: value for name, value in SPEC.items() if name != "conditions"}
    spec["interventions"] = [
        {"kind": "improving_evaluator", "interval": 3},
        {"kind": "adaptive_test", "interval": 4},
    ]
    (tmp_path / "two.yaml").write_text(json.dumps(spec))
    answer = main("ablate", "two.yaml", "--replicates", "2", cwd=tmp_path)
    assert answer.code == 0
    assert "No part is shown to change delivered." in answer.out
    folder = tmp_path / "runs" / "two-ablation"
    rows = pd.read_parquet(folder / "runs")
    assert set(rows["condition"]) == {
        "none",
        "only improving_evaluator",
        "only adaptive_test",
        "all",
    }
    table = ablation(folder, "proxy").set_index("part")
    plain = rows[rows["control"] == "none"].set_index(["condition", "replicate"])["proxy"]
    last = (plain["all"] - plain["only improving_evaluator"]).mean()
    assert table.loc["adaptive_test", "last"] == pytest.approx(last)
    with pytest.raises(ValueError, match="is no ablation"):
        ablation(run({**spec, "generations": 2, "replicates": 1}, out=tmp_path / "other"))


# ------------------------------------------------------------ frontier


def test_dominated_conditions_are_those_of_the_definition(place: Path) -> None:
    names = {"proxy": 1, "usefulness": 1, "oversight_cost": -1}
    table = frontier(place / "r", safety="proxy").set_index("condition")
    rows = pd.read_parquet(place / "r" / "runs")
    means = rows[rows["control"] == "none"].groupby("condition")[list(names)].mean()
    for name in names:
        assert table[name].to_dict() == pytest.approx(means[name].to_dict())
    signed = means * pd.Series(names)
    for one in means.index:
        gaps = signed - signed.loc[one]
        dominating = list(gaps.index[(gaps >= 0).all(axis=1) & (gaps > 0).any(axis=1)])
        assert table.loc[one, "dominated"] == bool(dominating)
        if dominating:
            assert table.loc[one, "dominated_by"] in dominating


@pytest.mark.parametrize("command", [["fixation"], ["trap"], ["theory", "check"]])
def test_other_tables_have_the_same_formats(
    command: list[str], place: Path, tmp_path: Path, main: Main
) -> None:
    out = tmp_path / "table.csv"
    text = main(*command, "r", "--out", str(out), cwd=place)
    assert text.code == 0
    csv = main(*command, "r", "--format", "csv", cwd=place)
    assert csv.out == out.read_text("utf-8")
    rows = json.loads(main(*command, "r", "--format", "json", cwd=place).out)
    assert len(rows) == len(pd.read_csv(out)) > 0
    assert all(row["condition"] in SPEC["conditions"] for row in rows)
    assert main(*command, "r", "--format", "yaml", cwd=place).code == 2
