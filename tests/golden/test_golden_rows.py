"""Rows stay what they were, whatever is made faster: counts exactly, other numbers to 1e-9."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest


def load_cases() -> ModuleType:
    path = Path(__file__).with_name("cases.py")
    spec = importlib.util.spec_from_file_location("golden_cases", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


CASES = load_cases()
KEPT = pd.read_csv(CASES.ROWS)


def test_every_case_is_kept() -> None:
    assert set(KEPT["case"]) == set(CASES.cases())


@pytest.mark.parametrize("name", CASES.cases())
def test_rows_are_what_they_were(name: str) -> None:
    spec, generations = CASES.cases()[name]
    kept = KEPT[KEPT["case"] == name]
    found = CASES.rows(spec, generations)
    for generation, row in zip(generations, found, strict=True):
        was = kept[kept["generation"] == generation].set_index("measure")["value"]
        now = pd.Series(row).dropna()
        assert list(now.index) == list(was.index), generation
        whole = (was % 1 == 0) & (now % 1 == 0)
        pd.testing.assert_series_equal(
            now[whole], was[whole], check_names=False, check_exact=True, obj=f"{name} {generation}"
        )
        pd.testing.assert_series_equal(
            now, was, check_names=False, rtol=1e-9, atol=1e-9, obj=f"{name} {generation}"
        )
