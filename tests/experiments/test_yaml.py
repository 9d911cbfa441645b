"""YAML as experiment files use it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peckham.experiments import ExperimentError, read
from peckham.experiments.yaml_files import dumps, loads

Write = Callable[[str, Any], Path]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1e-3", 0.001),
        ("1E-3", 0.001),
        ("5e2", 500.0),
        ("-1e+2", -100.0),
        (".5e1", 5.0),
        ("2.e1", 20.0),
        ("1.5e-1", 0.15),
        ("0.25", 0.25),
    ],
)
def test_numbers_with_an_exponent_are_numbers(text: str, number: float) -> None:
    found = loads(text, "here")
    assert isinstance(found, float)
    assert found == number


def test_whole_numbers_and_texts_stay_what_they_are() -> None:
    found = loads("{a: 3, b: '1e-3', c: 1e, d: e3, e: true, f: null}", "here")
    assert found == {"a": 3, "b": "1e-3", "c": "1e", "d": "e3", "e": True, "f": None}
    assert type(found["a"]) is int


def test_a_file_may_say_1e_3(write: Write) -> None:
    file = write("e.yaml", "reproduction: {mutation_rate: 1e-3}\nselection: {beta: 1e1}\n")
    base = read(file).base
    assert base["reproduction"]["mutation_rate"] == 0.001
    assert base["selection"]["beta"] == 10.0


@pytest.mark.parametrize(
    "text",
    [
        "seed: 1\ngenerations: 5\nseed: 2\n",
        "selection: {beta: 1, kind: softmax, beta: 2}\n",
        "conditions:\n  seed: {}\n  b: {}\n  seed: {selection.beta: 2}\n",
    ],
    ids=["top level", "in a block", "conditions"],
)
def test_a_key_that_stands_twice_is_refused(text: str, write: Write) -> None:
    with pytest.raises(ExperimentError, match=r"(seed|beta).*twice.*line [123]"):
        read(write("e.yaml", text))


def test_malformed_yaml_is_refused_with_its_file_and_line(write: Write) -> None:
    file = write("e.yaml", "seed: 1\nselection: {beta: 1\ngenerations: 5\n")
    with pytest.raises(ExperimentError, match=r"e\.yaml.*line [23]") as caught:
        read(file)
    assert "\n" not in str(caught.value)


def test_conditions_may_be_called_on_and_off(write: Write) -> None:
    file = write("e.yaml", "conditions:\n  off: {}\n  on: {selection.beta: 10}\n")
    assert list(read(file).conditions) == ["off", "on"]


@pytest.mark.parametrize("text", ["1e3", "12", "on", "null", "true", "0x1F", "1.5", "2020-01-01"])
def test_texts_that_look_like_something_else_come_back_as_texts(text: str) -> None:
    data = {"name": text, "list": [text], "block": {text: 1}}
    assert loads(dumps(data), "here") == data


def test_numbers_come_back_as_they_were() -> None:
    data = {"numbers": [1e-05, 1e22, 0.1, 1 / 3, 3, 2**60, -0.0, 5e-324]}
    found = loads(dumps(data), "here")["numbers"]
    assert [repr(number) for number in found] == [repr(number) for number in data["numbers"]]
