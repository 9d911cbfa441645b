"""Kinds of run that differ have different keys, or the file is refused before it runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peckham.analysis import load
from peckham.experiments import ExperimentError, read, run
from peckham.experiments.design import design
from peckham.experiments.errors import ExperimentWarning
from peckham.experiments.idle import idle_interventions

Tiny = Callable[..., dict[str, Any]]
LATER = "interventions.later"
SET = {"kind": "set", "name": "later", "path": "oversight.level", "value": 0.0, "at": [2]}


def keys(raw: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(v.swept.values()) for v in design(read(raw)).variants]


def test_a_column_of_several_types_is_text(tiny: Tiny, here: Path) -> None:
    raw = tiny(
        oversight={"level": 0.3},
        interventions=[SET],
        sweep=[
            {f"{LATER}.path": ["oversight.level"], f"{LATER}.value": [0.0, 0.8]},
            {f"{LATER}.path": ["conduct.horizon"], f"{LATER}.value": [True, False]},
        ],
    )
    runs = load(run(raw, out=here / "out")).runs
    assert (runs["status"] == "done").all()
    assert runs[f"{LATER}.value"].tolist() == ["0.0", "0.8", "true", "false"] * 2
    assert run(raw, out=here / "out") == here / "out"  # the folder is known as complete


@pytest.mark.parametrize(
    "sweep",
    [
        {"interventions.adaptive_test.kind": ["improving_evaluator", "responsive_oversight"]},
        {"interventions.adaptive_test.name": ["a", "b"]},
        {"interventions.adaptive_test.kind": ["improving_evaluator"]},
        {"selection.beta": [0.0, -0.0]},
        {"selection.beta": [1, 1.0]},
        [{"selection.beta": [0.0]}, {"selection.beta": [-0.0]}],
        [{f"{LATER}.value": [0]}, {f"{LATER}.value": [-0.0]}],
        [{f"{LATER}.value": [1]}, {f"{LATER}.value": [1.0]}],
    ],
)
def test_keys_that_cannot_be_told_apart_are_refused(sweep: Any, tiny: Tiny) -> None:
    raw = tiny(
        oversight={"level": 0.3}, interventions=[{"kind": "adaptive_test"}, SET], sweep=sweep
    )
    with pytest.raises(ExperimentError, match=r"^sweep") as caught:
        design(read(raw))
    assert "\n" not in str(caught.value)


def test_a_named_intervention_can_change_its_kind(tiny: Tiny) -> None:
    kinds = ["improving_evaluator", "responsive_oversight"]
    raw = tiny(
        oversight={"level": 0.3},
        interventions=[{"kind": "adaptive_test", "name": "it"}],
        sweep={"interventions.it.kind": kinds},
    )
    assert keys(raw) == [(kind,) for kind in kinds]


def test_null_is_a_value_like_any_other(tiny: Tiny) -> None:
    raw = tiny(oversight={"level": 0.3}, sweep={"oversight.audit": [None, 0.0, 0.9]})
    assert keys(raw) == [(None,), (0.0,), (0.9,)]


# ------------------------------------------------------------ interventions that never act


@pytest.mark.parametrize(
    ("schedule", "why"),
    [
        ({"at": [3]}, "after the last generation, 2"),
        ({"at": [500]}, "after the last generation, 2"),
        ({"interval": 3}, "after the last generation, 2"),
        ({"interval": 1, "start": 3}, "after the last generation, 2"),
        ({"when": {"measure": "schemers", "above": 1}}, "cannot be above 1"),
        ({"when": {"measure": "schemers", "below": 0}}, "cannot be below 0"),
        ({"when": {"measure": "held_out", "above": 0}}, "null without held-out questions"),
        (
            {"when": {"measure": "price_schemers_selection_realised", "above": 0}},
            "null under softmax",
        ),
    ],
)
def test_an_intervention_that_never_acts_is_reported(
    schedule: dict[str, Any], why: str, tiny: Tiny, here: Path
) -> None:
    raw = tiny(interventions=[{"kind": "set", "path": "selection.beta", "value": 1, **schedule}])
    with pytest.warns(ExperimentWarning, match=rf"^interventions\.set: .*{why}.*never acts"):
        run(raw, out=here / "out")


@pytest.mark.parametrize(
    "schedule",
    [
        {"at": [2]},
        {"at": [0, 500]},
        {"interval": 2},
        {"interval": 1, "start": 2},
        {"when": {"measure": "schemers", "above": 0.99}},
        {"when": {"measure": "effective_parents", "above": 3}},
    ],
)
def test_an_intervention_that_may_act_is_not(schedule: dict[str, Any], tiny: Tiny) -> None:
    raw = tiny(interventions=[{"kind": "set", "path": "selection.beta", "value": 1, **schedule}])
    assert not idle_interventions(design(read(raw)))


def test_following_a_measure_that_is_null_is_reported(tiny: Tiny) -> None:
    part = {"kind": "responsive_oversight", "on": "held_out"}
    raw = tiny(oversight={"level": 0.3}, interventions=[part], battery={"questions": 6})
    (found,) = idle_interventions(design(read(raw)))
    assert "held_out is null without held-out questions" in found
    raw["battery"]["held_out"] = 2
    assert not idle_interventions(design(read(raw)))


def test_one_run_in_which_it_acts_is_enough(tiny: Tiny) -> None:
    late = {"kind": "set", "path": "selection.beta", "value": 1, "at": [5]}
    assert not idle_interventions(
        design(read(tiny(interventions=[late], sweep={"generations": [3, 8]})))
    )
    assert idle_interventions(
        design(read(tiny(interventions=[late], sweep={"generations": [3, 4]})))
    )


@pytest.mark.parametrize("measure", ["deceptive_share", "questions", "unique_genomes"])
def test_a_trait_population_has_no_measures_of_beliefs(measure: str, tiny: Tiny) -> None:
    when = {"measure": measure, "above": 0.1}
    raw = tiny(
        population={"size": 10, "beliefs_per_agent": 0},
        interventions=[{"kind": "set", "path": "selection.beta", "value": 1, "when": when}],
    )
    (found,) = idle_interventions(design(read(raw)))
    assert "without beliefs" in found


# ------------------------------------------------------------ names and idle conditions


@pytest.mark.parametrize(
    "name", ["", "  ", "a\x1b[31m", "a\nb", "a\x00", "a\u202eb", "a\u200b", "n" * 300, "é" * 150]
)
def test_names_that_cannot_be_shown_are_refused(name: str, tiny: Tiny, here: Path) -> None:
    for raw in (tiny(name=name), tiny(conditions={name: {}})):
        with pytest.raises(ExperimentError, match=r"^(name|conditions): must") as caught:
            run(raw)
        assert str(caught.value).isprintable()
    assert not list(here.iterdir())


def test_long_and_foreign_names_are_fine(tiny: Tiny, here: Path) -> None:
    path = run(tiny(name="n" * 200, conditions={"Prüfung δ": {}}))
    assert path.name == "n" * 200
    assert set(load(path).runs["condition"]) == {"Prüfung δ"}


def test_a_condition_that_the_sweep_overrides_is_refused(tiny: Tiny) -> None:
    raw = tiny(
        conditions={"a": {}, "strong": {"selection.beta": 15}}, sweep={"selection.beta": [1, 2]}
    )
    with pytest.raises(ExperimentError, match=r"conditions\.strong: every point.*selection\.beta"):
        design(read(raw))


def test_a_condition_that_acts_at_one_point_is_fine(tiny: Tiny) -> None:
    raw = tiny(
        conditions={"a": {}, "strong": {"selection.beta": 15}},
        sweep=[{"selection.beta": [1, 2]}, {"battery.density": [0.2]}],
    )
    assert keys(raw) == [(1.0, 0.3), (2.0, 0.3), (3.0, 0.2), (1.0, 0.3), (2.0, 0.3), (15.0, 0.2)]


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\u202eb", "n" * 300, " "])
def test_clusters_of_a_table_have_names_that_can_be_shown(
    name: str, tiny: Tiny, write: Callable[[str, Any], Path]
) -> None:
    path = write("beliefs.csv", "value,signal,cluster\n" + f"1,2,{name}\n-1,1,b\n" * 20)
    with pytest.raises(ExperimentError, match=r"a cluster's name must") as caught:
        design(read(tiny(landscape={"kind": "table", "path": str(path)})))
    assert str(caught.value).isprintable()


def test_names_of_interventions_and_clusters_have_a_longest_length(tiny: Tiny) -> None:
    cluster = {"mu_v": 0.1, "mu_a": 0.1, "sigma_v": 1, "sigma_a": 1, "rho": 0, "share": 1}
    for raw in (
        tiny(interventions=[{"kind": "adaptive_test", "name": "n" * 201}]),
        tiny(landscape={"beliefs": 40, "clusters": [{"name": "n" * 201, **cluster}]}),
    ):
        with pytest.raises(ExperimentError, match="at most 200 characters"):
            design(read(raw))
