"""The battery of proxy questions: a sparse matrix of activations."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing
from peckham.agents.parameters.quantities import Count, CountOrZero
from peckham.agents.parameters.registry import Part


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
    larger = np.empty(question.size + added, np.uint32)
    weights = np.empty(weight.size + added if weight.size else 0)
    insert(question, start, activated, number, larger)
    if weight.size:
        insert(weight, start, activated, 1, weights)
    ends = start.copy()
    make_room(ends, activated)
    return ends, larger, weights


Number = TypeVar("Number", bound=np.generic)


def with_room(entries: NDArray[Number], more: int) -> NDArray[Number]:
    """Return a copy of entries with room for more, which is not filled."""
    larger = np.empty(entries.size + more, entries.dtype)
    larger[: entries.size] = entries
    return larger


@borrowing
def insert(
    entries: NDArray[Any],
    start: NDArray[np.int64],
    activated: NDArray[np.bool_],
    new: int,
    larger: NDArray[Any],
) -> None:
    """Copy entries to a larger array, with a new one after those of each activated belief."""
    copied = added = np.uint64(0)  # unsigned: no check for negative indices
    for b in range(activated.size):
        if activated[b]:
            end = np.uint64(start[b + 1])
            for k in range(copied, end):
                larger[k + added] = entries[k]
            larger[end + added] = new
            copied = end
            added += np.uint64(1)
    for k in range(copied, np.uint64(start[activated.size])):
        larger[k + added] = entries[k]


@borrowing
def make_room(start: NDArray[np.int64], activated: NDArray[np.bool_]) -> None:
    """Move where beliefs' entries start, for each activated belief has one more."""
    added = 0
    for b in range(activated.size):
        start[b] += added
        added += activated[b]
    start[activated.size] += added


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
