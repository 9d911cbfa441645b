"""Tables as text."""

from __future__ import annotations

import numpy as np
import pandas as pd

from peckham.analysis.tables import text_table


def test_numbers_are_aligned_to_four_decimals_and_nulls_are_dashes() -> None:
    frame = pd.DataFrame(
        {
            "condition": ["Baseline", "Mutation"],
            "runs": [50, 5],
            "mean": [0.123456, -12.0],
            "published_mean": [np.nan, 1e-5],
        },
        index=[7, 9],
    )
    text = text_table(frame)
    rows = [line.split() for line in text.splitlines()]
    assert rows == [
        ["condition", "runs", "mean", "published_mean"],
        ["Baseline", "50", "0.1235", "-"],
        ["Mutation", "5", "-12.0000", "0.0000"],
    ]
    assert len({len(line) for line in text.splitlines()}) == 1


def test_wide_and_long_tables_are_shown_whole() -> None:
    frame = pd.DataFrame(
        np.arange(30.0 * 200).reshape(200, 30), columns=[f"c{k}" for k in range(30)]
    )
    lines = text_table(frame).splitlines()
    assert len(lines) == 201
    assert lines[0].split() == [f"c{k}" for k in range(30)]
    assert lines[-1].split()[-1] == "5999.0000"


def test_keys_are_shown_in_full() -> None:
    """Two sweep points that differ in the fifth decimal are two rows that look different."""
    frame = pd.DataFrame(
        {"rate": [1e-5, 2e-5, np.nan, 0.5], "kind": ["a", None, "b", "c"], "x": [0.5] * 4}
    )
    rows = [line.split() for line in text_table(frame, ["rate", "kind", "absent"]).splitlines()]
    assert rows[1:] == [
        ["1e-05", "a", "0.5000"],
        ["2e-05", "-", "0.5000"],
        ["-", "b", "0.5000"],
        ["0.5", "c", "0.5000"],
    ]
