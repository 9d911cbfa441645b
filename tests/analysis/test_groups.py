"""Groups of runs: null keys, runs of unequal length, and the one function that groups."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pandas as pd
import pytest

from peckham.analysis import load
from peckham.analysis.groups import as_text, by_key, chosen, kinds_of_run
from peckham.analysis.plots.trajectories import trajectories
from peckham.analysis.trap import MATRIX, final_fields, trap
from peckham.experiments import ExperimentError, run

ROOT = Path(__file__).resolve().parents[2]

SMALL: dict[str, Any] = {
    "generations": 12,
    "replicates": 2,
    "population": {"size": 10, "beliefs_per_agent": 3},
    "landscape": {"kind": "clustered", "beliefs": 40},
    "battery": {"questions": 6},
}

# ------------------------------------------------------------ who may group

DROP_NULLS = {"groupby", "pivot", "pivot_table", "crosstab", "value_counts", "unstack", "Grouper"}
"""What leaves out null keys, or merges them, unless it is told not to."""

ALLOWED = "analysis/groups.py"


def offenders(sources: dict[str, str]) -> Iterator[str]:
    """Yield each use of what drops null keys, outside the one function that may group.

    Arguments such as ``hue=`` make seaborn group, and it drops nulls too.
    """
    for name, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            used = (
                node.attr
                if isinstance(node, ast.Attribute)
                else node.name
                if isinstance(node, ast.alias)
                else node.arg
                if isinstance(node, ast.keyword)
                else None
            )
            if used in DROP_NULLS | {"hue", "units"} and name != ALLOWED:
                yield f"{name}:{getattr(node, 'lineno', 0)} uses {used}"
            if name == ALLOWED and isinstance(node, ast.Call) and used_in(node) == "groupby":
                told = {k.arg: ast.unparse(k.value) for k in node.keywords}
                if told.get("dropna") != "False":
                    yield f"{name}:{node.lineno} groups without dropna=False"


def used_in(call: ast.Call) -> str | None:
    return call.func.attr if isinstance(call.func, ast.Attribute) else None


def written() -> dict[str, str]:
    return {
        str(path.relative_to(ROOT)): path.read_text("utf-8")
        for folder in ("agents", "experiments", "analysis", "benchmarks")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }


def test_nothing_but_one_function_groups() -> None:
    sources = written()
    assert ALLOWED in sources
    assert list(offenders(sources)) == []


@pytest.mark.parametrize(
    "planted",
    [
        "rows.groupby('condition').mean()",
        "rows.groupby('condition', dropna=False).mean()",
        "import pandas as pd\npd.crosstab(a, b)",
        "from pandas import crosstab",
        "rows.pivot(index='a', columns='b')",
        "rows['x'].value_counts()",
        "sns.lineplot(rows, x='generation', y='proxy', hue='oversight.audit')",
        "f = rows.groupby",
    ],
)
def test_a_planted_grouping_is_found(planted: str) -> None:
    assert list(offenders(written() | {"experiments/new.py": planted}))


def test_the_one_function_must_keep_nulls() -> None:
    sources = written()
    broken = sources[ALLOWED].replace("dropna=False", "dropna=True")
    assert broken != sources[ALLOWED]
    assert list(offenders(sources | {ALLOWED: broken}))


# ------------------------------------------------------------ null keys


@pytest.mark.parametrize(
    "keys", [[1.0, None, 2.0], [1, None, 2], ["a", None, "b"], [True, None, False]]
)
def test_null_is_a_key_like_any_other(keys: list[Any]) -> None:
    frame = pd.DataFrame({"key": keys * 2, "x": range(6)})
    if isinstance(keys[0], int) and not isinstance(keys[0], bool):
        frame["key"] = frame["key"].astype("Int64")
    groups = by_key(frame, ["key"])
    assert groups.ngroups == 3
    assert groups["x"].sum().tolist() == [0 + 3, 1 + 4, 2 + 5]


@pytest.fixture(scope="module")
def nulls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return 24 runs: two conditions, three sweep points with a null, twins, replicates."""
    spec = {
        **SMALL,
        "controls": ["neutral"],
        "conditions": {"a": {}, "b": {"selection.beta": 9.0}},
        "sweep": {"oversight.audit": [None, 0.0, 0.9]},
    }
    return run(spec, out=tmp_path_factory.mktemp("nulls") / "out")


def test_trap_lists_every_run_where_a_key_is_null(nulls: Path) -> None:
    table = final_fields(trap(nulls))
    assert len(table) == 12
    assert table["oversight.audit"].isna().sum() == 4
    assert table["runs"].sum() == 24
    assert table[list(MATRIX.values())].sum(axis=None) == 24


