"""Mutation: newborn children exchange some of their beliefs for new ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import borrowing, inlined
from peckham.agents.population.genotypes import FEW, branch
from peckham.agents.population.population import Population
from peckham.agents.randomness import Uniforms
from peckham.agents.selection.parentage import Parentage

from .hand import Hand, empty_hand

TRIES = 64
"""Times that a weighted proposal may hit a belief that is ruled out before all are gone through."""

NOT_BEGUN = -1
"""In place of the next mutation's gene: even the first gap is still to be drawn."""

EVEN = np.empty(0)
"""In place of weights: all beliefs are as likely."""


def mutate(
    parentage: Parentage,
    children: Population,
    rate: float,
    log_weights: NDArray[np.float64] | None,
    seen: NDArray[np.int64],
    uniforms: Uniforms,
) -> None:
    """Replace beliefs of newborn children, each with probability `rate`, all at once.

    A child's new beliefs are drawn from those that it did not inherit, no two
    alike: uniformly, or one after another in proportion to their weights.
    Where more are marked than the B − K on offer, B − K of the marked ones,
    chosen at random, are replaced (at K = B none). Children that change begin
    stale clones.

    Parameters
    ----------
    parentage : Parentage
        Who was born.
    children : Population
        The nursery, with what the children inherit.
    rate : float
        μ, per belief and birth, 0..1.
    log_weights : ndarray of float64, shape (B,), or None
        Logarithm of each belief's weight, None if all are equal.
    seen : ndarray of int64, shape (B + 1,)
        Scratch space, zeros at first: the last child for which belief b was
        ruled out; the last entry counts the children.
    uniforms : Uniforms
        Of the ``mutation`` stream: one for each gap between mutations, then
        those of the replacements, child by child.
    """
    nobody = parentage.probabilities is None and not parentage.born.any()
    if rate == 0 or children.genes == seen.size - 1 or nobody:
        return
    log_weights, cumulated = proposed(log_weights)
    births = np.count_nonzero(parentage.born)
    numbers = 64 + int(2.2 * births * children.genes * rate)
    progress = np.array([NOT_BEGUN, 0])
    hand = empty_hand(parentage.born.size, children.genes, seen.size - 1)
    while not replace_beliefs(
        parentage.born,
        rate,
        children,
        log_weights,
        cumulated,
        seen,
        uniforms.ahead(numbers),
        progress,
        hand,
    ):
        uniforms.take(progress[1])
        numbers *= 2
    uniforms.take(progress[1])


