"""The improving evaluator."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.measures.scales import NOISE, centred
from peckham.agents.parameters.quantities import Correlation, Count, Share
from peckham.agents.parameters.registry import register

from .intervention import Change, Circumstances, InterventionPart, Relabelling

UNCHANGED = Relabelling(of_signal=1.0, of_value=0.0)


@register
class ImprovingEvaluator(InterventionPart):
    """Move every belief's signal towards its value.

    The evaluator's correlation r starts at the landscape's nominal ρ (0 for
    every kind but ``bivariate``) and grows by r ← r + (target − r)·rate. With
    w = (r_new − r_old)/(1 − r_old), or 0 at r_old = 1, the forms are

    - ``published``: a ← (1 − w)·a + w·v, which shrinks the scale of a and does
      not realise r;
    - ``keep_scale``: the same, with the standard deviation of a about its mean
      restored;
    - ``exact``: a ← r_new·v̂ + √(1 − r_new²)·ê at a's own mean and scale, with
      v̂ the standardised value and ê the standardised residual of a on v, so
      that the correlation over all beliefs is r_new. Where v or a does not
      vary, or a is a linear function of v, it leaves a as it is. Differences
      that are only rounding do not count.

    Parameters
    ----------
    interval : int
        Due every so many generations, generation 0 excluded.
    target : float
        Where r tends to, -1..1.
    rate : float
        Share of the remaining way that is covered each time, 0..1.
    form : {"published", "keep_scale", "exact"}
        How r is realised.
    """

    source: ClassVar[str] = "Eicher 2026, arXiv 2604.05274"
    of_test: ClassVar[bool] = True

    kind: Literal["improving_evaluator"] = "improving_evaluator"
    interval: Count | None = 20
    target: Correlation = 0.9
    rate: Share = 0.05
    form: Literal["published", "keep_scale", "exact"] = "published"

    def correlation(self, nominal: float, times: int) -> float:
        """Return r after so many improvements."""
        r = nominal
        for _ in range(times):  # a closed form would miss r = 1 by rounding
            r += (self.target - r) * self.rate
        return r

    def mixed(self, nominal: float, times: int) -> Relabelling:
        """Return the published form of the next improvement, after so many."""
        old, new = self.correlation(nominal, times), self.correlation(nominal, times + 1)
        w = (new - old) / (1 - old) if old != 1 else 0.0
        return Relabelling(of_signal=1 - w, of_value=w)

    def change(self, circumstances: Circumstances) -> Change:
        """Return the new signals."""
        landscape, times = circumstances.landscape, circumstances.times_applied
        nominal = landscape.nominal_correlation
        if self.form == "exact":
            return Change(relabelling=realised(landscape, self.correlation(nominal, times + 1)))
        mixed = self.mixed(nominal, times)
        if self.form == "keep_scale":
            mixed = rescaled(landscape, mixed)
        return Change(relabelling=mixed)


LINEAR = 1e-9
"""A residual or a remainder that is smaller, relative to what it is left of, is only rounding."""


def rescaled(landscape: Landscape, mixed: Relabelling) -> Relabelling:
    """Return a relabelling stretched so that the signals keep their standard deviation.

    Where the new signals do not vary by more than rounding, nothing is stretched.
    """
    signal = mixed(landscape)
    (old, old_power), (new, new_power) = centred(landscape.signal), centred(signal)
    sd_old, sd_new = rms(old) / old_power, rms(new) / new_power
    mixed_of = max(
        abs(mixed.of_signal) * np.abs(landscape.signal).max(),
        abs(mixed.of_value) * np.abs(landscape.value).max(),
    )
    if sd_new <= max(LINEAR * sd_old, NOISE * mixed_of):
        return mixed
    stretch = sd_old / sd_new
    return Relabelling(
        of_signal=stretch * mixed.of_signal,
        of_value=stretch * mixed.of_value,
        constant=(1 - stretch) * signal.mean(),
    )


def realised(landscape: Landscape, r: float) -> Relabelling:
    """Return the relabelling that makes the correlation of signal and value exactly r."""
    value, signal = landscape.value, landscape.signal
    (v, power_v), (a, power_a) = centred(value), centred(signal)
    sd_v, sd_a = rms(v), rms(a)
    if sd_v == 0 or sd_a == 0:
        return UNCHANGED
    slope = np.mean(v * a) / sd_v**2
    residual = rms(a - slope * v)
    rounding = NOISE * max(
        power_a * np.abs(signal).max(), abs(slope) * power_v * np.abs(value).max()
    )
    if residual <= max(LINEAR * sd_a, rounding):
        return UNCHANGED
    # a' = mean_a + sd_a·(r·v̂ + √(1 − r²)·ê), with ê = (a − mean_a − slope·(v − mean_v))/residual
    of_signal = sd_a * np.sqrt(1 - r * r) / residual
    of_value = (sd_a * r / sd_v - of_signal * slope) * (power_v / power_a)
    constant = (1 - of_signal) * signal.mean() - of_value * value.mean()
    return Relabelling(float(of_signal), float(of_value), float(constant))


def rms(deviations: NDArray[np.float64]) -> float:
    """Return the standard deviation of numbers, given their deviations from the mean."""
    return float(np.sqrt(np.mean(deviations**2)))
