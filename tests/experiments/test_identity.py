"""Identity: what makes two run folders hold the same rows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from peckham.agents import resolve
from peckham.experiments import Experiment, ExperimentError, read, resume, run, status
from peckham.experiments.design import design
from peckham.experiments.experiment import IDENTITY_FIELDS, OTHER_FIELDS
from peckham.experiments.identity import ADDED, content, identity, without_added

Tiny = Callable[..., dict[str, Any]]

RICH: dict[str, Any] = {
    "record": {"measures": ["proxy", "true_value"], "agents_at": [1], "prevalence": 0.8},
    "reproduction": {"mutation_rate": 0.1},
    "landscape": {
        "beliefs": 40,
        "global_correlation": 0.2,
        "clusters": [{"name": "A", "share": 0.5, "rho": 0.1}, {"name": "B", "share": 0.5}],
    },
    "battery": {"kind": "coverage", "questions": 6, "held_out": 2, "density": 0.3, "coverage": 0.5},
    "interventions": [
        {"kind": "adaptive_test", "interval": 2, "start": 1, "max_questions": 9},
        {"kind": "improving_evaluator", "when": {"measure": "proxy", "above": 0.2}},
    ],
}

MUST_COUNT = {
    "generations",
    "record.measures",
    "record.agents_at",
    "record.prevalence",
    "population.size",
    "population.beliefs_per_agent",
    "population.capability.mean",
    "population.capability.sd",
    "population.schemers",
    "landscape.beliefs",
    "landscape.global_correlation",
    "landscape.clusters.A.name",
    "landscape.clusters.A.mu_v",
    "landscape.clusters.B.mu_a",
    "landscape.clusters.A.sigma_v",
    "landscape.clusters.B.sigma_a",
    "landscape.clusters.A.rho",
    "landscape.clusters.B.share",
    "battery.questions",
    "battery.held_out",
    "battery.density",
    "battery.coverage",
    "selection.beta",
    "reproduction.mutation_rate",
    "deployment.pressure",
    "deployment.shift",
    "interventions.adaptive_test.interval",
    "interventions.adaptive_test.start",
    "interventions.adaptive_test.scored_on",
    "interventions.adaptive_test.max_questions",
    "interventions.improving_evaluator.target",
    "interventions.improving_evaluator.rate",
    "interventions.improving_evaluator.form",
    "interventions.improving_evaluator.when.above",
}
"""Settings that the rich experiment has and that must be found to change its identity."""


def of(raw: Any, **arguments: Any) -> str:
    """Return the identity of an experiment."""
    return identity(design(read(raw, **arguments)))


def leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the paths of a resolved experiment's settings and their values."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from leaves(value, f"{path}.{key}" if path else key)
    elif isinstance(tree, list) and any(isinstance(item, dict) for item in tree):
        for item in tree:
            yield from leaves(item, f"{path}.{item['name']}")
    else:
        yield path, tree


def others(value: Any) -> list[Any]:
    """Return values of the same kind to try in place of one."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1, value - 1]
    if isinstance(value, float):
        return [value * 0.5 + 0.01, value + 1.0]
    if isinstance(value, str):
        return ["value", "keep_scale", "published", "Else"]
    if isinstance(value, list):
        return [[0], ["proxy", "capability"], ["proxy"]]
    return [0.5, 1]


def test_every_field_of_an_experiment_is_classified() -> None:
    names = {field.name for field in fields(Experiment)}
    unclassified = names - IDENTITY_FIELDS - OTHER_FIELDS
    assert not unclassified, f"do {unclassified} change rows? add them to one of the two sets"
    assert names == IDENTITY_FIELDS | OTHER_FIELDS
    assert not IDENTITY_FIELDS & OTHER_FIELDS


def test_names_replicates_and_texts_do_not_count(tiny: Tiny) -> None:
    same = of(tiny())
    for key, value in [
        ("name", "other"),
        ("replicates", 9),
        ("description", "A line."),
        ("source", "Somebody 2026"),
    ]:
        assert of(tiny(**{key: value})) == same, key
    assert of(tiny(), replicates=5) == same
    assert of(tiny(), overrides={"selection.beta": 3.0}) == same  # what the base has already


def test_workers_and_place_do_not_count(tiny: Tiny, here: Path) -> None:
    from peckham.analysis import load

    first = run(tiny(), out=here / "first", workers=1)
    second = run(tiny(), out=here / "second")
    hashes = [load(path).manifest["identity"] for path in (first, second)]
    assert hashes[0] == hashes[1]
    assert hashes[0]["hash"] == of(tiny())


def test_defaults_that_are_written_out_do_not_count(tiny: Tiny) -> None:
    raw = tiny()
    assert of(read(raw).as_file()) == of(raw)


