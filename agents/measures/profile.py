"""The time of each stage of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pandas as pd


def stage_times(names: Sequence[str], performed: Iterator[int]) -> pd.DataFrame:
    """Return the time of each stage.

    Parameters
    ----------
    names : sequence of str
        The stages, in order.
    performed : iterator of int
        Performs one stage after the other, and yields the number of each.

    Returns
    -------
    DataFrame
        Indexed by ``stage``: ``seconds``, and ``share`` of their sum.
    """
    seconds, started = dict.fromkeys(names, 0.0), time.perf_counter()
    for stage in performed:
        now = time.perf_counter()
        seconds[names[stage]] += now - started
        started = now
    table = pd.DataFrame({"seconds": seconds}).rename_axis("stage")
    return table.assign(share=table["seconds"] / table["seconds"].sum())
