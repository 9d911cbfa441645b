"""Formatting of tables as text."""

from __future__ import annotations

import pandas as pd


def text_table(frame: pd.DataFrame) -> str:
    """Format a table as aligned text, with four decimals and a dash for nulls.

    Parameters
    ----------
    frame : DataFrame
        The table. Its index is not shown.
    """
    return frame.to_string(index=False, na_rep="-", float_format=lambda x: f"{x:.4f}")
