"""The Optimization Trap: its matrix and its sign in each generation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from peckham.experiments.errors import ExperimentError

from .groups import by_key, check_recorded, finished_runs, has_every_generation
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
        ``optimisation`` and ``meaning`` (booleans), ``field`` (null if a measure
        is), and ``sign`` (boolean, the recognition sign). The sign needs every
        generation: it is null if ``record.every`` left some out.

    Raises
    ------
    ExperimentError
        If no run has finished, the folder did not record the proxy, its standard
        deviation and the delivered value, or the window is below 1.

    References
    ----------
    A. Jacobs, "Why Do Optimized Systems Get Worse?".
    """
    if window < 1:
        raise ExperimentError(f"window: must be at least 1, got {window}")
    log = run if isinstance(run, Log) else load(run)
    finished_runs(log)
    check_recorded(log, NEEDS)
    rows = log.generations
    start = rows[rows["generation"] == 0].set_index("run")[list(NEEDS)]
    first = start.loc[rows["run"]].reset_index(drop=True)
    table = rows[[*log.keys, "generation"]].copy()
    table["optimisation"] = rows["proxy"] > first["proxy"] + first["proxy_sd"]
    table["meaning"] = rows["delivered"] >= first["delivered"]
    pairs = zip(table["optimisation"], table["meaning"], strict=True)
    table["field"] = pd.Series([MATRIX[pair] for pair in pairs], rows.index, dtype=object)
    table.loc[rows[[*NEEDS]].isna().any(axis=1), "field"] = None
    by_run = by_key(rows, ["run"])
    worse = (by_run["proxy"].diff() > 0) & (by_run["delivered"].diff() < 0)
    by_run = by_key(pd.DataFrame({"run": rows["run"], "worse": worse}), ["run"])
    streak = by_run["worse"].rolling(window).sum().reset_index(level=0, drop=True)
    table["sign"] = streak.reindex(rows.index) == window
    if not has_every_generation(rows):
        table["sign"] = pd.array([None] * len(table), dtype="boolean")
    return table


def final_fields(table: pd.DataFrame) -> pd.DataFrame:
    """Count the runs of each kind that end in each field, and those that ever show the sign.

    A run ends in its own last generation. If the sign is not known, its count is null.

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
    last = table.sort_values(["run", "generation"]).drop_duplicates("run", keep="last")
    ends = {field: last["field"] == field for field in MATRIX.values()}
    known = table["sign"].notna().all()
    ever = last["run"].isin(table.loc[table["sign"].fillna(False).astype(bool), "run"])
    counted = last[keys].assign(runs=1, **ends, sign=ever)
    found = by_key(counted, keys).sum().reset_index()
    return found if known else found.assign(sign=float("nan"))
