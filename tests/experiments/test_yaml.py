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


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("010", 10),
        ("-007", -7),
        ("0o10", 8),
        ("0x1F", 31),
        ("1:30", "1:30"),
        ("1:30.5", "1:30.5"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("yes", "yes"),
        ("off", "off"),
        ("2026-01-01", "2026-01-01"),
        ("=", "="),
        ("~", None),
        ("", None),
        ("-.INF", float("-inf")),
        ("+12", 12),
        ("5.", 5.0),
    ],
)
def test_plain_values_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    found = loads(f"a: {text}", "here")["a"]
    assert found == value
    assert type(found) is type(value)


def test_conditions_are_called_what_was_written(write: Write) -> None:
    file = write("e.yaml", "conditions:\n  1.10: {}\n  1.1: {}\n  010: {}\n  true: {}\n  ~: {}\n")
    found = read(file)
    assert list(found.conditions) == ["1.10", "1.1", "010", "true", "~"]
    assert list(read(loads(dumps(found.as_file()), "shown")).conditions) == list(found.conditions)


def test_keys_that_are_equal_as_text_are_refused(write: Write) -> None:
    file = write("e.yaml", "conditions:\n  1: {}\n  '1': {selection.beta: 2}\n")
    with pytest.raises(ExperimentError, match="1: given twice in the mapping at line 2"):
        read(file)
    with pytest.raises(ExperimentError, match="'1': given twice"):
        read({"conditions": {1: {}, "1": {"selection.beta": 2}}})


def test_merge_keys_work() -> None:
    text = "a: &a {p: 1, q: 2}\nb: &b {q: 3, r: 4}\nc: {<<: [*a, *b], r: 5}\nd: {<<: *b}\n"
    found = loads(text, "here")
    assert found["c"] == {"p": 1, "q": 2, "r": 5}
    assert found["d"] == {"q": 3, "r": 4}


@pytest.mark.parametrize(
    "text",
    [
        "a: !!timestamp 2001-01-01",
        "a: !!binary aGk=",
        "a: !!set {x}",
        "a: !!int abc",
        "a: !!bool yes",
        "a: !!python/object:os.system {}",
        "? [a]\n: 1",
        "a: &x [*x]",
        "a: &x {b: *x}",
    ],
)
def test_what_the_core_schema_does_not_have_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        loads(text, "here")
    assert "\n" not in str(caught.value)


def test_set_reads_values_as_a_file_does() -> None:
    from peckham.experiments.cli import overrides_of

    assert overrides_of(["generations=010", "name=1:30"]) == {"generations": 10, "name": "1:30"}
