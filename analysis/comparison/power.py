"""Power: how likely a comparison finds an effect, and how many replicates that needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import optimize, stats

from peckham.agents.measures.measure import current_name
from peckham.experiments.errors import ExperimentError

from .arms import Arm, Runs, arms_of, common
from .differences import is_paired
from .statistics import MOST_SIGNS, sign_flip_p, smallest_p
from .times import TIME

SIZES = (0.2, 0.5, 0.8)
"""Default effects in standard deviations: small, medium and large (Cohen 1988)."""

SIMULATED = 2_000
"""Number of simulated experiments where few pairs make p coarse."""

MOST_REPLICATES = 100_000


class Noise(NamedTuple):
    """What makes an effect hard to see: standard deviations over pairs, or over each group."""

    sd: float
    other: float = 0.0
    paired: bool = True


def power(
    runs: Runs,
    on: str,
    effect: float | Sequence[float] | None = None,
    baseline: str | None = None,
    level: float = 0.05,
    power: float = 0.8,
) -> pd.DataFrame:
    """Return the power of comparisons of one measure, from the observed paired variance.

    The differences of pairs are taken as normal, with the observed standard deviation.
    If they have heavier tails, as in tiny populations, effects are found more often
    than the table says. Power is for one test at the level. In a table of m tests,
    which Holm's method adjusts, power is at least as high as for one test at level/m.

    Parameters
    ----------
    runs : str, Path, Log or list of them
        Run folders, such as those of a pilot experiment.
    on : str
        The measure.
    effect : float or list of float, optional
        Differences of means to find, in the unit of the measure. By default .2, .5
        and .8 standard deviations of the observed differences (Cohen 1988).
    baseline : str, optional
        The condition to compare with, by default the first.
    level : float
        Error rate of a test, between 0 and 1.
    power : float
        Power to reach, between `level` and 1.

    Returns
    -------
    DataFrame
        One row per swept point, condition and effect: the swept paths, ``condition``,
        ``measure``, ``pairs``; ``sd`` of the pairs' differences; ``paired``;
        ``effect``; ``power`` with these replicates; ``replicates_needed`` for the
        power asked for; and ``detectable``, the effect that these replicates find
        with that power. Null where the standard deviation is 0 or unknown.

    Raises
    ------
    ExperimentError
        If there is nothing to compare, or a name or number is wrong.
    """
    check(on, level, power)
    on = current_name(on)
    arms = arms_of(runs, [on])
    start = arms.condition(baseline)
    effects = None if effect is None else [float(e) for e in np.atleast_1d(effect)]
    if effects is not None and not all(np.isfinite(e) and e != 0 for e in effects):
        raise ExperimentError(f"effect: must be finite and not 0, got {effect}")
    rows = []
    for arm, base in arms.against(start):
        n, noise = noise_of(arm, base, on)
        key = {path: arm.swept.get(path) for path in arms.swept}
        known = {"condition": arm.condition, "measure": on, "pairs": n}
        least = detectable(n, noise, level, power)
        for size in effects or [share * noise.sd for share in SIZES]:
            rows.append(
                {
                    **key,
                    **known,
                    "sd": noise.sd,
                    "paired": noise.paired,
                    "effect": size,
                    "power": power_of(size, n, noise, level),
                    "replicates_needed": replicates_needed(size, noise, level, power),
                    "detectable": least,
                }
            )
    if not rows:
        raise ExperimentError(
            f"there is nothing to compare: the only condition is {start}; "
            "give an experiment with conditions, or a second run folder"
        )
    table = pd.DataFrame(rows).astype({"replicates_needed": "Int64"})
    table.attrs |= {"swept": arms.swept, "baseline": start, "level": level, "power": power}
    return table


def check(on: str, level: float, wanted: float) -> None:
    """Raise if an option of `power` is wrong."""
    if on == TIME:
        raise ExperimentError(f"on: must be a measure with a variance, got {TIME}")
    if not 0 < level < 1:
        raise ExperimentError(f"level: must be between 0 and 1, got {level}")
    if not level < wanted < 1:
        raise ExperimentError(f"power: must be between the level, {level}, and 1, got {wanted}")


def noise_of(arm: Arm, base: Arm, measure: str) -> tuple[int, Noise]:
    """Return the number of pairs and the standard deviations of two arms."""
    shares_seeds = arm.runs.index.isin(base.runs.index).any()
    if shares_seeds:
        x, y = (c.to_numpy() for c in common(arm.runs, base.runs, measure=measure))
    else:
        x, y = (common(table, measure=measure)[0].to_numpy() for table in (arm.runs, base.runs))
    n = min(len(x), len(y))
    if n < 2:
        return n, Noise(float("nan"), 0.0, is_paired(arm, base))
    if is_paired(arm, base):
        return n, Noise(float((x - y).std(ddof=1)))
    return n, Noise(float(x.std(ddof=1)), float(y.std(ddof=1)), False)


def power_of(effect: float, n: int, noise: Noise, level: float) -> float:
    """Return the probability that n pairs show an effect.

    Above 13 pairs it is the power of a t-test (noncentral t), which the sign-flip
    test approaches. Below, p takes few values, so experiments are simulated.
    """
    variance = noise.sd**2 + noise.other**2
    if not variance > 0 or n < 2:
        return float("nan")
    if noise.paired and 2**n <= MOST_SIGNS:
        if not smallest_p(n) < level:
            return 0.0
        drawn = np.random.default_rng(0).normal(abs(effect), noise.sd, (SIMULATED, n))
        return float((sign_flip_p(drawn) < level).mean())
    freedom = n - 1.0
    if not noise.paired:
        freedom = (n - 1) * variance**2 / (noise.sd**4 + noise.other**4)
    shift = abs(effect) * np.sqrt(n / variance)
    limit = stats.t.ppf(1 - level / 2, freedom)
    shown = stats.nct.sf(limit, freedom, shift)
    if np.isnan(shown):  # of many pairs; the statistic is normal then
        shown = stats.norm.sf(limit - shift)
    reversed_ = stats.nct.cdf(-limit, freedom, shift)
    return float(shown + np.nan_to_num(reversed_))  # scipy gives NaN where it is almost 0


def replicates_needed(effect: float, noise: Noise, level: float, wanted: float) -> int | None:
    """Return the least number of pairs that shows an effect with a power, None if too many."""
    if not noise.sd**2 + noise.other**2 > 0:
        return None
    low, high = 1, 2
    while not power_of(effect, high, noise, level) >= wanted:
        low, high = high, 2 * high
        if high > MOST_REPLICATES:
            return None
    while high - low > 1:  # power rises with the number of pairs
        middle = (low + high) // 2
        enough = power_of(effect, middle, noise, level) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def detectable(n: int, noise: Noise, level: float, wanted: float) -> float:
    """Return the effect that n pairs show with a power, null if none."""
    spread = float(np.sqrt(noise.sd**2 + noise.other**2))
    if not spread > 0 or n < 2 or (noise.paired and not smallest_p(n) < level):
        return float("nan")
    most = 1.0
    while power_of(most * spread, n, noise, level) < wanted:
        most *= 2
    found = optimize.bisect(
        lambda size: power_of(size * spread, n, noise, level) - wanted, 0.0, most, xtol=1e-4
    )
    return float(found) * spread
