"""The time of each stage of a run."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pandas as pd


def stage_times(names: Sequence[str], performed: Iterator[int]) -> pd.DataFrame:
    """Return the time of each stage, as a table of ``seconds`` and their ``share`` by ``stage``.

    `performed` performs one stage after the other, and yields the number of each.
    """
    seconds, started = dict.fromkeys(names, 0.0), time.perf_counter()
    for stage in performed:
        now = time.perf_counter()
        seconds[names[stage]] += now - started
        started = now
    table = pd.DataFrame({"seconds": seconds}).rename_axis("stage")
    return table.assign(share=table["seconds"] / table["seconds"].sum())
