"""The agenda: interventions that are carried out in the middle of a stretch.

Adaptive tests, and improving evaluators of the published form, need nobody to leave
compiled code. What is done is what `change` returns and `EvaluatorAgent.apply` makes of
it. On a date that they share with another intervention, `PopulationModel.intervene`
applies all; so it does with signals that proposals of mutations look at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.battery import insert, make_room
from peckham.agents.evaluation.examination import ROOM
from peckham.agents.evaluation.question_sums import Exam, relabel_rows
from peckham.agents.evaluation.revision import add_question, relabel_clones
from peckham.agents.evaluation.scoring import Pool
from peckham.agents.interventions.adaptive_test import AdaptiveTest
from peckham.agents.interventions.improving_evaluator import ImprovingEvaluator
from peckham.agents.interventions.intervention import InterventionPart, mark
from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.population.abundance import Census
from peckham.agents.population.columns import UNKNOWN
from peckham.agents.population.population import Population
from peckham.agents.reproduction.proposals.uniform import Uniform

from .compilation import borrowing

if TYPE_CHECKING:
    from .model import PopulationModel

ASK, RELABEL = range(2)

ACTIONS = {
    AdaptiveTest: (AdaptiveTest.change, ASK),
    ImprovingEvaluator: (ImprovingEvaluator.change, RELABEL),
}
"""Kinds of intervention, and what is compiled in place of their `change`."""

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
        Scratch space: the beliefs that a question activates.
    question, weight : ndarray
        Scratch space for the entries of the battery.
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
    if spec.population.beliefs_per_agent == 0:
        return None
    if isinstance(intervention, ImprovingEvaluator):
        # proposals may look at the signals, and other forms at the whole landscape
        looks = type(spec.reproduction.proposal).log_weights is not Uniform.log_weights
        if intervention.form != "published" or (looks and spec.reproduction.mutation_rate > 0):
            return None
    for kind, (change, action) in ACTIONS.items():
        if isinstance(intervention, kind) and type(intervention).change is change:
            return action
    return None


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


def is_done(model: PopulationModel, item: Item) -> bool:
    """Return whether an item was carried out before a stretch ended in its generation."""
    return model.last_applied.get(item.intervention.name) == item.date


def begin(model: PopulationModel, items: Sequence[Item]) -> tuple[Agenda, Exam, Exam, Pool]:
    """Return the agenda of a stretch, both exams, and the pool; what it changes are copies.

    There is room for the questions of the first generation and for `ROOM` at least, if so
    many are to come. Once it is filled, the stretch ends.
    """
    agenda, evaluator = agenda_of(model, items), model.evaluator
    (visible, held_out), pool = evaluator.examination.exams(), evaluator.pool()
    if not items:
        return agenda, visible, held_out, pool
    asked = agenda.actions == ASK
    at_once = max(ROOM, np.count_nonzero(asked & (agenda.dates[:-1] == model.generation)))
    left = agenda.most[asked].max(initial=0) - visible.on_value.size
    more = int(min(np.count_nonzero(asked), at_once, left))
    if more > 0:
        people = model.population
        each = min(people.size * people.genes, model.landscape.size)  # beliefs that are held
        visible = evaluator.examination.draft(more, more * each)
        agenda = agenda._replace(
            question=np.empty_like(visible.question), weight=np.empty_like(visible.weight)
        )
    return agenda, visible, held_out, pool._replace(signal=pool.signal.copy())


def sign_off(
    model: PopulationModel, items: Sequence[Item], agenda: Agenda, visible: Exam, pool: Pool
) -> None:
    """Have a model take over what the items of its agenda have made of battery and signals."""
    done, questions = agenda.progress.tolist()
    landscape = model.landscape
    if RELABEL in agenda.actions[:done]:
        landscape = landscape.relabelled(pool.signal)
    if questions > model.evaluator.battery.questions:
        model.evaluator.examination.adopt(visible, questions)
    model.landscape = landscape
    for item in items[:done]:
        model.note_applied(item.intervention.name, item.date)
    if done:
        model.evaluator.look_again()


@borrowing
def ask(
    agenda: Agenda, item: int, population: Population, census: Census, visible: Exam, pool: Pool
) -> None:
    """Add a question of the deceptive beliefs that anybody holds; see `AdaptiveTest`."""
    activated, questions = agenda.activated, agenda.progress[1]
    activated[:] = False
    mark(population.clones.beliefs, census.clone[: census.many[0]], activated)
    anything = False
    for b in range(activated.size):
        activated[b] &= (pool.value[b] < 0.0) & (pool.signal[b] > 0.0)
        anything |= activated[b]
    if not anything:
        return
    weighted = visible.weight.size > 0
    for k in range(visible.start[-1]):
        agenda.question[k] = visible.question[k]
        if weighted:
            agenda.weight[k] = visible.weight[k]
    insert(agenda.question, visible.start, activated, questions, visible.question)
    if weighted:
        insert(agenda.weight, visible.start, activated, 1, visible.weight)
    make_room(visible.start, activated)
    visible.on_value[questions] = agenda.on_value[item]
    add_question(
        activated, agenda.on_value[item], questions, population.clones, census, pool, visible
    )
    agenda.progress[1] += 1


@borrowing
def relabel(
    agenda: Agenda,
    item: int,
    population: Population,
    census: Census,
    visible: Exam,
    pool: Pool,
    held_out: bool,
) -> None:
    """Change every signal by the item's rule, and what follows from it; see `Relabelling`."""
    x, y, z = agenda.terms[item, 0], agenda.terms[item, 1], agenda.terms[item, 2]
    for b in range(pool.signal.size):
        pool.signal[b] = x * pool.signal[b] + y * pool.value[b] + z
    clones = population.clones
    if visible.on_value[: agenda.progress[1]].any():
        clones.stale[:] = True
        clones.origin[:] = UNKNOWN
    else:
        relabel_rows(visible, x, y, z)
        relabel_clones(clones, census, pool, x, y, z, held_out)


@borrowing
def carry_out(
    agenda: Agenda,
    population: Population,
    census: Census,
    visible: Exam,
    pool: Pool,
    held_out: bool,
) -> bool:
    """Carry out the next item, and cross it off.

    Parameters
    ----------
    agenda : Agenda
        Updated.
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

    Returns
    -------
    bool
        Whether it was done; not if there is no room for another question.
    """
    item = agenda.progress[0]
    if agenda.actions[item] == RELABEL:
        relabel(agenda, item, population, census, visible, pool, held_out)
    elif agenda.progress[1] < agenda.most[item]:
        if agenda.progress[1] == visible.on_value.size:
            return False
        ask(agenda, item, population, census, visible, pool)
    agenda.progress[0] += 1
    return True