def test_every_other_setting_counts(tiny: Tiny) -> None:
    raw = tiny(**RICH)
    same = of(raw)
    counted: set[str] = set()
    without_effect: set[str] = set()
    for path, value in leaves(read(raw).base):
        for other in others(value):
            if other == value:
                continue
            try:
                found = of(raw, overrides={path: other})
            except ExperimentError:
                continue  # not a value that this setting may have
            (counted if found != same else without_effect).add(path)
            break
    assert not without_effect
    assert counted >= MUST_COUNT, MUST_COUNT - counted


@pytest.mark.parametrize(
    "blocks",
    [
        {"seed": 8},
        {"controls": ["neutral"]},
        {"conditions": {"other": {}}},
        {"conditions": {"base": {"selection.beta": 4.0}}},
        {"conditions": {"base": {}, "two": {}}},
        {"sweep": {"selection.beta": [3.0]}},
        {"sweep": {"selection.beta": [3.0, 4.0]}},
        {"selection": {"kind": "neutral"}},
        {"interventions": [{"kind": "adaptive_test"}]},
    ],
    ids=str,
)
def test_what_varies_counts(blocks: dict[str, Any], tiny: Tiny) -> None:
    assert of(tiny(**blocks)) != of(tiny())


# ------------------------------------------------------------ parameters that came later

WITH_OVERSIGHT: dict[str, Any] = {
    "name": "before",
    "generations": 4,
    "replicates": 2,
    "seed": 7,
    "population": {"size": 10, "beliefs_per_agent": 5},
    "landscape": {"kind": "clustered", "beliefs": 40},
    "battery": {"kind": "simple", "questions": 6},
    "oversight": {"level": 0.3, "audit": 0.5},
    "sweep": {"oversight.penalty": [1.0, 2.0]},
}

BEFORE_DETECTION = "f60f3bfb6608bfde9ca99886eb0937fd4f0fbce13b0f028685d20a5f916e9fc5"
"""What its identity was before there was a field ``oversight.detection``."""


def test_what_came_later_is_left_out_at_what_was_before() -> None:
    given = resolve({}).model_dump()
    for (block, name), before in ADDED.items():
        assert given[block][name] == before, "not what a file that does not name it means"
        other = {**given, block: {**given[block], name: {"kind": "something else"}}}
        assert name not in without_added(given)[block]
        assert without_added(other)[block][name] == other[block][name]
    (found,) = content(design(read({"name": "bare"})))["variants"].values()
    assert "detection" not in found["oversight"]
    assert "scaling" in found["oversight"]


def test_a_parameter_that_an_intervention_got_later_is_left_out_at_its_default() -> None:
    responsive = {"kind": "responsive_oversight", "gain": 2.0}
    plain = {"oversight": {"level": 0.2}, "interventions": [responsive]}
    (found,) = content(design(read(plain)))["variants"].values()
    assert "on" not in found["interventions"][0]
    assert of({**plain, "interventions": [{**responsive, "on": "caught"}]}) == of(plain)
    assert of({**plain, "interventions": [{**responsive, "on": "schemers"}]}) != of(plain)


def test_the_identity_is_what_it_was() -> None:
    assert of(WITH_OVERSIGHT) == BEFORE_DETECTION


def test_a_run_folder_of_before_is_gone_on_with(here: Path) -> None:
    folder = run(WITH_OVERSIGHT, out=here / "before")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    for block, name in ADDED:
        del manifest["resolved"][block][name]
    assert manifest["identity"]["hash"] == BEFORE_DETECTION
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert run(WITH_OVERSIGHT, out=folder) == folder  # it holds all runs already
    resume(folder, replicates=3)
    assert status(folder).done == 6


# ------------------------------------------------------------ tables


def of_table(tiny: Tiny, path: Path) -> str:
    return of(tiny(landscape={"kind": "table", "path": str(path)}))


def test_a_tables_content_counts_and_its_place_does_not(
    tiny: Tiny, table: Callable[..., Path]
) -> None:
    first = table("first.csv")
    same = of_table(tiny, first)
    assert of_table(tiny, table("deep/copy.csv")) == same
    assert of_table(tiny, table("other.csv", shift=1.0)) != same
    os.utime(first, (1, 1))
    assert of_table(tiny, first) == same
    text = first.read_text("utf-8")
    first.write_text(text.replace("left", "leeft", 1), "utf-8")
    assert of_table(tiny, first) != same


def test_a_swept_tables_place_does_not_count(tiny: Tiny, table: Callable[..., Path]) -> None:
    def swept(folder: str) -> str:
        paths = [str(table(f"{folder}/one.csv")), str(table(f"{folder}/two.csv", shift=1.0))]
        block = {"kind": "table", "path": paths[0]}
        return of(tiny(landscape=block, sweep={"landscape.path": paths}))

    assert swept("here") == swept("there")
