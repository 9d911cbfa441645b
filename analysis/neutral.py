"""Neutral drift under each selection rule: the null hypothesis of fixation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.selection.truncation import Truncation

from . import theory
from .course import course

LARGEST = 1000
"""Largest population with an exact chain, because its matrix has (N + 1)² entries."""

INDEPENDENT = ("neutral", "softmax", "tournament")
"""Rules that reduce to Wright-Fisher drift if fitness is equal."""


@dataclass(frozen=True)
class Drift:
    """One generation of neutral reproduction.

    Attributes
    ----------
    size : int
        N, the number of agents.
    coalescence : float
        Probability that two different agents have the same parent.
    allele : ndarray of float64, shape (N + 1, N + 1)
        Transition probabilities of the number of copies of an allele, from rows
        to columns.
    ancestors : ndarray of float64, shape (N + 1, N + 1)
        Probability that k agents have j ancestors one generation earlier, indexed
        [k, j].
    """

    size: int
    coalescence: float
    allele: NDArray[np.float64]
    ancestors: NDArray[np.float64]

    def fixed_by(self, copies: int, generations: int) -> NDArray[np.float64]:
        """Return the probability that an allele is fixed by each generation, shape (G + 1,)."""
        return theory.absorbed_by(self.allele, copies, generations)[:, 1]

    def lost_by(self, copies: int, generations: int) -> NDArray[np.float64]:
        """Return the probability that an allele is lost by each generation, shape (G + 1,)."""
        return theory.absorbed_by(self.allele, copies, generations)[:, 0]

    def descended_by(self, generations: int) -> NDArray[np.float64]:
        """Return the probability that all agents share one founder by each generation."""
        return self.lineages(generations)[:, 1]

    def founders_left(self, generations: int) -> NDArray[np.float64]:
        """Return the expected number of founders with descendants in each generation."""
        return self.lineages(generations) @ np.arange(self.size + 1)

    def lineages(self, generations: int) -> NDArray[np.float64]:
        """Return the distribution of the number of lineages, shape (G + 1, N + 1)."""
        rows = np.zeros((generations + 1, self.size + 1))
        rows[0, self.size] = 1.0
        for g in range(generations):
            rows[g + 1] = rows[g] @ self.ancestors
        return rows


def drift_of(spec: ModelSpec) -> Drift | None:
    """Return the drift under the selection rule of a run, or None if it is unknown.

    It is unknown if an intervention may change the rule to one with another drift.

    Parameters
    ----------
    spec : ModelSpec
        Parameters of the run. All agents are assumed to have equal fitness.
    """
    size, all_specs = spec.population.size, course(spec)
    if size > LARGEST or all_specs is None:
        return None
    found = {drift_name(each) for each in all_specs}
    name = found.pop()
    return None if found or name is None else drift(name[0], size, name[1])


def drift_name(spec: ModelSpec) -> tuple[str, int] | None:
    """Return the kind of drift under a selection rule, and the number of possible parents."""
    rule, size = spec.selection, spec.population.size
    if isinstance(rule, Truncation) and rule.survivors(size) < size:
        return "truncation", rule.survivors(size)
    if rule.kind in (*INDEPENDENT, "truncation"):
        return "independent", size
    return (rule.kind, size) if rule.kind in ("moran", "fermi") else None


@lru_cache(maxsize=16)
def drift(kind: str, size: int, survivors: int) -> Drift:
    """Return the drift of one generation under a kind of selection rule.

    Parameters
    ----------
    kind : {"independent", "truncation", "moran", "fermi"}
        How parents are drawn.
    size : int
        N, the number of agents.
    survivors : int
        Number of agents that can be parents, N for all kinds except truncation.
    """
    if kind in ("moran", "fermi"):
        moran = kind == "moran"
        event = theory.moran_chain(size) if moran else theory.fermi_chain(size, 0.0, 0.0)
        # backward in time, an event merges two of k lineages if one is copied onto the other
        pairs = np.arange(size + 1) * np.arange(-1, size)
        joined = pairs / size**2 if moran else pairs / max(1, 2 * size * (size - 1))
        back = np.diag(1.0 - joined) + np.diag(joined[1:], -1)
        coalescence = 1.0 - (1.0 - (joined[2] if size > 1 else 0.0)) ** size
        return Drift(
            size,
            float(coalescence),
            theory.generation_chain(event, size),
            theory.generation_chain(back, size),
        )
    copies = np.arange(size + 1)
    spared = np.arange(survivors + 1)
    chosen = np.asarray(stats.hypergeom.pmf(spared[None, :], size, copies[:, None], survivors))
    born = np.asarray(stats.binom.pmf(copies[None, :], size, spared[:, None] / survivors))
    return Drift(
        size, 1.0 / survivors, chosen @ born, theory.ancestors_chain(size, boxes=survivors)
    )


def allele_drifts(spec: ModelSpec) -> bool:
    """Return whether a neutral allele follows the drift of its rule exactly.

    It does not if the allele flips, or if a child's allele may come from a second
    selection whose parents are not drawn independently.
    """
    all_specs = course(spec)
    if all_specs is None or spec.reproduction.strategy_flip_rate > 0:
        return False
    return not any(
        (each.reproduction.recombination_rate > 0 or each.conduct.allele_assortment > 0)
        and each.selection.kind not in INDEPENDENT
        for each in all_specs
    )


def heterozygosity_drifts(spec: ModelSpec) -> bool:
    """Return whether neutral belief diversity follows the drift of its rule exactly.

    It does not if beliefs mutate, or if genomes merge unless parents are drawn
    independently. Agents without beliefs have none.
    """
    all_specs, build = course(spec), spec.reproduction
    if all_specs is None or spec.population.beliefs_per_agent == 0 or build.mutation_rate > 0:
        return False
    return build.recombination_rate == 0 or all(
        each.selection.kind in INDEPENDENT for each in all_specs
    )


def is_neutral(spec: ModelSpec) -> bool:
    """Return whether selection ignores all differences between agents, in every generation.

    It does not if agents may be removed: who reproduces then depends on what
    they do, under any rule. Neutral twins remove nobody.
    """
    all_specs = course(spec)
    return spec.control == "neutral" or (
        all_specs is not None
        and not any(may_remove(each) for each in all_specs)
        and all(gives_equal_chances(each) for each in all_specs)
    )


def may_remove(spec: ModelSpec) -> bool:
    """Return whether agents may be removed under these parameters."""
    oversight = spec.oversight
    return oversight.sanction == "removal" and oversight.channels().audit > 0


def gives_equal_chances(spec: ModelSpec) -> bool:
    """Return whether the selection rule ignores fitness."""
    rule = spec.selection
    return (
        rule.kind == "neutral"
        or getattr(rule, "beta", None) == 0
        or getattr(rule, "entrants", None) == 1
        or getattr(rule, "share", None) == 1
    )
