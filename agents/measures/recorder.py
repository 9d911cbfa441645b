"""The recorder: it takes the measures of a generation, group by group.

Every group of kernels has one call here. `record_generation` measures the
generation before its selection, `record_selection` the selection that followed.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.evaluation.question_sums import Exam
from peckham.agents.landscapes.landscape import Pool
from peckham.agents.oversight.channels import as_channels
from peckham.agents.parameters.settings import Settings
from peckham.agents.population.abundance import Abundance
from peckham.agents.population.population import Population

from .assessment import measure_assessment
from .beliefs import measure_beliefs
from .conduct import count_alleles, measure_conduct
from .diversity import measure_diversity
from .events import Entries
from .genomes import distinct_genomes
from .lineages import measure_lineages
from .moments import score_scales
from .outcomes import cost_of, measure_outcomes
from .price import Z, note_newborn, note_parents, price_terms
from .questions import measure_questions
from .recording import Recording, write
from .scores import measure_scores
from .selection import measure_selection


@kernel
def record_generation(
    arrays: Any, settings: Settings, visible: Exam, adults: Population, events: Entries
) -> None:
    """Take the measures of the generation before its selection."""
    generation, recording = arrays.clock[0].generation, arrays.recording
    row, column, scratch = recording.rows[generation], recording.columns, recording.scratch
    found, abundance = arrays.assessment, arrays.abundance
    genotypes, traits = adults.genotypes, adults.genotypes.traits
    assessed = arrays.individuals if settings.sampled else abundance
    if column.scores >= 0:
        write(measure_scores(found, assessed, scratch), row, column.scores)
    scales = 0.0, 0.0
    if column.assessment >= 0 or column.conduct >= 0:
        scales = score_scales(traits, assessed, visible.mixed)
    if column.assessment >= 0:
        write(measure_assessment(found, scales, assessed, scratch), row, column.assessment)
    if column.beliefs >= 0:
        measure_beliefs(genotypes, abundance, row, column.beliefs)
    if column.conduct >= 0:
        level, alleles = arrays.channels[0], recording.alleles
        count_alleles(traits, abundance, alleles, generation, events)
        write(
            measure_conduct(traits, assessed, found, scales[0], level, alleles, scratch),
            row,
            column.conduct,
        )
    if column.questions >= 0:
        questions, held_out = visible.on_value.size, settings.held_out
        write(measure_questions(genotypes, abundance, questions, held_out), row, column.questions)
    if column.genomes >= 0:
        row[column.genomes] = distinct_genomes(genotypes.fingerprint, abundance, recording.table)
    if column.diversity >= 0:
        counts, beliefs = recording.counts, genotypes.beliefs
        write(
            measure_diversity(beliefs, abundance, counts, arrays.pool, generation, events),
            row,
            column.diversity,
        )
    if column.lineages >= 0:
        write(
            measure_lineages(adults.lineage, recording.founders, generation, events),
            row,
            column.lineages,
        )
    if column.selection >= 0:
        row[column.selection + 1] = recording.nats[0]
    if column.price >= 0 and generation > 0:
        for trait in range(Z.size):
            terms = price_terms(traits, abundance, recording.means, trait)
            write(terms, row, column.price + len(terms) * trait)
    if column.outcomes >= 0:
        cost = cost_of(as_channels(arrays.channels), settings)
        write(measure_outcomes(found, assessed, cost), row, column.outcomes)


@kernel
def record_selection(arrays: Any, settings: Settings, adults: Population) -> None:
    """Take the measures of the selection that followed."""
    recording, parents = arrays.recording, arrays.parents
    column, in_closed_form = recording.columns, settings.in_closed_form
    row = recording.rows[arrays.clock[0].generation]
    if column.selection >= 0:
        weights = parents.first.weights
        row[column.selection] = measure_selection(weights, in_closed_form, recording.nats)
    if column.price >= 0:
        recording.means.in_closed_form[0] = in_closed_form
        note_parents(
            adults.genotypes.traits,
            arrays.abundance,
            parents.first.weights,
            parents.first.parents,
            parents.second,
            parents.allele,
            recording.means,
            recording.scratch[0],
        )


@kernel
def note_means(recording: Recording, traits: NDArray[np.float64], abundance: Abundance) -> None:
    """Note the newborn before the first intervention of a generation changes anything."""
    if recording.columns.price >= 0:
        note_newborn(traits, abundance, recording.means)


@kernel
def count_again(
    population: Population,
    abundance: Abundance,
    recording: Recording,
    pool: Pool,
    events: Entries,
    generation: int,
    row: NDArray[np.float64],
) -> None:
    """Count once more after the last reproduction, generation G: what it fixed or lost.

    The measures of diversity and genomes are written to `row`. The population is scored.
    """
    column, genotypes = recording.columns, population.genotypes
    if column.conduct >= 0:
        count_alleles(genotypes.traits, abundance, recording.alleles, generation, events)
    if column.genomes >= 0:
        row[column.genomes] = distinct_genomes(genotypes.fingerprint, abundance, recording.table)
    if column.diversity >= 0:
        counts, beliefs = recording.counts, genotypes.beliefs
        values = measure_diversity(beliefs, abundance, counts, pool, generation, events)
        write(values, row, column.diversity)
    if column.lineages >= 0:
        measure_lineages(population.lineage, recording.founders, generation, events)