def proposed(
    log_weights: NDArray[np.float64] | None,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the weights' logarithms and their cumulated sum, both empty if all are equal."""
    if log_weights is None:
        return EVEN, EVEN
    return log_weights, np.cumsum(np.exp(log_weights - log_weights.max()))


def most_numbers(genes: int) -> int:
    """Return how many uniform numbers one child takes at most, or more with a chance of 2^-60."""
    return 64 + genes * (TRIES + 16)


@borrowing
def weighted(
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    tag: int,
    uniforms: NDArray[np.float64],
    used: int,
) -> tuple[int, int]:
    """Draw a belief that is not ruled out, in proportion to its weight.

    By trial first; if every trial hits what is ruled out, among the others by
    their weights relative to the largest that is left, which may be tiny.

    Returns
    -------
    tuple of int
        The belief, and how many numbers are used now.
    """
    pool = cumulated.size
    for _ in range(TRIES):
        target = uniforms[used] * cumulated[-1]
        used += 1
        b = min(np.searchsorted(cumulated, target, side="right"), pool - 1)
        if seen[b] != tag:
            return b, used
    largest = -np.inf
    for b in range(pool):
        if seen[b] != tag:
            largest = max(largest, log_weights[b])
    total = 0.0
    for b in range(pool):
        if seen[b] != tag:
            total += np.exp(log_weights[b] - largest)
    target = uniforms[used] * total
    drawn = 0
    for b in range(pool):
        if seen[b] != tag:
            drawn = b
            target -= np.exp(log_weights[b] - largest)
            if target < 0.0:
                break
    return drawn, used + 1


@inlined
def holds(beliefs: NDArray[np.int32], row: np.uint32, belief: int) -> bool:
    """Return whether a clone holds a belief; without a way out, so that it is one sweep."""
    found = False
    for j in range(beliefs.shape[1]):
        found |= beliefs[row, j] == belief
    return found


@inlined
def is_among(some: NDArray[np.int32], many: int, belief: int) -> bool:
    """Return whether a belief is one of the first of some."""
    found = False
    for j in range(many):
        found |= some[j] == belief
    return found


@inlined
def gap(u: float, log_kept: float, most: int) -> int:
    """Return ⌊log(1 − u)/log(1 − μ)⌋, or `most` if that is less."""
    passed = np.log(1.0 - u) / log_kept  # 1 − u is exact: u is a multiple of 2^-53
    return int(passed) if passed < most else most


@borrowing
def replace_beliefs(
    born: NDArray[np.bool_],
    rate: float,
    children: Population,
    log_weights: NDArray[np.float64],
    cumulated: NDArray[np.float64],
    seen: NDArray[np.int64],
    uniforms: NDArray[np.float64],
    progress: NDArray[np.int64],
    hand: Hand,
) -> bool:
    """Mutate the newborn; see `mutate`.

    Genes are counted through, newborn by newborn in slot order. The gap to the
    next mutation is geometric: ⌊log(1 − u)/log(1 − μ)⌋ genes are passed over.

    Parameters
    ----------
    uniforms : ndarray of float64
        The numbers to draw from.
    progress : ndarray of int64, shape (2,)
        The gene of the next mutation, `NOT_BEGUN` at first, and how many
        numbers were taken in this call. Updated.
    hand : Hand
        Scratch space.

    Returns
    -------
    bool
        Whether all are done. If the numbers did not suffice, the child in
        hand is as it was, and `progress` leads back to its first mutation.
    """
    newborn, marked, gone, deck = hand
    many = 0
    for slot in range(born.size):
        newborn[many] = slot
        many += born[slot]
    clone, own = children.clone, children.own
    beliefs, genome, ledger, stale, origin, changed, row, vacant, given, _ = children.clones
    genes = beliefs.shape[1]
    pool = seen.size - 1
    on_offer = pool - genes
    last = many * genes
    log_kept = np.log1p(-rate)
    tag = seen[pool]  # belief b is ruled out for the child in hand where seen[b] == tag
    numbers = uniforms.size
    place, used = progress[0], 0
    if place == NOT_BEGUN:
        place, used = gap(uniforms[0], log_kept, last), 1
    while place < last:
        progress[0], progress[1] = place, used
        child = place // genes
        first, next_child = child * genes, (child + 1) * genes
        count = 0
        while place < next_child and used < numbers:
            marked[count] = place - first
            count += 1
            place += 1 + gap(uniforms[used], log_kept, last)
            used += 1
        suffice = place >= next_child
        in_order = count <= on_offer
        if not in_order:
            suffice &= used + on_offer <= numbers
            for j in range(on_offer if suffice else 0):
                other = j + int(uniforms[used] * (count - j))
                used += 1
                marked[j], marked[other] = marked[other], marked[j]
            count = on_offer
        inherits_all = not own[newborn[child]]
        i = branch(
            newborn[child], clone, own,
            beliefs, genome, ledger, stale, origin, changed, row, vacant, given,
        )  # fmt: skip
        for j in range(count):
            gone[j] = beliefs[i, marked[j]]
        done = 0
        roomy = 2 * (genes + count) <= pool
        if cumulated.size == 0 and roomy and count <= FEW:
            while done < count and used < numbers:
                b = int(uniforms[used] * pool)
                used += 1
                if not (holds(beliefs, i, b) or is_among(gone, done, b)):
                    beliefs[i, marked[done]] = b
                    done += 1
        else:
            tag += 1
            for j in range(genes):
                seen[beliefs[i, j]] = tag
            left = 0
            if cumulated.size == 0 and not roomy:  # few are left: deal them out, don't guess
                for b in range(pool):
                    deck[left] = b
                    left += seen[b] != tag
            while done < count and used < numbers:
                if cumulated.size > 0:
                    if used + TRIES >= numbers:
                        break
                    b, used = weighted(log_weights, cumulated, seen, tag, uniforms, used)
                elif roomy:
                    b = int(uniforms[used] * pool)
                    used += 1
                    if seen[b] == tag:
                        continue
                else:
                    other = done + int(uniforms[used] * (left - done))
                    used += 1
                    deck[done], deck[other] = deck[other], deck[done]
                    b = deck[done]
                seen[b] = tag
                beliefs[i, marked[done]] = b
                done += 1
        seen[pool] = tag
        if not suffice or done < count:
            for j in range(done):
                beliefs[i, marked[j]] = gone[j]
            return False
        stale[i] = True
        if inherits_all and in_order and count <= FEW:
            changed[i, 0] = count
            for j in range(count):
                changed[i, j + 1] = marked[j]
    progress[0], progress[1] = place, used
    return True
