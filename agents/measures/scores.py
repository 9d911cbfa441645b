"""Measures of what the test shows: proxy and true value."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.evaluation.assessment import named
from peckham.agents.population.abundance import Abundance

from .measure import CompiledGroup, row_class
from .moments import mean_and_sd, with_sd


class Scores(CompiledGroup):
    """Mean and spread of P and U."""

    measures = (
        *with_sd("proxy", "proxy score P on the visible battery", "score"),
        *with_sd("true_value", "true value U of the tested behaviour", "score", better="higher"),
    )


Row = row_class([measure.name for measure in Scores.measures], __name__)


@kernel
def measure_scores(
    assessment: NDArray[np.float64], abundance: Abundance, scratch: NDArray[np.float64]
) -> tuple[float, ...]:
    """Return the measures of P and U."""
    found = named(assessment)
    proxy, proxy_sd = mean_and_sd(found.proxy, abundance, scratch)
    true, true_sd = mean_and_sd(found.true_value, abundance, scratch)
    return Row(proxy=proxy, proxy_sd=proxy_sd, true_value=true, true_value_sd=true_sd)
