"""Wrong values of any setting: always one line for the user, never an error of ours."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from peckham.experiments import ExperimentError, read
from peckham.experiments.design import design

SOUND: dict[str, Any] = read(
    {
        "generations": 5,
        "record": {"measures": ["proxy"], "agents_at": [1]},
        "population": {"size": 12, "beliefs_per_agent": 4},
        "landscape": {"beliefs": 40, "clusters": [{"name": "A", "share": 1.0}]},
        "interventions": [
            {"kind": "adaptive_test", "interval": 2},
            {"kind": "improving_evaluator", "when": {"measure": "proxy", "above": 0.2}},
        ],
    }
).as_file()
"""An experiment with every default written out."""

WRONG = [None, "x", "two\nlines", [], {}, [1], {"a": 1}, {"kind": "x"}, True, -1, 1.5, float("nan")]


def places(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every block, list, item and value."""
    items: Any = tree.items() if isinstance(tree, dict) else ()
    if isinstance(tree, list):
        items = enumerate(tree)
    for key, value in items:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    """Return the sound experiment with another value at a path."""
    found = copy.deepcopy(SOUND)
    node: Any = found
    for key in path[:-1]:
        node = node[key]
    node[path[-1]] = value
    return found


def dotted(path: tuple[Any, ...]) -> str:
    """Return a path as users write it, items of lists by their names."""
    node: Any = SOUND
    keys = []
    for key in path:
        node = node[key]
        keys.append(node["name"] if isinstance(key, int) and isinstance(node, dict) else str(key))
    return ".".join(keys)


def refusal(raw: Any, **arguments: Any) -> str | None:
    """Read an experiment; return what is wrong with it, if anything is."""
    try:
        design(read(raw, **arguments))
    except ExperimentError as error:
        return str(error)
    return None


PLACES = list(places(SOUND))


@pytest.mark.parametrize("path", PLACES, ids=map(dotted, PLACES))
def test_wrong_values_are_refused_in_one_line(path: tuple[Any, ...]) -> None:
    said = [refusal(changed(path, value)) for value in WRONG]
    said += [refusal(SOUND, overrides={dotted(path): value}) for value in WRONG]
    refusals = [line for line in said if line is not None]
    assert refusals
    assert [line for line in refusals if len(line.splitlines()) != 1] == []
