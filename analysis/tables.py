"""Formatting of tables as text."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from .groups import as_text


def text_table(frame: pd.DataFrame, keys: Iterable[str] = ()) -> str:
    """Format a table as aligned text, with four decimals and a dash for nulls.

    Parameters
    ----------
    frame : DataFrame
        The table. Its index is not shown.
    keys : list of str
        Columns whose values are shown in full, so that no two look the same.
    """
    shown = [key for key in keys if key in frame]
    whole = frame.assign(**{key: frame[key].map(as_text) for key in shown})
    for key in shown:
        whole[key] = whole[key].where(frame[key].notna(), "-")
    return whole.to_string(index=False, na_rep="-", float_format=lambda x: f"{x:.4f}")
