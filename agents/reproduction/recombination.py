"""Recombination: a child of two parents, which is how merged models come about."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import compiled
from peckham.agents.population.columns import HERITABLE
from peckham.agents.population.genotypes import branch
from peckham.agents.population.population import Population
from peckham.agents.selection.parentage import Parentage, SelectionPart

ONE_PARENT = -1
"""In place of a second parent's slot."""


def with_second_parents(
    parentage: Parentage,
    rule: SelectionPart,
    fitness: NDArray[np.float64],
    removed: NDArray[np.bool_] | None,
    rate: float,
    rng: np.random.Generator,
) -> Parentage:
    """Give newborn children a second parent, each with probability `rate`.

    The second parent is drawn independently by the same rule, see
    `SelectionPart.second_parents`. It may be the first again.

    Parameters
    ----------
    parentage : Parentage
        First parents.
    rule : SelectionPart
        The selection rule.
    fitness : ndarray of float64, shape (N,)
        What the rule acts on.
    removed : ndarray of bool, shape (N,), or None
        Agents that can have no children.
    rate : float
        Recombination rate r, per birth, 0..1.
    rng : numpy.random.Generator
        The ``recombination`` stream: what the rule takes, then a uniform a slot.
    """
    second = rule.second_parents(fitness, rng, removed)
    merged = (rng.random(fitness.size) < rate) & parentage.born
    return parentage._replace(second=np.where(merged, second, ONE_PARENT).astype(np.int32))


def recombine(
    parentage: Parentage,
    adults: Population,
    children: Population,
    seen: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Merge the two parents of those children that have two.

    Beliefs that both parents hold are kept; the rest is filled at random from
    those that only one holds. Every other heritable trait comes from either
    parent with the same chance, the lineage from the first. Children of two
    parents begin clones, stale where their beliefs change.

    Parameters
    ----------
    parentage : Parentage
        Who descends from whom.
    adults, children : Population
        The current generation, and the nursery with children of the first parents.
    seen : ndarray of int64, shape (B + 1,)
        Scratch space, see `peckham.agents.reproduction.mutation.mutate`.
    rng : numpy.random.Generator
        The ``recombination`` stream: a uniform a slot and heritable trait,
        then those that choose the beliefs, child by child.
    """
    if parentage.second is None:
        return
    size = parentage.parents.size
    merge_rows(
        parentage.second,
        rng.random((size, len(HERITABLE))),
        adults.clone,
        children,
        seen,
        rng,
    )


@compiled
def merge_rows(
    second: NDArray[np.int32],
    uniforms: NDArray[np.float64],
    clone: NDArray[np.int32],
    children: Population,
    seen: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Merge each child, of its first parent's clone, with its second parent; see `recombine`.

    Of n beliefs that only the first parent holds and n that only the second
    does, n are dealt from a shuffled deck; those of the first parent stay
    where they are, those of the second take the places of the others.
    """
    child_clone, alone = children.clone, children.own
    beliefs, genome, ledger, stale, origin, changed, row, vacant, given, _ = children.clones
    genes = beliefs.shape[1]
    pool = seen.size - 1
    tag = seen[pool]
    own = np.empty(genes, np.int64)  # places of beliefs that only the first parent holds
    others = np.empty(genes, np.int32)  # beliefs that only the second parent holds
    deck = np.empty(2 * genes, np.int64)
    stays = np.empty(genes, np.bool_)
    for i in range(second.size):
        if second[i] < 0:
            continue
        mine = branch(
            i, child_clone, alone,
            beliefs, genome, ledger, stale, origin, changed, row, vacant, given,
        )  # fmt: skip
        theirs = clone[second[i]]
        for trait in range(uniforms.shape[1]):
            if uniforms[i, trait] < 0.5:
                ledger[mine, trait] = ledger[theirs, trait]
        held, other = beliefs[mine], beliefs[theirs]
        tag += 1
        for b in held:
            seen[b] = tag
        n = 0
        for b in other:
            if seen[b] == tag:
                seen[b] = -tag  # both hold it
            else:
                others[n] = b
                n += 1
        apart = 0
        for j in range(genes):
            if seen[held[j]] == tag:
                own[apart] = j
                apart += 1
        for k in range(2 * n):
            deck[k] = k
        stays[:n] = False
        for k in range(n):
            card = k + int(rng.random() * (2 * n - k))
            deck[k], deck[card] = deck[card], deck[k]
            if deck[k] < n:
                stays[deck[k]] = True
        place = 0
        for k in range(n):
            if deck[k] < n:
                continue
            while stays[place]:
                place += 1
            held[own[place]] = others[deck[k] - n]
            place += 1
            stale[mine] = True
    seen[pool] = tag
