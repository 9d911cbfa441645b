"""The agenda: interventions that are carried out in the middle of a stretch.

The common ones, those of the published scenarios, need nobody to leave compiled
code. What is done is what `change` returns and `EvaluatorAgent.apply` makes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .batteries.battery import insert, make_room
from .census import Census
from .compilation import borrowing
from .interventions.adaptive_test import AdaptiveTest
from .interventions.improving_evaluator import ImprovingEvaluator
from .interventions.intervention import InterventionPart, mark
from .ledger import UNKNOWN
from .parameters import ModelSpec
from .population import Population
from .proposals.uniform import Uniform
from .question_sums import Exam, relabel_rows
from .revision import add_question, relabel_clones
from .scoring import Pool

if TYPE_CHECKING:
    from .model import PopulationModel

ASK, RELABEL = range(2)

ACTIONS = {AdaptiveTest.change: ASK, ImprovingEvaluator.change: RELABEL}
"""What is compiled in place of an intervention's `change`."""

NEVER = np.iinfo(np.int64).max
"""The date after the last."""


class Item(NamedTuple):
    """An intervention that is due in a generation, and what it does."""

    date: int
    intervention: InterventionPart
    action: int


class Agenda(NamedTuple):
    """What is due in a stretch, for compiled code.

    Attributes
    ----------
    dates : ndarray of int64, shape (items + 1,)
        The generation of each item, ascending; the last is `NEVER`.
    actions : ndarray of int64, shape (items,)
        `ASK` one more question of what is deceptive, or `RELABEL` every belief.
    most : ndarray of int64, shape (items,)
        How many questions there can be.
    on_value : ndarray of bool, shape (items,)
        Whether the question is scored on v.
    terms : ndarray of float64, shape (items, 3)
        x, y and z of a ← x·a + y·v + z.
    activated : ndarray of bool, shape (B,)
    question : ndarray of uint32
    weight : ndarray of float64
        Scratch space, of the size of the battery's.
    progress : ndarray of int64, shape (2,)
        How many items were carried out, and how many questions there are.
    """

    dates: NDArray[np.int64]
    actions: NDArray[np.int64]
    most: NDArray[np.int64]
    on_value: NDArray[np.bool_]
    terms: NDArray[np.float64]
    activated: NDArray[np.bool_]
    question: NDArray[np.uint32]
    weight: NDArray[np.float64]
    progress: NDArray[np.int64]


def action_of(intervention: InterventionPart, spec: ModelSpec) -> int | None:
    """Return what compiled code does in place of an intervention, None if it must be called."""
    action = ACTIONS.get(type(intervention).change)
    if isinstance(intervention, ImprovingEvaluator):
        # proposals may look at the signals, and other forms at the whole landscape
        looks = type(spec.reproduction.proposal).log_weights is not Uniform.log_weights
        if intervention.form != "published" or (looks and spec.reproduction.mutation_rate > 0):
            return None
    return action


NOTHING = Agenda(
    dates=np.array([NEVER]),
    actions=np.empty(0, np.int64),
    most=np.empty(0, np.int64),
    on_value=np.empty(0, np.bool_),
    terms=np.empty((0, 3)),
    activated=np.empty(0, np.bool_),
    question=np.empty(0, np.uint32),
    weight=np.empty(0),
    progress=np.zeros(2, np.int64),
)
"""The agenda of a stretch in which nothing is due, but for the number of questions."""


def agenda_of(model: PopulationModel, items: Sequence[Item]) -> Agenda:
    """Return the agenda of a stretch, whose items are given in order."""
    many, progress = len(items), np.array([0, model.evaluator.battery.questions])
    if many == 0:
        return NOTHING._replace(progress=progress)
    agenda = NOTHING._replace(
        dates=np.array([*(item.date for item in items), NEVER]),
        actions=np.array([item.action for item in items], np.int64),
        most=np.zeros(many, np.int64),
        on_value=np.zeros(many, np.bool_),
        terms=np.zeros((many, 3)),
        activated=np.empty(model.seen.size - 1, np.bool_),
        progress=progress,
    )
    times = model.times_applied.copy()
    for k, (_, intervention, _) in enumerate(items):
        if isinstance(intervention, AdaptiveTest):
            agenda.most[k] = intervention.most(model.spec.battery.questions)
            agenda.on_value[k] = intervention.scored_on == "value"
        elif isinstance(intervention, ImprovingEvaluator):
            nominal = model.landscape.nominal_correlation
            rule = intervention.mixed(nominal, times[intervention.name])
            agenda.terms[k] = rule.of_signal, rule.of_value, rule.constant
        times[intervention.name] += 1
    return agenda


