"""Compiled kernels: made before the runs that need them, and said so, for it takes a while."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from numba.core import event

from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun
from .simulation import simulate

NOTICE = (
    "compiling the numerical kernels, which are kept for the next time; this takes up to a minute"
)

FEW_AGENTS, FEW_GENERATIONS = 20, 40
"""Size of the runs that compile: what they do matters, not how much."""


def warm(specs: Sequence[ModelSpec]) -> None:
    """Run a little of every kind of run, so that its kernels are compiled and cached.

    Parameters
    ----------
    specs : sequence of ModelSpec
        The parameters of each variant. Those that differ in numbers only
        need the same kernels.
    """
    kinds: dict[str, ModelSpec] = {}
    for spec in specs:
        kinds.setdefault(kind(spec), spec)
    for spec in kinds.values():
        population = spec.population.model_copy(
            update={"size": min(spec.population.size, FEW_AGENTS)}
        )
        generations = min(spec.generations, FEW_GENERATIONS)
        record = spec.record.model_copy(update={"agents_at": []})
        little = {"population": population, "generations": generations, "record": record}
        with contextlib.suppress(Exception):  # a run that fails says so itself
            simulate(PlannedRun(0, 0, 0, 0), spec.model_copy(update=little))


def kind(spec: ModelSpec) -> str:
    """Return what decides which kernels a run needs: parts, measures, and what is there at all."""
    parts = (spec.landscape, spec.battery, spec.selection, spec.reproduction.proposal)
    return repr(
        (
            [part.kind for part in (*parts, *spec.interventions)],
            spec.record.measures,
            spec.population.beliefs_per_agent > 0,
            spec.reproduction.mutation_rate > 0,
            spec.reproduction.recombination_rate > 0,
            spec.conduct.episodes,
            spec.oversight.sanction,
        )
    )


class Listener(event.Listener):
    """Calls back at the first compilation.

    Parameters
    ----------
    say : callable
        Is given a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say: Callable[[str], None] | None = say

    def on_start(self, event: event.Event) -> None:
        """Say it once."""
        if self._say is not None:
            self._say(NOTICE)
            self._say = None

    def on_end(self, event: event.Event) -> None:
        """Do nothing."""


@contextlib.contextmanager
def announced(say: Callable[[str], None]) -> Iterator[None]:
    """Have it said if anything has to be compiled meanwhile; loading what is cached is not."""
    with event.install_listener("numba:compile", Listener(say)):
        yield
