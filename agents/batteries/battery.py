"""The battery of proxy questions: a sparse matrix of activations."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parts import Part
from peckham.agents.quantities import Count, CountOrZero


@dataclass(frozen=True)
class Battery:
    """Activations w_bq of Q questions by B beliefs, compressed by belief.

    Attributes
    ----------
    start : ndarray of int64, shape (B + 1,)
        Belief b's entries are ``start[b]`` to ``start[b + 1]``.
    question : ndarray of uint32, shape (entries,)
        Which question an entry is about, 0..Q-1.
    weight : ndarray of float64, shape (entries,) or (0,)
        w_bq > 0; empty where every weight is 1.
    on_value : ndarray of bool, shape (Q,)
        Questions whose part of the proxy is scored on v instead of a.
    """

    start: NDArray[np.int64]
    question: NDArray[np.uint32]
    weight: NDArray[np.float64]
    on_value: NDArray[np.bool_]

    @property
    def questions(self) -> int:
        """Q, the number of questions."""
        return self.on_value.size

    @property
    def beliefs(self) -> int:
        """B, the number of beliefs."""
        return self.start.size - 1

    def dense(self) -> NDArray[np.float64]:
        """Return the matrix w, shape (B, Q)."""
        w = np.zeros((self.beliefs, self.questions))
        belief = np.repeat(np.arange(self.beliefs), np.diff(self.start))
        w[belief, self.question] = self.weight if self.weight.size else 1.0
        return w

    def with_question(self, activated: NDArray[np.bool_], *, scored_on: str) -> Battery:
        """Return the battery with one more question, of weight 1.

        Parameters
        ----------
        activated : ndarray of bool, shape (B,)
            The beliefs that the question activates.
        scored_on : {"signal", "value"}
            What its part of the proxy is scored on.
        """
        start, question, weight = with_entries(
            self.start, self.question, self.weight, activated, self.questions
        )
        on_value = np.concatenate((self.on_value, [scored_on == "value"]))
        return Battery(start, question, weight, on_value)


def with_entries(
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    activated: NDArray[np.bool_],
    number: int,
) -> tuple[NDArray[np.int64], NDArray[np.uint32], NDArray[np.float64]]:
    """Return the entries with one more, of weight 1, for each activated belief."""
    added = int(np.count_nonzero(activated))
    ends, larger = start.copy(), with_room(question, added)
    weights = with_room(weight, added) if weight.size else weight
    insert(ends, larger, weights, activated, number)
    return ends, larger, weights


Number = TypeVar("Number", bound=np.generic)


def with_room(entries: NDArray[Number], more: int) -> NDArray[Number]:
    """Return a copy of entries with room for more, which is not filled."""
    larger = np.empty(entries.size + more, entries.dtype)
    larger[: entries.size] = entries
    return larger


@borrowing
def insert(
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    activated: NDArray[np.bool_],
    number: int,
) -> None:
    """Insert an entry, of weight 1, after those of each activated belief; there must be room.

    Where each belief's entries start is brought up to date.
    """
    weighted = weight.size > 0
    added = 0
    for b in range(activated.size):
        added += activated[b]
    # from the end, so that nothing is written over before it has moved
    for b in range(activated.size - 1, -1, -1):
        if added == 0:
            break
        begin, end = start[b], start[b + 1]
        start[b + 1] = end + added
        if activated[b]:
            added -= 1
            question[end + added] = number
            if weighted:
                weight[end + added] = 1.0
        for k in range(end - 1, begin - 1, -1):
            question[k + added] = question[k]
            if weighted:
                weight[k + added] = weight[k]


def from_entries(
    belief: NDArray[np.integer],
    question: NDArray[np.integer],
    beliefs: int,
    questions: int,
    weight: NDArray[np.float64] | None = None,
) -> Battery:
    """Return a battery from its nonzero entries, sorted by belief.

    Parameters
    ----------
    belief, question : ndarray of int, shape (entries,)
        Where the entries stand; ``belief`` ascends.
    beliefs, questions : int
        B and Q.
    weight : ndarray of float64, shape (entries,), optional
        Their weights; 1 where left out.
    """
    counts = np.bincount(belief, minlength=beliefs)
    return Battery(
        start=np.concatenate(([0], np.cumsum(counts))).astype(np.int64),
        question=question.astype(np.uint32),
        weight=np.empty(0) if weight is None else weight,
        on_value=np.zeros(questions, np.bool_),
    )


def no_questions(beliefs: int) -> Battery:
    """Return a battery that asks nothing, as a trait population meets it."""
    nothing = np.empty(0, np.uint32)
    return Battery(np.zeros(beliefs + 1, np.int64), nothing, np.empty(0), np.empty(0, np.bool_))


class BatteryPart(Part):
    """Base of the batteries: parameters, and how to draw the questions from them.

    The visible and the held-out questions are two draws that share one
    `structure`, what the beliefs bring to any question of this battery.
    """

    family: ClassVar[str] = "battery"

    questions: Count = 75
    held_out: CountOrZero = 0

    def structure(self, beliefs: int, rng: np.random.Generator) -> Any:
        """Draw what visible and held-out questions have in common; by default nothing."""
        return None

    @abstractmethod
    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations of so many questions.

        Parameters
        ----------
        structure : object
            What `structure` returned.
        beliefs, questions : int
            B and Q.
        rng : numpy.random.Generator
            The ``battery`` stream, or ``held_out`` for the held-out questions.
        """