def begin(model: PopulationModel, items: Sequence[Item]) -> tuple[Agenda, Exam, Pool]:
    """Return the agenda of a stretch, and copies of battery and signals for it to change."""
    agenda, evaluator = agenda_of(model, items), model.evaluator
    visible, pool = evaluator.examination.exams()[0], evaluator.pool()
    if not items:
        return agenda, visible, pool
    asked = agenda.most[agenda.actions == ASK]
    more = min(asked.size, int(asked.max(initial=0)) - visible.on_value.size)
    if more > 0:
        visible = evaluator.examination.draft(more)
        agenda = agenda._replace(
            question=np.empty_like(visible.question), weight=np.empty_like(visible.weight)
        )
    return agenda, visible, pool._replace(signal=pool.signal.copy())


def sign_off(
    model: PopulationModel, items: Sequence[Item], agenda: Agenda, visible: Exam, pool: Pool
) -> None:
    """Have a model take over what the items of its agenda have made of battery and signals."""
    done, questions = agenda.progress.tolist()
    if questions > model.evaluator.battery.questions:
        model.evaluator.examination.adopt(visible, questions)
    if RELABEL in agenda.actions[:done]:
        model.landscape = model.landscape.relabelled(pool.signal)
    for item in items[:done]:
        model.times_applied[item.intervention.name] += 1


@borrowing
def carry_out(
    agenda: Agenda,
    population: Population,
    census: Census,
    visible: Exam,
    pool: Pool,
    held_out: bool,
) -> None:
    """Carry out the next item.

    Parameters
    ----------
    agenda : Agenda
        The item is crossed off.
    population : Population
        Written to. Nobody is stale; afterwards all are whose scores did not follow.
    census : Census
        Who there is.
    visible : Exam
        Written to: the battery, with room for the question.
    pool : Pool
        Written to: the signals.
    held_out : bool
        Whether there are held-out questions.
    """
    item, questions = agenda.progress[0], agenda.progress[1]
    agenda.progress[0] += 1
    clones, value, signal = population.clones, pool.value, pool.signal
    if agenda.actions[item] == ASK:
        if questions >= agenda.most[item]:
            return
        activated = agenda.activated
        activated[:] = False
        mark(clones.beliefs, census.clone[: census.many[0]], activated)
        anything = False
        for b in range(activated.size):
            activated[b] &= (value[b] < 0.0) & (signal[b] > 0.0)
            anything |= activated[b]
        if not anything:
            return
        visible.on_value[questions] = agenda.on_value[item]
        weighted = visible.weight.size > 0
        for k in range(visible.start[-1]):
            agenda.question[k] = visible.question[k]
            if weighted:
                agenda.weight[k] = visible.weight[k]
        insert(agenda.question, visible.start, activated, questions, visible.question)
        if weighted:
            insert(agenda.weight, visible.start, activated, 1, visible.weight)
        make_room(visible.start, activated)
        add_question(activated, agenda.on_value[item], questions, clones, census, pool, visible)
        agenda.progress[1] += 1
        return
    x, y, z = agenda.terms[item, 0], agenda.terms[item, 1], agenda.terms[item, 2]
    for b in range(signal.size):
        signal[b] = x * signal[b] + y * value[b] + z
    if visible.on_value[:questions].any():
        clones.stale[:] = True
        clones.origin[:] = UNKNOWN
        return
    relabel_rows(visible, x, y, z)
    relabel_clones(clones, census, pool, x, y, z, held_out)
