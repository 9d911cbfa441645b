"""Terms: what stays the same through a stretch, for compiled code."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.selection.fermi import Fermi
from peckham.agents.selection.moran import Moran
from peckham.agents.selection.neutral import Neutral
from peckham.agents.selection.softmax import Softmax

from .payoff import Stakes

if TYPE_CHECKING:
    from .model import PopulationModel

SOFTMAX, FERMI, MORAN = range(3)
"""Selection rules that stretches know. Drift is softmax selection with β = 0."""

RULES = {
    Softmax.select: SOFTMAX,
    Neutral.select: SOFTMAX,
    Fermi.select: FERMI,
    Moran.select: MORAN,
}
"""What is compiled in place of a rule's `select`."""


class Terms(NamedTuple):
    """What stays the same through a stretch.

    Attributes
    ----------
    rule : int
        Of selection.
    beta : float
        β, 0 for drift.
    mutation_rate : float
    stakes : Stakes
    looks, inherits : bool
        As the evaluator has them.
    assesses : bool
        Whether more is assessed than P, U and F.
    takes_census : bool
        Whether selection or a measure looks at clones in every generation. Where drift
        is followed by lineages alone, a census is taken at the end only.
    held_out : bool
        Whether there are held-out questions.
    """

    rule: int
    beta: float
    mutation_rate: float
    stakes: Stakes
    looks: bool
    inherits: bool
    assesses: bool
    takes_census: bool
    held_out: bool


def terms_of(model: PopulationModel) -> Terms:
    """Return what stays the same until the parameters change."""
    spec, evaluator, book = model.spec, model.evaluator, model.record.book()
    rule, beta, looks = RULES[type(spec.selection).select], pressure_of(spec), evaluator.looks
    places = book.places
    drifts = rule == SOFTMAX and beta == 0 and not looks
    return Terms(
        rule=rule,
        beta=beta,
        mutation_rate=float(spec.reproduction.mutation_rate),
        stakes=evaluator.stakes(),
        looks=looks,
        inherits=evaluator.inherits,
        assesses=looks or max(places.assessment, places.conduct) >= 0,
        takes_census=not drifts or max(places._replace(lineages=-1, pressure=-1)) >= 0,
        held_out=evaluator.held_out is not None,
    )


def pressure_of(spec: ModelSpec) -> float:
    """Return the β that selection acts with: 0 for drift, and in a neutral twin."""
    rule = spec.selection
    if spec.control == "neutral" or not isinstance(rule, Softmax | Fermi | Moran):
        return 0.0
    return float(rule.beta)
