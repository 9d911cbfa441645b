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
    """A column of the population seen through an agent; scores are up to date when read.

    Parameters
    ----------
    read : callable
        ``read(population, slot)`` returns the agent's value.
    doc : str
        What it is.
    write : callable, optional
        ``write(model, slot, value)`` sets it; without one the trait is
        read-only.
    """

    def __init__(
        self,
        read: Callable[[Population, int], Any],
        doc: str,
        write: Callable[[Any, int, Any], None] | None = None,
    ) -> None:
        self._read = read
        self._write = write
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, agent: ModelAgent | None, owner: type | None = None) -> Any:
        if agent is None:
            return self
        agent.model.evaluator.score()
        return self._read(agent.model.population, agent.slot)

    def __set__(self, agent: ModelAgent, value: Any) -> None:
        if self._write is None:
            raise AttributeError(f"{self._name} is computed from other traits; it cannot be set")
        self._write(agent.model, agent.slot, value)
        agent.model.state.note_change()


def scored(name: str, doc: str) -> Trait:
    """Return a read-only view of a trait."""
    return Trait(lambda population, slot: population.value(name, slot), doc)


def mean_belief(name: str, doc: str) -> Trait:
    """Return a read-only view of a sum over held beliefs, as a mean; NaN where there are none."""
    return Trait(
        lambda population, slot: (
            population.value(name, slot) / population.genes if population.genes else nan
        ),
        doc,
    )


class Assessed:
    """What an assessment with expected episodes finds of an agent now; read-only.

    Parameters
    ----------
    doc : str
        What it is.
    """

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, agent: ModelAgent | None, owner: type | None = None) -> Any:
        if agent is None:
            return self
        return float(agent.model.evaluator.expected()[ASSESSED.index(self._name), agent.slot])

    def __set__(self, agent: ModelAgent, value: Any) -> None:
        raise AttributeError(f"{self._name} is computed from other traits; it cannot be set")


def read_beliefs(population: Population, slot: int) -> NDArray[np.int32]:
    """Return the beliefs of the agent in a slot, as an array that cannot be written to."""
    return read_only(population.genotypes.beliefs[population.genotype[slot]].copy())


def write_beliefs(model: Any, slot: int, value: ArrayLike) -> None:
    """Give the agent in a slot other beliefs, to be scored before it is next read.

    Raises
    ------
    ValueError
        If it is not K different beliefs of the landscape.
    """
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
    """Set the capability of the agent in a slot.

    Raises
    ------
    ValueError
        If it is outside 0..100.
    """
    if not 0 <= value <= 100:
        raise ValueError(f"capability must be in 0..100, got {value!r}")
    set_trait(model.population, slot, CAPABILITY, float(value))


def write_schemer(model: Any, slot: int, value: bool) -> None:
    """Set the strategy allele of the agent in a slot.

    Raises
    ------
    ValueError
        If it is neither true nor false.
    """
    if value not in (True, False):
        raise ValueError(f"schemer must be true or false, got {value!r}")
    set_trait(model.population, slot, SCHEMER, float(value))


class Alignment(Assessed):
    """Alignment ρ, -1..1; it can be set in the trait population, beliefs decide it otherwise."""

    def __init__(self) -> None:
        super().__init__("Alignment ρ, -1..1.")

    def __set__(self, agent: ModelAgent, value: float) -> None:
        if agent.model.population.genes:
            raise AttributeError("alignment is computed from beliefs; set these")
        if not -1 <= value <= 1:
            raise ValueError(f"alignment must be in -1..1, got {value!r}")
        set_trait(agent.model.population, agent.slot, ALIGNMENT, float(value))
        agent.model.state.note_change()


class ModelAgent(mesa.Agent):
    """A model under test: a view of one slot of the population.

    The view belongs to the slot, not to its occupant: after a step another
    model, told by another `unique_id`, lives there. Reading a score that is
    out of date has it worked out first; writing `beliefs` marks it as such.
    Views are built only when somebody looks at ``model.agents``.

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
        lambda population, slot: int(population.unique_id[slot]), "The agent's number."
    )
    beliefs = Trait(
        read_beliefs, "The fingerprint: K different beliefs. Set it as a whole.", write_beliefs
    )
    lineage = Trait(
        lambda population, slot: int(population.lineage[slot]), "The founder it descends from."
    )
    schemer = Trait(
        lambda population, slot: bool(population.value("schemer", slot)),
        "Whether it carries the schemer allele.",
        write_schemer,
    )
    capability = Trait(
        lambda population, slot: population.value("capability", slot),
        "Capability c, 0..100.",
        write_capability,
    )
    proxy = scored("proxy", "Proxy score P on the visible battery.")
    true_value = scored("true_value", "True value U of the tested behaviour.")
    alignment = Alignment()
    fitness = Assessed("Fitness F, with expected episodes; without oversight it is P.")
    deployed = Assessed("True performance T in deployment.")
    deception_probability = Assessed("Deception probability D.")
    goodhart_gap = Assessed("Goodhart gap P − T.")
    deceiving = Assessed("Chance q that it deceives in an episode.")
    caught = Assessed("Chance q·h that it is caught deceiving in an episode.")
    wrongly_flagged = Assessed("Chance (1 − q)·f that it is flagged by mistake in an episode.")
    delivered = Assessed("Value delivered in deployment.")
    commission_harm = Assessed("Harm of deception that was not caught.")
    omission_harm = Assessed("Harm of good work stopped by mistake.")
    deception_gap = Assessed("Fitness F less the F of q = 0.")
    hidden = Assessed("What there is to hide, Δ = max(0, P − U).")
    held_out = scored("held_out", "Score on held-out questions.")
    belief_value = mean_belief("value_sum", "Mean v over held beliefs.")
    belief_signal = mean_belief("signal_sum", "Mean a over held beliefs.")
    deceptive_share = mean_belief("deceptive", "Share of held beliefs with v < 0 < a.")
    deceptive_share_signal0 = mean_belief(
        "deceptive_signal0", "Share of held beliefs with v < 0 < a by the first signal."
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
