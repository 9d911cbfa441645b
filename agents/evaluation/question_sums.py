"""Question sums: what the beliefs of a genotype add up to, question by question.

A mutant's sums are those of the genotype that it came from, less the beliefs
that it lost, plus those that it gained. So one row of sums is stored per
genotype, and few questions change.
"""

from __future__ import annotations

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from peckham.agents.batteries.battery import Battery
from peckham.agents.compilation import contiguous, kernel
from peckham.agents.landscapes.landscape import Pool
from peckham.agents.parameters.summaries import summarised

SIGNAL, VALUE = range(2)
"""Positions of Σwa and Σwv in a pair."""

Number = TypeVar("Number", bound=np.generic)


@summarised
class QuestionSums(NamedTuple):
    """Sums over the beliefs of a genotype that a question activates, one row per genotype.

    Attributes
    ----------
    number : ndarray of int32, shape (rows, room for questions)
        The number of these beliefs; the question is active where there is any.
    pairs : ndarray of float64, shape (rows, 2·room for questions)
        Σwa and Σwv, question by question.
    total : ndarray of float64, shape (rows, room for questions or 0)
        Σw; empty if all weights are 1.
    """

    number: NDArray[np.int32]
    pairs: NDArray[np.float64]
    total: NDArray[np.float64]

    @property
    def room(self) -> int:
        """The number of questions that there is room for."""
        return self.number.shape[1]

    def widened(self, more: int) -> QuestionSums:
        """Return the same with room for more questions."""
        return QuestionSums(
            widened(self.number, self.room, more),
            widened(self.pairs, self.room, more),
            widened(self.total, self.room, more),
        )


def widened(array: NDArray[Number], room: int, more: int) -> NDArray[Number]:
    """Return an array with columns of zeros for more questions."""
    rows, width = array.shape
    wider = np.zeros((rows, width // room * (room + more)), array.dtype)
    wider[:, :width] = array
    return wider


def room_for(battery: Battery, rows: int) -> QuestionSums:
    """Return room for the sums of a number of genotypes; it is not filled."""
    questions = battery.questions
    return QuestionSums(
        np.empty((rows, questions), np.int32),
        np.empty((rows, 2 * questions)),
        np.empty((rows, questions if battery.weight.size else 0)),
    )


@summarised
class Exam(NamedTuple):
    """The arrays of a battery, and the question sums on it; see `Battery` and `QuestionSums`.

    `mixed` says whether any question is scored on v.
    """

    start: NDArray[np.int64]
    question: NDArray[np.uint32]
    weight: NDArray[np.float64]
    on_value: NDArray[np.bool_]
    number: NDArray[np.int32]
    pairs: NDArray[np.float64]
    total: NDArray[np.float64]
    mixed: bool


def exam_of(battery: Battery, sums: QuestionSums) -> Exam:
    """Return the arrays of a battery and of its question sums."""
    return Exam(
        contiguous(battery.start),
        contiguous(battery.question),
        contiguous(battery.weight),
        contiguous(battery.on_value),
        *sums,
        mixed=bool(battery.on_value.any()),
    )


@kernel
def sum_anew(beliefs: NDArray[np.int32], genotype: int, pool: Pool, exam: Exam, row: int) -> None:
    """Sum a genotype's questions where all weights are 1."""
    number, pairs, question = exam.number, exam.pairs, exam.question
    i, r = np.uint32(genotype), np.uint32(row)  # unsigned: no check for negative indices
    for q in range(number.shape[1]):
        number[r, q] = 0
    for q in range(pairs.shape[1]):
        pairs[r, q] = 0.0
    for j in range(beliefs.shape[1]):
        b = np.uint32(beliefs[i, j])
        a, v = pool.signal[b], pool.value[b]
        for e in range(np.uint64(exam.start[b]), np.uint64(exam.start[b + np.uint32(1)])):
            q = question[e]
            two = np.uint32(2) * q
            number[r, q] += 1
            pairs[r, two + SIGNAL] += a
            pairs[r, two + VALUE] += v


@kernel(inline=True)
def add_weighted(sign: int, belief: int, pool: Pool, exam: Exam, row: int) -> None:
    """Add a belief to a row of sums, or take it away (sign −1)."""
    number, pairs, total = exam.number, exam.pairs, exam.total
    r, b = np.uint32(row), np.uint32(belief)
    a, v = sign * pool.signal[b], sign * pool.value[b]
    for e in range(np.uint64(exam.start[b]), np.uint64(exam.start[b + np.uint32(1)])):
        q, w = exam.question[e], exam.weight[e]
        two = np.uint32(2) * q
        number[r, q] += sign
        pairs[r, two + SIGNAL] += w * a
        pairs[r, two + VALUE] += w * v
        total[r, q] += sign * w


@kernel
def shares(
    exam: Exam, row: int, questions: int, inverse: NDArray[np.float64]
) -> tuple[float, float, float]:
    """Return the sums over active questions of their parts of P and U, and the number active.

    ``inverse[n]`` is 1/n, and 0 for n = 0; shape (K + 1,).
    """
    number, pairs, total = exam.number, exam.pairs, exam.total
    r = np.uint32(row)
    weighted = total.shape[1] > 0
    proxy = true = active = 0.0
    for q in range(np.uint32(questions)):
        n = number[r, q]
        share = inverse[np.uint32(n)]
        if weighted and n > 0:
            share = 1.0 / total[r, q]
        two = np.uint32(2) * q
        by_value = pairs[r, two + VALUE] * share
        true += by_value
        proxy += by_value if exam.on_value[q] else pairs[r, two + SIGNAL] * share
        active += n > 0
    return proxy, true, active


@kernel(inline=True)
def move_belief(
    sign: int,
    belief: int,
    pool: Pool,
    exam: Exam,
    row: int,
    inverse: NDArray[np.float64],
    totals: tuple[float, float, float],
) -> tuple[float, float, float]:
    """Add a belief to a row of sums, or remove it (sign −1), where all weights are 1.

    `totals` is what `shares` returns for the row before. Return what it returns now. Only
    the belief's questions are visited.
    """
    number, pairs, question = exam.number, exam.pairs, exam.question
    proxy, true, active = totals
    r, b = np.uint32(row), np.uint32(belief)
    a, v = sign * pool.signal[b], sign * pool.value[b]
    for e in range(np.uint64(exam.start[b]), np.uint64(exam.start[b + np.uint32(1)])):
        q = question[e]
        before = number[r, q]
        after = before + sign
        number[r, q] = after
        share_before, share_after = inverse[np.uint32(before)], inverse[np.uint32(after)]
        two = np.uint32(2) * q
        signal, value = pairs[r, two + SIGNAL], pairs[r, two + VALUE]
        signal_now, value_now = signal + a, value + v
        pairs[r, two + SIGNAL], pairs[r, two + VALUE] = signal_now, value_now
        by_signal = signal_now * share_after - signal * share_before
        by_value = value_now * share_after - value * share_before
        if exam.mixed and exam.on_value[q]:
            by_signal = by_value
        proxy += by_signal
        true += by_value
        if before == 0 or after == 0:
            active += sign
    return proxy, true, active


@kernel(inline=True)
def copy_row(exam: Exam, source: int, row: int) -> None:
    """Copy a row of question sums."""
    old, new = np.uint32(source), np.uint32(row)
    for q in range(exam.number.shape[1]):
        exam.number[new, q] = exam.number[old, q]
    for q in range(exam.pairs.shape[1]):
        exam.pairs[new, q] = exam.pairs[old, q]
    for q in range(exam.total.shape[1]):
        exam.total[new, q] = exam.total[old, q]
