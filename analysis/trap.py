"""The Optimization Trap: its matrix and its sign in each generation."""

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
"""The fields of the matrix, keyed by (optimisation is high, meaning is high)."""

NEEDS = ("proxy", "proxy_sd", "delivered")


def trap(run: str | Path | Log, window: int = 5) -> pd.DataFrame:
    """Return the field of the matrix and the sign for each generation of each run.

    Optimisation is high if the mean proxy exceeds its value in generation 0 by
    more than the standard deviation of that generation. Meaning is high if the
    mean delivered value is at least its value in generation 0.

    Parameters
    ----------
    run : str, Path or Log
        A run folder.
    window : int
        Number of consecutive generations in which the proxy must rise while
        delivered value falls, at least 1.

    Returns
    -------
    DataFrame
        One row per run and generation: the keys, ``generation``,
        ``optimisation`` and ``meaning`` (booleans), ``field``, and ``sign``
        (boolean, the recognition sign).

    Raises
    ------
    ExperimentError
        If the folder did not record the proxy, its standard deviation and the
        delivered value, or the window is below 1.

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
            raise ExperimentError(f"{log.path} did not record {name}; add it to record.measures")
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
    """Count the runs of each kind that end in each field, and those that ever show the sign.

    Parameters
    ----------
    table : DataFrame
        The table that `trap` returns.
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
