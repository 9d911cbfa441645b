"""The Optimization Trap: its matrix and its sign, generation by generation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peckham.experiments.errors import ExperimentError

from .log import Log, load

MATRIX = {
    (False, False): "underinvestment",
    (False, True): "good enough",
    (True, True): "purposeful optimisation",
    (True, False): "optimisation trap",
}
"""The fields, by (optimisation is high, meaning is high)."""

NEEDS = ("proxy", "proxy_sd", "delivered")


def trap(run: str | Path | Log, window: int = 5) -> pd.DataFrame:
    """Return in which field of the matrix each generation of each run is, and the sign.

    Optimisation is high when the mean of P exceeds generation 0's by more
    than its standard deviation there; meaning is high when the mean delivered
    value is at least generation 0's.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    window : int
        w, at least 1: how many generations in a row the proxy must have risen
        while delivered value fell.

    Returns
    -------
    DataFrame
        A row a run and generation: the keys, ``generation``, ``optimisation``
        and ``meaning`` (booleans), ``field`` and ``sign`` (boolean: the
        recognition sign).

    Raises
    ------
    ExperimentError
        If the folder did not record proxy, its spread and delivered value, or
        the window is below 1.

    References
    ----------
    A. Jacobs, "Why Do Optimized Systems Get Worse?".
    """
    if window < 1:
        raise ExperimentError(f"window: must be at least 1, got {window}")
    log = run if isinstance(run, Log) else load(run)
    rows = log.generations
    for name in NEEDS:
        if name not in rows:
            raise ExperimentError(f"{log.path} did not record {name}; see record.measures")
    start = rows[rows["generation"] == 0].set_index("run")[list(NEEDS)]
    first = start.loc[rows["run"]].reset_index(drop=True)
    table = rows[[*log.keys, "generation"]].copy()
    table["optimisation"] = rows["proxy"] > first["proxy"] + first["proxy_sd"]
    table["meaning"] = rows["delivered"] >= first["delivered"]
    pairs = zip(table["optimisation"], table["meaning"], strict=True)
    table["field"] = [MATRIX[pair] for pair in pairs]
    by_run = rows.groupby("run")
    worse = (by_run["proxy"].diff() > 0) & (by_run["delivered"].diff() < 0)
    streak = worse.groupby(rows["run"]).rolling(window).sum().reset_index(level=0, drop=True)
    table["sign"] = streak.reindex(rows.index) == window
    return table


def final_fields(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many runs of each kind end in each field, and how many ever showed the sign.

    Parameters
    ----------
    table : DataFrame
        As `trap` returns it.
    """
    keys = [
        name
        for name in table.columns[: list(table.columns).index("generation")]
        if name not in ("run", "replicate")
    ]
    last = table[table["generation"] == table["generation"].max()]
    counts = pd.crosstab([last[key] for key in keys], last["field"])
    counts = counts.reindex(columns=list(MATRIX.values()), fill_value=0)
    signs = table.groupby([*keys, "run"], dropna=False)["sign"].any().groupby(keys).sum()
    return counts.assign(sign=signs).reset_index()
