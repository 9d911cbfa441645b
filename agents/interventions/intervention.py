"""The protocol of interventions: when they are due, and what they change.

An intervention is a frozen record of parameters with one pure operator. It is
shown its `Circumstances` and returns a `Change`; the model carries the change
out and knows from it what must be scored again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from peckham.agents.batteries.battery import Battery
from peckham.agents.compilation import kernel
from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.parameters.quantities import Count, Generation, Name
from peckham.agents.parameters.registry import Part
from peckham.agents.parameters.summaries import summarised
from peckham.agents.parameters.when import When
from peckham.agents.population.population import Population

CANCELLING = 1e3
"""Terms cancel if they are larger than their sum by this factor."""


@dataclass(frozen=True)
class Relabelling:
    """A change of every belief's signal, a ← x·a + y·v + z.

    Because scores are weighted means of signals, P changes by the same rule:
    P ← x·P + y·U + z wherever a question is active.
    """

    of_signal: float
    of_value: float
    constant: float = 0.0

    def __call__(self, landscape: Landscape) -> NDArray[np.float64]:
        """Return the new signals, shape (B,)."""
        return self.of_signal * landscape.signal + self.of_value * landscape.value + self.constant

    def cancels(self, landscape: Landscape, signal: NDArray[np.float64]) -> bool:
        """Return whether terms much larger than the new signals cancel, so that digits are lost."""
        terms = (
            abs(self.of_signal) * np.abs(landscape.signal).max(),
            abs(self.of_value) * np.abs(landscape.value).max(),
            abs(self.constant),
        )
        return bool(max(terms) > CANCELLING * np.abs(signal).max())


@summarised
@dataclass(frozen=True)
class Question:
    """One more question for the battery, of weight 1.

    Attributes
    ----------
    activated : ndarray of bool, shape (B,)
        The beliefs that it activates.
    scored_on : {"signal", "value"}
        What its part of the proxy is scored on.
    """

    activated: NDArray[np.bool_]
    scored_on: Literal["signal", "value"] = "signal"


@dataclass(frozen=True)
class Change:
    """What an intervention changes; what it leaves out stays as it was.

    Attributes
    ----------
    battery : Battery, optional
        Another visible battery: every agent is scored again.
    question : Question, optional
        One more visible question: only its part is added to the scores.
    relabelling : Relabelling, optional
        The new signals: scores follow by the same linear rule, unless a
        question is scored on value, when every agent is scored again.
    settings : mapping
        Parameters of oversight, conduct, selection or deployment by their
        paths, and their new values.
    """

    battery: Battery | None = None
    question: Question | None = None
    relabelling: Relabelling | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def nothing_measured(name: str) -> float:
    """Return NaN: there is no record yet."""
    return float("nan")


@summarised
@dataclass(frozen=True)
class Circumstances:
    """What an intervention may look at.

    Attributes
    ----------
    generation : int
        The current generation, from 0.
    times_applied : int
        How often this intervention has been applied in this run so far.
    landscape : Landscape
        The beliefs, with their current signals.
    battery : Battery
        The current visible battery.
    initial_questions : int
        Q at the start of the run.
    population : Population
        The agents as they are now, to look at only.
    initial_oversight : float
        The level of oversight at the start of the run.
    caught : float
        Share of agents caught deceiving in the last generation, NaN in the first.
    measured : callable
        Returns a recorded measure of the last generation by its name, NaN in the first.
    """

    generation: int
    times_applied: int
    landscape: Landscape
    battery: Battery
    initial_questions: int
    population: Population
    initial_oversight: float
    caught: float
    measured: Callable[[str], float] = nothing_measured

    @property
    def genomes(self) -> NDArray[np.int32]:
        """The beliefs of every agent, shape (N, K)."""
        return self.population.beliefs

    @property
    def held(self) -> NDArray[np.bool_]:
        """Which beliefs any agent holds, shape (B,)."""
        held = np.zeros(self.landscape.size, np.bool_)
        mark(self.population.genotypes.beliefs, self.population.genotype, held)
        return held


@kernel
def mark(beliefs: NDArray[np.int32], rows: NDArray[np.int32], held: NDArray[np.bool_]) -> None:
    """Mark the beliefs in some rows of genomes."""
    for r in rows:
        row = np.uint32(r)  # unsigned: no check for negative indices
        for j in range(beliefs.shape[1]):
            held[np.uint32(beliefs[row, j])] = True


class InterventionPart(Part):
    """Base of the interventions: a name, a schedule, and the change to make.

    Parameters
    ----------
    name : str
        Unique in the list; the kind by default.
    interval, start : int
        Due every so many generations from ``start`` on.
    at : list of int
        Due in exactly these generations.
    when : When
        Due when a measure crosses a line.
    """

    family: ClassVar[str] = "intervention"
    alternatives: ClassVar[tuple[str, ...]] = ("interval", "at", "when")
    first: ClassVar[int | None] = None
    """Generation from which an interval counts; by default one interval in."""
    of_test: ClassVar[bool] = False
    """Whether it changes nothing but the battery and the signals."""

    name: Name = ""
    interval: Count | None = None
    start: Generation | None = None
    at: Annotated[list[Generation], Field(min_length=1)] | None = None
    when: When | None = Field(default=None)

    @model_validator(mode="before")
    @classmethod
    def _fill_in(cls, data: Any) -> Any:
        """Name it after its kind; a schedule that is given replaces the default interval."""
        if not isinstance(data, dict):
            return data
        data = dict(data)
        if data.get("name") is None:
            data["name"] = cls.model_fields["kind"].default
        if data.get("at") is not None or data.get("when") is not None:
            data.setdefault("interval", None)
        return data

    @model_validator(mode="after")
    def _one_schedule(self) -> InterventionPart:
        given = [name for name in self.alternatives if getattr(self, name) is not None]
        if len(given) != 1:
            raise ValueError(
                f"needs one schedule of {', '.join(self.alternatives)}; "
                f"got {' and '.join(given) or 'none'}"
            )
        if self.start is not None and self.interval is None:
            raise ValueError("start goes with interval only; leave it out")
        return self

    def is_due(self, generation: int, measured: Callable[[str, int], float]) -> bool:
        """Return whether the intervention is due in a generation.

        Parameters
        ----------
        generation : int
            From 0.
        measured : callable
            ``measured(name, generation)`` is a recorded measure.
        """
        if self.at is not None:
            return generation in self.at
        if self.when is not None:
            return self._crossed(generation, measured)
        assert self.interval is not None
        start = self._start
        return generation >= start and (generation - start) % self.interval == 0

    @property
    def _start(self) -> int:
        """The generation from which the interval counts."""
        assert self.interval is not None
        if self.start is not None:
            return self.start
        return self.interval if self.first is None else self.first

    def dates(self, end: int) -> Sequence[int] | None:
        """Return the generations before `end` in which it is due.

        None if it has a trigger, or a schedule of its own: that depends on how
        the run goes.
        """
        if self.when is not None or type(self).is_due is not InterventionPart.is_due:
            return None
        if self.at is not None:
            return [generation for generation in self.at if generation < end]
        assert self.interval is not None
        return range(self._start, end, self.interval)

    def _crossed(self, generation: int, measured: Callable[[str, int], float]) -> bool:
        assert self.when is not None
        if generation < 1 or not self.when.beyond(measured(self.when.measure, generation - 1)):
            return False
        return generation < 2 or not self.when.beyond(measured(self.when.measure, generation - 2))

    @abstractmethod
    def change(self, circumstances: Circumstances) -> Change:
        """Return the change to make."""
