"""Exact results from theory: closed forms, and Markov chains solved at small N."""

from __future__ import annotations

from .alleles import fermi_chain, moran_chain, wright_fisher_chain
from .ancestry import ancestors_chain, coalescence_time
from .diversity import expected_inverse_founders, mutation_decay, neutral_heterozygosity
from .fixation import fermi_fixation, kimura_fixation, moran_fixation, share_of_exponentials
from .landscape import share_deceptive_bivariate, share_deceptive_clusters
from .markov import (
    absorbed_by,
    absorption_time,
    distributions,
    fixation_probability,
    fixation_time,
    generation_chain,
    stationary,
)
from .selection import softmax_response, stationary_schemers

__all__ = [
    "absorbed_by",
    "absorption_time",
    "ancestors_chain",
    "coalescence_time",
    "distributions",
    "expected_inverse_founders",
    "fermi_chain",
    "fermi_fixation",
    "fixation_probability",
    "fixation_time",
    "generation_chain",
    "kimura_fixation",
    "moran_chain",
    "moran_fixation",
    "mutation_decay",
    "neutral_heterozygosity",
    "share_deceptive_bivariate",
    "share_deceptive_clusters",
    "share_of_exponentials",
    "softmax_response",
    "stationary",
    "stationary_schemers",
    "wright_fisher_chain",
]