def test_trap_lists_every_run_of_grids_with_different_paths(tmp_path: Path) -> None:
    sweep = [{"oversight.audit": [0.5, 0.9]}, {"oversight.deployment": [0.3, 0.6]}]
    table = final_fields(trap(run({**SMALL, "sweep": sweep}, out=tmp_path / "out")))
    assert len(table) == 4
    assert table[list(MATRIX.values())].sum(axis=None) == 8


def test_kinds_of_run_have_all_runs_once(nulls: Path) -> None:
    log = load(nulls)
    kinds = kinds_of_run(log)
    assert sorted(number for kind in kinds for number in kind.runs) == list(range(24))
    for kind in kinds:
        rows = log.runs[log.runs["run"].isin(kind.runs)]
        for key, value in kind.key.items():
            assert all(pd.isna(x) if value is None else x == value for x in rows[key])
        assert kind.spec.oversight.audit == kind.key["oversight.audit"]


def test_trajectories_have_a_line_for_null(nulls: Path) -> None:
    mpl.use("agg")
    ax = trajectories(nulls, "proxy", by="oversight.audit")
    assert [line.get_label() for line in ax.lines] == ["null", "0", "0.9"]
    assert "each line is a mean over condition (a, b)" in ax.get_title("left").replace("\n", " ")


# ------------------------------------------------------------ runs of unequal length


@pytest.fixture(scope="module")
def lengths(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = {**SMALL, "sweep": {"generations": [4, 9]}}
    return run(spec, out=tmp_path_factory.mktemp("lengths") / "out")


def test_a_line_of_runs_of_unequal_length_says_so(lengths: Path) -> None:
    ax = trajectories(lengths, "proxy", by="condition")
    caption = ax.get_title("left").replace("\n", " ")
    assert "a mean over generations (4, 9)" in caption
    assert "from generation 4 on, a line has the longer runs only" in caption
    assert not trajectories(lengths, "proxy").get_title("left")


def test_every_run_ends_in_its_own_last_generation(lengths: Path) -> None:
    rows = trap(lengths)
    table = final_fields(rows.sample(frac=1.0, random_state=1)).set_index("generations")
    assert table["runs"].to_dict() == {4: 2, 9: 2}
    for length in (4, 9):
        ends = rows[(rows["generations"] == length) & (rows["generation"] == length - 1)]
        for field in MATRIX.values():
            assert table.loc[length, field] == (ends["field"] == field).sum()


# ------------------------------------------------------------ choosing runs


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ({}, 12),
        ({"condition": "b"}, 6),
        ({"oversight.audit": "null"}, 4),
        ({"oversight.audit": None}, 4),
        ({"oversight.audit": "0"}, 4),
        ({"oversight.audit": 0.9, "control": "none"}, 2),
        ({"oversight.audit": "0.90"}, 4),
    ],
)
def test_runs_are_chosen_by_value(nulls: Path, where: dict[str, Any], number: int) -> None:
    kinds = kinds_of_run(load(nulls))
    assert len(chosen(kinds, where)) == number


def test_names_that_look_like_numbers_are_told_apart(tmp_path: Path) -> None:
    conditions: dict[str, Any] = {"1": {}, "01": {"selection.beta": 2.0}}
    kinds = kinds_of_run(load(run({**SMALL, "conditions": conditions}, out=tmp_path / "out")))
    for name in conditions:
        assert [kind.key["condition"] for kind in chosen(kinds, {"condition": name})] == [name]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"replicate": 1}, "where: must be one of condition, oversight.audit, control, got 'rep"),
        ({"oversight.audit": 0.5}, "oversight.audit has the values null, 0, 0.9, got 0.5"),
        ({"condition": "c"}, "condition has the values a, b, got c"),
    ],
)
def test_choosing_what_is_not_there_is_refused(
    nulls: Path, where: dict[str, Any], words: str
) -> None:
    with pytest.raises(ExperimentError, match=words):
        chosen(kinds_of_run(load(nulls)), where)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (20.0, "20"),
        (1e6, "1000000"),
        (1000000, "1000000"),
        (0.1 + 0.2, "0.30000000000000004"),
        (1e-5, "1e-05"),
        (None, "null"),
        (float("nan"), "null"),
        (True, "true"),
        ("01", "01"),
    ],
)
def test_values_are_named_without_loss(value: Any, text: str) -> None:
    assert as_text(value) == text
