"""Compilation of numerical kernels before the runs that need them, with a notice."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from numba.core import event

from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun
from .simulation import simulate

NOTICE = "compiling the numerical kernels; this takes up to a minute and is cached for later runs"

FEW_AGENTS, FEW_GENERATIONS = 20, 40
"""Size of the runs that trigger compilation. They cover the same kernels as full runs."""


def warm(specs: Sequence[ModelSpec]) -> None:
    """Simulate a small run of every kind, so that its kernels are compiled and cached.

    Parameters
    ----------
    specs : sequence of ModelSpec
        The parameters of each variant. Variants that differ only in numbers
        share their kernels.
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
        reduced = {"population": population, "generations": generations, "record": record}
        with contextlib.suppress(Exception):  # the run itself reports the failure
            simulate(PlannedRun(0, 0, 0, 0), spec.model_copy(update=reduced))


def kind(spec: ModelSpec) -> str:
    """Return a key of the kernels that a run needs: its parts, measures and active features."""
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
    """Calls a function at the first compilation.

    Parameters
    ----------
    say : callable
        Called once with a line of text.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say: Callable[[str], None] | None = say

    def on_start(self, event: event.Event) -> None:
        """Report the first compilation."""
        if self._say is not None:
            self._say(NOTICE)
            self._say = None

    def on_end(self, event: event.Event) -> None:
        """Do nothing."""


@contextlib.contextmanager
def announced(say: Callable[[str], None]) -> Iterator[None]:
    """Report a compilation during the block. Loading cached kernels is not reported."""
    with event.install_listener("numba:compile", Listener(say)):
        yield
