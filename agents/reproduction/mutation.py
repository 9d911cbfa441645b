"""Mutation of beliefs: newborn children exchange some of their beliefs for new ones."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.parameters.summaries import summarised
from peckham.agents.population.genotypes import FEW, branch
from peckham.agents.population.population import Population

TRIES = 64
"""Times that a weighted proposal may hit a belief that is ruled out before all are gone through."""

EVEN = np.empty(0)
"""In place of weights: all beliefs are equally likely."""


@summarised
class Proposals(NamedTuple):
    """How likely each belief is to be a mutation's new one; empty where all are equally likely.

    Attributes
    ----------
    log_weights : ndarray of float64, shape (B,) or (0,)
    cumulated : ndarray of float64, shape (B,) or (0,)
        The weights' cumulated sum.
    """

    log_weights: NDArray[np.float64]
    cumulated: NDArray[np.float64]


@summarised
class GeneWorkspace(NamedTuple):
    """Scratch space for changes to a child's beliefs.

    `newborn` has the slots of newborn children, `marked` and `gone` the positions to
    replace and the beliefs that were there, `deck` the beliefs that can be drawn, in the
    order in which they are drawn. Belief b is excluded for a child where ``ruled_out[b]``
    equals the child's number; the last entry is the number of the last child.
    """

    newborn: NDArray[np.int64]
    marked: NDArray[np.int64]
    gone: NDArray[np.int32]
    deck: NDArray[np.int64]
    ruled_out: NDArray[np.int64]


def blank_gene_workspace(size: int, genes: int, pool: int) -> GeneWorkspace:
    """Return scratch space for N agents with K beliefs out of B."""
    return GeneWorkspace(
        newborn=np.empty(size, np.int64),
        marked=np.empty(genes, np.int64),
        gone=np.empty(genes, np.int32),
        deck=np.empty(max(pool, 2 * genes), np.int64),
        ruled_out=np.zeros(pool + 1, np.int64),
    )


def proposals_of(log_weights: NDArray[np.float64] | None) -> Proposals:
    """Return proposals with these weights; None if all beliefs are equally likely."""
    if log_weights is None:
        return Proposals(EVEN, EVEN)
    return Proposals(log_weights, np.cumsum(np.exp(log_weights - log_weights.max())))


@kernel
def draw_weighted(
    proposals: Proposals, ruled_out: NDArray[np.int64], child: int, rng: np.random.Generator
) -> int:
    """Draw a belief that is not ruled out, in proportion to its weight.

    If `TRIES` draws hit beliefs that are ruled out, the belief is drawn among
    the others by their weights relative to the largest of them, which may be tiny.
    """
    log_weights, cumulated = proposals
    pool = cumulated.size
    for _ in range(TRIES):
        target = rng.random() * cumulated[-1]
        b = min(np.searchsorted(cumulated, target, side="right"), pool - 1)
        if ruled_out[b] != child:
            return b
    largest = -np.inf
    for b in range(pool):
        if ruled_out[b] != child:
            largest = max(largest, log_weights[b])
    total = 0.0
    for b in range(pool):
        if ruled_out[b] != child:
            total += np.exp(log_weights[b] - largest)
    target = rng.random() * total
    drawn = 0
    for b in range(pool):
        if ruled_out[b] != child:
            drawn = b
            target -= np.exp(log_weights[b] - largest)
            if target < 0.0:
                break
    return drawn


@kernel(inline=True)
def holds(beliefs: NDArray[np.int32], row: np.uint32, belief: int) -> bool:
    """Return whether a genotype holds a belief; without an exit, so that it is vectorised."""
    found = False
    for j in range(beliefs.shape[1]):
        found |= beliefs[row, j] == belief
    return found


@kernel(inline=True)
def is_among(some: NDArray[np.int32], count: int, belief: int) -> bool:
    """Return whether a belief is one of the first `count` of some."""
    found = False
    for j in range(count):
        found |= some[j] == belief
    return found


@kernel(inline=True)
def gap(rng: np.random.Generator, log_kept: float, most: int) -> int:
    """Draw ⌊log(1 − u)/log(1 − μ)⌋, the number of genes before the next mutation, up to `most`."""
    passed = np.log(1.0 - rng.random()) / log_kept  # 1 − u is exact: u is a multiple of 2^-53
    return int(passed) if passed < most else most


@kernel
def replace_few(
    beliefs: NDArray[np.int32],
    row: int,
    count: int,
    workspace: GeneWorkspace,
    rng: np.random.Generator,
) -> None:
    """Replace the marked beliefs of a genotype, drawing all B until one is not ruled out."""
    i, marked, gone = np.uint32(row), workspace.marked, workspace.gone
    pool = workspace.ruled_out.size - 1
    done = 0
    while done < count:
        b = int(rng.random() * pool)
        if not (holds(beliefs, i, b) or is_among(gone, done, b)):
            beliefs[i, marked[done]] = b
            done += 1


@kernel
def replace_many(
    beliefs: NDArray[np.int32],
    row: int,
    count: int,
    proposals: Proposals,
    workspace: GeneWorkspace,
    rng: np.random.Generator,
) -> None:
    """Replace the marked beliefs of a genotype, with a table of those that are ruled out."""
    marked, deck, ruled_out = workspace.marked, workspace.deck, workspace.ruled_out
    pool, genes = ruled_out.size - 1, beliefs.shape[1]
    ruled_out[pool] += 1
    child = ruled_out[pool]
    for j in range(genes):
        ruled_out[beliefs[row, j]] = child
    weighted = proposals.cumulated.size > 0
    dealt = not weighted and 2 * (genes + count) > pool  # few are on offer: deal, do not guess
    left = 0
    if dealt:
        for b in range(pool):
            deck[left] = b
            left += ruled_out[b] != child
    for done in range(count):
        if weighted:
            b = draw_weighted(proposals, ruled_out, child, rng)
        elif dealt:
            other = done + int(rng.random() * (left - done))
            deck[done], deck[other] = deck[other], deck[done]
            b = deck[done]
        else:
            b = int(rng.random() * pool)
            while ruled_out[b] == child:
                b = int(rng.random() * pool)
        ruled_out[b] = child
        beliefs[row, marked[done]] = b


@kernel
def mutate_beliefs(
    born: NDArray[np.bool_],
    rate: float,
    children: Population,
    proposals: Proposals,
    workspace: GeneWorkspace,
    rng: np.random.Generator,
) -> None:
    """Replace beliefs of newborn children, each with probability μ, all at once.

    Genes are counted newborn by newborn, in slot order. The gap to the next mutation is
    geometric. A child's new beliefs are distinct, and drawn from those that it did not
    inherit: uniformly, or one after another in proportion to their weights. If more than
    the B − K available beliefs are marked for replacement, B − K of the marked ones, chosen
    at random, are replaced. Children that change start stale genotypes; `list_vacant` must
    have been called. The ``mutation`` stream gives one uniform per gap, then those of the
    replacements, child by child.
    """
    newborn, marked = workspace.newborn, workspace.marked
    births = 0
    for slot in range(born.size):
        newborn[births] = slot
        births += born[slot]
    genotypes = children.genotypes
    beliefs = genotypes.beliefs
    genes, pool = beliefs.shape[1], workspace.ruled_out.size - 1
    on_offer = pool - genes
    if births == 0 or on_offer == 0:
        return
    last = births * genes
    log_kept = np.log1p(-rate)
    gene = gap(rng, log_kept, last)
    while gene < last:
        child = gene // genes
        count = 0
        while gene < (child + 1) * genes:
            marked[count] = gene - child * genes
            count += 1
            gene += 1 + gap(rng, log_kept, last)
        in_order = count <= on_offer
        if not in_order:
            for j in range(on_offer):
                other = j + int(rng.random() * (count - j))
                marked[j], marked[other] = marked[other], marked[j]
            count = on_offer
        slot = newborn[child]
        was_shared = not children.unshared[slot]
        i = branch(slot, children.genotype, children.unshared, genotypes)
        for j in range(count):
            workspace.gone[j] = beliefs[i, marked[j]]
        if proposals.cumulated.size == 0 and 2 * (genes + count) <= pool and count <= FEW:
            replace_few(beliefs, i, count, workspace, rng)
        else:
            replace_many(beliefs, i, count, proposals, workspace, rng)
        genotypes.stale[i] = True
        if was_shared and in_order and count <= FEW:
            genotypes.changed[i, 0] = count
            for j in range(count):
                genotypes.changed[i, j + 1] = marked[j]
