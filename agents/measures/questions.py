"""Measures of the battery: its size, and the score on questions that selection does not see."""

from __future__ import annotations

import numpy as np

from peckham.agents.compilation import kernel
from peckham.agents.population.abundance import Abundance, trait_mean
from peckham.agents.population.genotypes import Genotypes
from peckham.agents.population.traits import HELD_OUT, PROXY

from .measure import CompiledGroup, Measure, row_class

HELD = "held-out questions"


class Questions(CompiledGroup):
    """The number of visible questions, and the score on held-out ones."""

    of_beliefs = True
    measures = (
        Measure("questions", "visible questions", "count", 1.0, needs="battery"),
        Measure("held_out", f"mean score on {HELD}", "score", needs=HELD, better="higher"),
        Measure("visible_gap", "proxy − held_out", "score", needs=HELD, better="lower"),
    )


Row = row_class([measure.name for measure in Questions.measures], __name__)


@kernel
def measure_questions(
    genotypes: Genotypes, abundance: Abundance, questions: int, held_out: bool
) -> tuple[float, ...]:
    """Return the number of visible questions, and the scores on held-out ones if there are any."""
    score = gap = np.nan
    if held_out:
        score = trait_mean(genotypes.traits, abundance, HELD_OUT)
        gap = trait_mean(genotypes.traits, abundance, PROXY) - score
    return Row(questions=float(questions), held_out=score, visible_gap=gap)
