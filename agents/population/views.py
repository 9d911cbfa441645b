"""Model agents as Mesa sees them: light views of the slots of the population."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import Any, NoReturn

import mesa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from peckham.agents.compilation import kernel
from peckham.agents.evaluation.assessment import ASSESSED

from .genotypes import branch, list_vacant
from .population import Population, read_only
from .traits import ALIGNMENT, CAPABILITY, NONE, SCHEMER


@kernel
def set_trait(population: Population, slot: int, column: int, value: float) -> None:
    """Set a trait of the agent in a slot, which no longer shares its genotype."""
    list_vacant(population.genotype, population.genotypes)
    row = branch(slot, population.genotype, population.unshared, population.genotypes)
    population.genotypes.traits[row, column] = value


@kernel
def set_beliefs(population: Population, slot: int, beliefs: NDArray[np.int32]) -> None:
    """Give the agent in a slot other beliefs, shape (K,), to be scored from these alone."""
    list_vacant(population.genotype, population.genotypes)
    genotypes = population.genotypes
    row = branch(slot, population.genotype, population.unshared, genotypes)
    for j in range(beliefs.size):
        genotypes.beliefs[row, j] = beliefs[j]
    genotypes.stale[row], genotypes.origin[row] = True, NONE


class Trait:
    """A property of an agent, read from its slot; scores are up to date when it is read.

    Parameters
    ----------
    doc : str
        What it is.
    read : callable
        ``read(model, slot)`` returns the agent's value.
    write : callable, optional
        ``write(model, slot, value)`` sets it; without one it is read-only.
    """

    def __init__(
        self,
        doc: str,
        read: Callable[[Any, int], Any],
        write: Callable[[Any, int, Any], None] | None = None,
    ) -> None:
        self.__doc__ = doc
        self._read = read
        self._write = write

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, agent: ModelAgent | None, owner: type | None = None) -> Any:
        if agent is None:
            return self
        agent.model.evaluator.score()
        return self._read(agent.model, agent.slot)

    def __set__(self, agent: ModelAgent, value: Any) -> None:
        if self._write is None:
            raise AttributeError(f"{self._name} is computed from other traits; it cannot be set")
        self._write(agent.model, agent.slot, value)
        agent.model.state.note_change()


def scored(doc: str, name: str) -> Trait:
    """Return a read-only view of a column of the population."""
    return Trait(doc, lambda model, slot: model.population.value(name, slot))


def mean_belief(doc: str, name: str) -> Trait:
    """Return a read-only view of a sum over held beliefs, as a mean; NaN where there are none."""

    def read(model: Any, slot: int) -> float:
        genes = model.population.genes
        return model.population.value(name, slot) / genes if genes else nan

    return Trait(doc, read)


def assessed(doc: str, name: str, write: Callable[[Any, int, Any], None] | None = None) -> Trait:
    """Return a view of what an assessment with expected episodes finds."""
    row = ASSESSED.index(name)
    return Trait(doc, lambda model, slot: float(model.evaluator.expected()[row, slot]), write)


def read_beliefs(model: Any, slot: int) -> NDArray[np.int32]:
    """Return the beliefs of an agent, as an array that cannot be written to."""
    population = model.population
    return read_only(population.genotypes.beliefs[population.genotype[slot]].copy())


def write_beliefs(model: Any, slot: int, value: ArrayLike) -> None:
    """Give an agent other beliefs: K different ones of the landscape."""
    population, pool = model.population, model.landscape.size
    beliefs = np.asarray(value)
    is_valid = (
        population.genes > 0
        and beliefs.shape == (population.genes,)
        and np.issubdtype(beliefs.dtype, np.integer)
        and np.unique(beliefs).size == beliefs.size
        and beliefs.min() >= 0
        and beliefs.max() < pool
    )
    if not is_valid:
        raise ValueError(
            f"beliefs must be {population.genes} different whole numbers in 0..{pool - 1}, "
            f"got {value!r}"
        )
    set_beliefs(population, slot, np.array(beliefs, np.int32))


def write_capability(model: Any, slot: int, value: float) -> None:
    """Set the capability of an agent, 0..100."""
    if not 0 <= value <= 100:
        raise ValueError(f"capability must be in 0..100, got {value!r}")
    set_trait(model.population, slot, CAPABILITY, float(value))


def write_schemer(model: Any, slot: int, value: bool) -> None:
    """Set the strategy allele of an agent."""
    if value not in (True, False):
        raise ValueError(f"schemer must be true or false, got {value!r}")
    set_trait(model.population, slot, SCHEMER, float(value))


def write_alignment(model: Any, slot: int, value: float) -> None:
    """Set ρ of an agent of the trait population, -1..1."""
    if model.population.genes:
        raise AttributeError("alignment is computed from beliefs; set these")
    if not -1 <= value <= 1:
        raise ValueError(f"alignment must be in -1..1, got {value!r}")
    set_trait(model.population, slot, ALIGNMENT, float(value))


class ModelAgent(mesa.Agent):
    """A model under test: a view of one slot of the population.

    The view belongs to the slot, not to its occupant: after a step another
    agent, with another `unique_id`, is there. Scores that are out of date are
    computed when they are read. Views are built when ``model.agents`` is read.

    Parameters
    ----------
    model : Any
        The model.
    slot : int
        The slot, 0..N-1.
    """

    def __init__(self, model: Any, slot: int) -> None:
        # Mesa's own __init__ would register the agent and number it
        self.model = model
        self.slot = slot
        self.pos = None

    unique_id = Trait(
        "The agent's number.", lambda model, slot: int(model.population.unique_id[slot])
    )
    beliefs = Trait("The K different beliefs. Set them as a whole.", read_beliefs, write_beliefs)
    lineage = Trait(
        "The founder it descends from.", lambda model, slot: int(model.population.lineage[slot])
    )
    schemer = Trait(
        "Whether it carries the schemer allele.",
        lambda model, slot: bool(model.population.value("schemer", slot)),
        write_schemer,
    )
    capability = Trait(
        "Capability c, 0..100.",
        lambda model, slot: model.population.value("capability", slot),
        write_capability,
    )
    proxy = scored("Proxy score P on the visible battery.", "proxy")
    true_value = scored("True value U of the tested behaviour.", "true_value")
    held_out = scored("Score on held-out questions.", "held_out")
    alignment = assessed(
        "Alignment ρ, -1..1. It can be set in a trait population.", "alignment", write_alignment
    )
    fitness = assessed("Fitness F, with expected episodes; without oversight it is P.", "fitness")
    deployed = assessed("True performance T in deployment.", "deployed")
    deception_probability = assessed("Deception probability D.", "deception_probability")
    goodhart_gap = assessed("Goodhart gap P − T.", "goodhart_gap")
    deceiving = assessed("Chance q that it deceives in an episode.", "deceiving")
    caught = assessed("Chance q·h that it is caught deceiving in an episode.", "caught")
    wrongly_flagged = assessed(
        "Chance (1 − q)·f that it is flagged by mistake in an episode.", "wrongly_flagged"
    )
    delivered = assessed("Value delivered in deployment.", "delivered")
    commission_harm = assessed("Harm of deception that was not caught.", "commission_harm")
    omission_harm = assessed("Harm of good work stopped by mistake.", "omission_harm")
    deception_gap = assessed("Fitness F less the F of q = 0.", "deception_gap")
    hidden = assessed("What there is to hide, Δ = max(0, P − U).", "hidden")
    belief_value = mean_belief("Mean v over held beliefs.", "value_sum")
    belief_signal = mean_belief("Mean a over held beliefs.", "signal_sum")
    deceptive_share = mean_belief("Share of held beliefs with v < 0 < a.", "deceptive")
    deceptive_share_signal0 = mean_belief(
        "Share of held beliefs with v < 0 < a by the first signal.", "deceptive_signal0"
    )

    def remove(self) -> NoReturn:
        """Refuse: selection decides who leaves.

        Raises
        ------
        RuntimeError
            Always.
        """
        raise RuntimeError(
            "a model agent cannot be removed: the population has a fixed size, "
            "and selection decides who leaves it"
        )

    def __repr__(self) -> str:
        return f"ModelAgent(slot={self.slot}, unique_id={self.unique_id})"
