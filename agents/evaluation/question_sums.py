"""Question sums: of each question, what those beliefs add up to that it activates."""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.battery import Battery
from peckham.agents.compilation import borrowing, inlined

SHOWN, WORTH = range(2)
"""Places of Σwa and Σwv in a pair."""


Number = TypeVar("Number", bound=np.generic)


class QuestionSums(NamedTuple):
    """Sums over the beliefs of a clone that a question activates, a row a clone.

    Attributes
    ----------
    number : ndarray of int32, shape (rows, room for questions)
        How many beliefs these are: the question is active where there is any.
    pairs : ndarray of float64, shape (rows, 2·room for questions)
        Σwa and Σwv, question by question: they are needed together.
    total : ndarray of float64, shape (rows, room for questions or 0)
        Σw, unless all weights are 1.
    """

    number: NDArray[np.int32]
    pairs: NDArray[np.float64]
    total: NDArray[np.float64]

    @property
    def room(self) -> int:
        """For how many questions there is room."""
        return self.number.shape[1]

    def widened(self, more: int) -> QuestionSums:
        """Return the same with room for more questions."""
        return QuestionSums(
            widened(self.number, self.room, more),
            widened(self.pairs, self.room, more),
            widened(self.total, self.room, more),
        )


def widened(array: NDArray[Number], room: int, more: int) -> NDArray[Number]:
    """Return an array with zeros for more questions, as many a question as it had; maybe none."""
    rows, width = array.shape
    wider = np.zeros((rows, width // room * (room + more)), array.dtype)
    wider[:, :width] = array
    return wider


def room_for(battery: Battery, rows: int) -> QuestionSums:
    """Return room for the sums of so many clones; nothing is written there yet."""
    questions = battery.questions
    return QuestionSums(
        np.empty((rows, questions), np.int32),
        np.empty((rows, 2 * questions)),
        np.empty((rows, questions if battery.weight.size else 0)),
    )


class Exam(NamedTuple):
    """The arrays of a battery, and the question sums on it; see `Battery` and `QuestionSums`."""

    start: NDArray[np.int64]
    question: NDArray[np.uint32]
    weight: NDArray[np.float64]
    on_value: NDArray[np.bool_]
    number: NDArray[np.int32]
    pairs: NDArray[np.float64]
    total: NDArray[np.float64]


# Kernels below are given an array and a row of it, not a view of the row: to make one takes longer
# than what is done with it.


@borrowing
def sum_anew(
    beliefs: NDArray[np.int32],
    clone: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    number: NDArray[np.int32],
    pairs: NDArray[np.float64],
    place: int,
) -> None:
    """Sum up a clone's questions where all weights are 1."""
    i, row = np.uint32(clone), np.uint32(place)  # unsigned: no check for negative indices
    for q in range(number.shape[1]):
        number[row, q] = 0
    for q in range(pairs.shape[1]):
        pairs[row, q] = 0.0
    for j in range(beliefs.shape[1]):
        b = np.uint32(beliefs[i, j])
        a, v = signal[b], value[b]
        for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
            q = question[e]
            two = np.uint32(2) * q
            number[row, q] += 1
            pairs[row, two + SHOWN] += a
            pairs[row, two + WORTH] += v


@inlined
def add_weighted(
    sign: int,
    belief: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    weight: NDArray[np.float64],
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    number: NDArray[np.int32],
    pairs: NDArray[np.float64],
    total: NDArray[np.float64],
    place: int,
) -> None:
    """Add a belief to the sums of a clone's questions, or (sign -1) take it away."""
    row = np.uint32(place)  # unsigned: no check for negative indices
    b = np.uint32(belief)
    a, v = sign * signal[b], sign * value[b]
    for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
        q, w = question[e], weight[e]
        two = np.uint32(2) * q
        number[row, q] += sign
        pairs[row, two + SHOWN] += w * a
        pairs[row, two + WORTH] += w * v
        total[row, q] += sign * w


@borrowing
def shares(
    number: NDArray[np.int32],
    pairs: NDArray[np.float64],
    total: NDArray[np.float64],
    place: int,
    on_value: NDArray[np.bool_],
    inverse: NDArray[np.float64],
) -> tuple[float, float, float]:
    """Return what P and U are means of, summed over active questions, and how many these are.

    `inverse` is 1/n, 0 where n is.
    """
    row = np.uint32(place)
    weighted = total.shape[1] > 0
    proxy = true = active = 0.0
    for q in range(np.uint32(on_value.size)):
        n = number[row, q]
        share = inverse[np.uint32(n)]
        if weighted and n > 0:
            share = 1.0 / total[row, q]
        two = np.uint32(2) * q
        by_value = pairs[row, two + WORTH] * share
        true += by_value
        proxy += by_value if on_value[q] else pairs[row, two + SHOWN] * share
        active += n > 0
    return proxy, true, active


@inlined
def move_belief(
    sign: int,
    belief: int,
    start: NDArray[np.int64],
    question: NDArray[np.uint32],
    on_value: NDArray[np.bool_],
    mixed: bool,
    value: NDArray[np.float64],
    signal: NDArray[np.float64],
    number: NDArray[np.int32],
    pairs: NDArray[np.float64],
    place: int,
    inverse: NDArray[np.float64],
    proxy: float,
    true: float,
    active: float,
) -> tuple[float, float, float]:
    """Add a belief, or (sign -1) take it away, and keep up what follows from the sums.

    All weights are 1. What follows are the sums over active questions of
    what P and U are means of, and the number of active questions. Only the
    belief's questions are gone through. `mixed` says whether any question is
    scored on v.
    """
    row = np.uint32(place)
    b = np.uint32(belief)
    a, v = sign * signal[b], sign * value[b]
    for e in range(np.uint64(start[b]), np.uint64(start[b + np.uint32(1)])):
        q = question[e]
        before = number[row, q]
        after = before + sign
        number[row, q] = after
        share_before, share_after = inverse[np.uint32(before)], inverse[np.uint32(after)]
        two = np.uint32(2) * q
        shown, worth = pairs[row, two + SHOWN], pairs[row, two + WORTH]
        shown_now, worth_now = shown + a, worth + v
        pairs[row, two + SHOWN], pairs[row, two + WORTH] = shown_now, worth_now
        by_signal = shown_now * share_after - shown * share_before
        by_value = worth_now * share_after - worth * share_before
        if mixed and on_value[q]:
            by_signal = by_value
        proxy += by_signal
        true += by_value
        if before == 0 or after == 0:
            active += sign
    return proxy, true, active


@inlined
def copy_row(
    number: NDArray[np.int32],
    pairs: NDArray[np.float64],
    total: NDArray[np.float64],
    source: int,
    place: int,
) -> None:
    """Copy a clone's question sums."""
    old, new = np.uint32(source), np.uint32(place)
    for q in range(number.shape[1]):
        number[new, q] = number[old, q]
    for q in range(pairs.shape[1]):
        pairs[new, q] = pairs[old, q]
    for q in range(total.shape[1]):
        total[new, q] = total[old, q]


@borrowing
def relabel_rows(
    question_sums: QuestionSums | Exam, of_signal: float, of_value: float, constant: float
) -> None:
    """Change Σwa to what it is where every a ← x·a + y·v + z, in all rows of a store."""
    number, pairs, total = question_sums.number, question_sums.pairs, question_sums.total
    weighted = total.shape[1] > 0
    for r in range(number.shape[0]):
        for q in range(number.shape[1]):
            weights = total[r, q] if weighted else float(number[r, q])
            pairs[r, 2 * q + SHOWN] = (
                of_signal * pairs[r, 2 * q + SHOWN]
                + of_value * pairs[r, 2 * q + WORTH]
                + constant * weights
            )
