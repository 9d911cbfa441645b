"""Model agents as Mesa sees them: light views of the population's columns."""

from __future__ import annotations

from collections.abc import Callable
from math import nan
from typing import TYPE_CHECKING, Any, NoReturn

import mesa
import numpy as np
from numpy.typing import ArrayLike, NDArray

from peckham.agents.payoff import ASSESSED

from .genotypes import find_vacant
from .population import Population, unwriteable

if TYPE_CHECKING:
    from peckham.agents.model import PopulationModel


class Trait:
    """A column of the population seen through an agent; scores are up to date when read.

    Parameters
    ----------
    read : callable
        ``read(population, slot)`` returns the occupant's value.
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
        write: Callable[[PopulationModel, int, Any], None] | None = None,
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
            raise AttributeError(f"{self._name} is worked out from other traits; it cannot be set")
        self._write(agent.model, agent.slot, value)
        agent.model.evaluator.recount()


def scored(name: str, doc: str) -> Trait:
    """Return a read-only view of a column of the ledger."""
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
        return float(agent.model.evaluator.glance()[ASSESSED.index(self._name), agent.slot])

    def __set__(self, agent: ModelAgent, value: Any) -> None:
        raise AttributeError(f"{self._name} is worked out from other traits; it cannot be set")


def read_beliefs(population: Population, slot: int) -> NDArray[np.int32]:
    """Return a slot's genome as an array that refuses to be changed in place."""
    return unwriteable(population.clones.beliefs[population.clone[slot]].copy())


def alone(population: Population, slot: int) -> NDArray[np.bool_]:
    """Return a flag a slot, one of them set, and see to it that there are vacant rows."""
    find_vacant(population)
    return np.arange(population.size) == slot


def write_beliefs(model: PopulationModel, slot: int, value: ArrayLike) -> None:
    """Give a slot's occupant another genome, to be scored before it is next read.

    Raises
    ------
    ValueError
        If it is not K different beliefs of the landscape.
    """
    population, pool = model.population, model.landscape.size
    beliefs = np.asarray(value)
    sound = (
        population.genes > 0
        and beliefs.shape == (population.genes,)
        and np.issubdtype(beliefs.dtype, np.integer)
        and np.unique(beliefs).size == beliefs.size
        and beliefs.min() >= 0
        and beliefs.max() < pool
    )
    if not sound:
        raise ValueError(
            f"beliefs must be {population.genes} different whole numbers in 0..{pool - 1}, "
            f"got {value!r}"
        )
    population.set_beliefs(beliefs, alone(population, slot))


def write_capability(model: PopulationModel, slot: int, value: float) -> None:
    """Set a slot's capability.

    Raises
    ------
    ValueError
        If it is outside 0..100.
    """
    if not 0 <= value <= 100:
        raise ValueError(f"capability must be in 0..100, got {value!r}")
    population = model.population
    population.set_column("capability", value, alone(population, slot))


def write_schemer(model: PopulationModel, slot: int, value: bool) -> None:
    """Set a slot's strategy allele.

    Raises
    ------
    ValueError
        If it is neither true nor false.
    """
    if value not in (True, False):
        raise ValueError(f"schemer must be true or false, got {value!r}")
    population = model.population
    population.set_column("schemer", float(value), alone(population, slot))


class Alignment(Assessed):
    """Alignment ρ, -1..1; it can be set in the trait population, beliefs decide it otherwise."""

    def __init__(self) -> None:
        super().__init__("Alignment ρ, -1..1.")

    def __set__(self, agent: ModelAgent, value: float) -> None:
        if agent.model.population.genes:
            raise AttributeError("alignment is worked out from beliefs; set these")
        if not -1 <= value <= 1:
            raise ValueError(f"alignment must be in -1..1, got {value!r}")
        population = agent.model.population
        population.set_column("alignment", value, alone(population, agent.slot))
        agent.model.evaluator.recount()


class ModelAgent(mesa.Agent):
    """A model under test: a view of one slot of the population.

    The view belongs to the slot, not to its occupant: after a step another
    model, told by another `unique_id`, lives there. Reading a score that is
    out of date has it worked out first; writing `beliefs` marks it as such.
    Views are built only when somebody looks at ``model.agents``.

    Parameters
    ----------
    model : PopulationModel
        The model.
    slot : int
        The slot, 0..N-1.
    """

    def __init__(self, model: PopulationModel, slot: int) -> None:
        # Mesa's own __init__ would register the agent and number it
        self.model = model
        self.slot = slot
        self.pos = None

    unique_id = Trait(
        lambda population, slot: int(population.unique_id[slot]), "Number of the occupant."
    )
    beliefs = Trait(
        read_beliefs, "The genome: K different beliefs. Set it as a whole.", write_beliefs
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
    deceiving = Assessed("Chance q that it deceives in an episode.")
    delivered = Assessed("Value delivered in deployment.")
    held_out = scored("held_out", "Score on held-out questions.")
    belief_value = mean_belief("value_sum", "Mean v over held beliefs.")
    belief_alignment = mean_belief("signal_sum", "Mean a over held beliefs.")
    deceptive_share = mean_belief("deceptive", "Share of held beliefs with v < 0 < a.")

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
