"""Tables as text."""

from __future__ import annotations

import pandas as pd


def text_table(frame: pd.DataFrame) -> str:
    """Return a table as aligned text: numbers to four decimals, nulls as a dash.

    Parameters
    ----------
    frame : DataFrame
        The table; its index is left out.
    """
    return frame.to_string(index=False, na_rep="-", float_format=lambda x: f"{x:.4f}")
