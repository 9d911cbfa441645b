"""The battery of proxy questions: a sparse matrix of activations."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.quantities import Count, CountOrZero
from peckham.agents.parameters.registry import Part
from peckham.agents.parameters.summaries import summarised


@summarised
@dataclass(frozen=True)
class Battery:
    """Activations w_bq of Q questions by B beliefs, compressed by belief.

    Attributes
    ----------
    start : ndarray of int64, shape (B + 1,)
        The entries of belief b are ``start[b]`` to ``start[b + 1]``.
    question : ndarray of uint32, shape (entries,)
        The question of each entry, 0..Q-1.
    weight : ndarray of float64, shape (entries,) or (0,)
        w_bq > 0; empty if all weights are 1.
    on_value : ndarray of bool, shape (Q,)
        Questions that are scored on v instead of a in the proxy.
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
            What the question is scored on in the proxy.
        """
        added = int(np.count_nonzero(activated))
        question = np.empty(self.question.size + added, np.uint32)
        weight = np.empty(self.weight.size + added if self.weight.size else 0)
        insert(self.question, self.start, activated, self.questions, question)
        if weight.size:
            insert(self.weight, self.start, activated, 1, weight)
        start = self.start.copy()
        make_room(start, activated)
        on_value = np.concatenate((self.on_value, [scored_on == "value"]))
        return Battery(start, question, weight, on_value)


@kernel
def insert(
    entries: NDArray[Any],
    start: NDArray[np.int64],
    activated: NDArray[np.bool_],
    new: int,
    larger: NDArray[Any],
) -> None:
    """Copy entries to a larger array, adding one after the entries of each activated belief."""
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


@kernel
def make_room(start: NDArray[np.int64], activated: NDArray[np.bool_]) -> None:
    """Update the start of each belief's entries after adding one per activated belief."""
    added = 0
    for b in range(activated.size):
        start[b] += added
        added += activated[b]
    start[activated.size] += added


def unweighted(start: NDArray[np.int64], question: NDArray[np.uint32], questions: int) -> Battery:
    """Return a battery of Q questions whose weights are all 1."""
    return Battery(start, question, np.empty(0), np.zeros(questions, np.bool_))


def no_questions(beliefs: int) -> Battery:
    """Return a battery without questions, for a trait population."""
    return unweighted(np.zeros(beliefs + 1, np.int64), np.empty(0, np.uint32), 0)


class BatteryPart(Part):
    """Base of the batteries: parameters, and how to draw the questions from them.

    Visible and held-out questions are two draws that share one `structure`.

    Parameters
    ----------
    questions : int
        Q, at least 1.
    held_out : int
        Number of questions that selection does not see, at least 0.
    """

    family: ClassVar[str] = "battery"

    questions: Count = 75
    held_out: CountOrZero = 0

    def structure(self, beliefs: int, rng: np.random.Generator) -> Any:
        """Draw what visible and held-out questions share; by default nothing."""
        return None

    @abstractmethod
    def draw(
        self, structure: Any, beliefs: int, questions: int, rng: np.random.Generator
    ) -> Battery:
        """Draw the activations of Q questions.

        Parameters
        ----------
        structure : object
            What `structure` returned.
        beliefs, questions : int
            B and Q.
        rng : numpy.random.Generator
            The ``battery`` stream, or ``held_out`` for the held-out questions.
        """
