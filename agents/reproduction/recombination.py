"""Recombination: a child of two parents, as when models are merged."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from peckham.agents.compilation import kernel
from peckham.agents.population.genotypes import branch
from peckham.agents.population.population import Population
from peckham.agents.population.traits import HERITABLE

from .mutation import GeneWorkspace

TRAITS = len(HERITABLE)


@kernel
def share_out(
    mine: int, theirs: int, children: Population, workspace: GeneWorkspace, rng: np.random.Generator
) -> None:
    """Fill a child's genotype with beliefs of both parents; see `merge_parents`.

    Of n beliefs that only the first parent holds and n that only the second
    does, n are dealt from a shuffled deck. Those of the first parent stay where
    they are; those of the second take the places of the others.
    """
    beliefs = children.genotypes.beliefs
    ruled_out, deck, others = workspace.ruled_out, workspace.deck, workspace.gone
    place = workspace.marked  # of the beliefs that only the first parent holds
    genes = beliefs.shape[1]
    ruled_out[ruled_out.size - 1] += 1
    child = ruled_out[ruled_out.size - 1]
    for j in range(genes):
        ruled_out[beliefs[mine, j]] = child
    n = 0
    for j in range(genes):
        b = beliefs[theirs, j]
        if ruled_out[b] == child:
            ruled_out[b] = -child  # both hold it
        else:
            others[n] = b
            n += 1
    apart = 0
    for j in range(genes):
        if ruled_out[beliefs[mine, j]] == child:
            place[apart] = j
            apart += 1
    for k in range(2 * n):
        deck[k] = k
    for k in range(n):
        card = k + int(rng.random() * (2 * n - k))
        deck[k], deck[card] = deck[card], deck[k]
        if deck[k] < n:
            ruled_out[beliefs[mine, place[deck[k]]]] = -child  # it stays
    free = 0
    for k in range(n):
        if deck[k] < n:
            continue
        while ruled_out[beliefs[mine, place[free]]] == -child:
            free += 1
        beliefs[mine, place[free]] = others[deck[k] - n]
        free += 1
        children.genotypes.stale[mine] = True


@kernel
def merge_parents(
    second: NDArray[np.int32],
    uniforms: NDArray[np.float64],
    adults: Population,
    children: Population,
    workspace: GeneWorkspace,
    rng: np.random.Generator,
) -> None:
    """Merge the two parents of those children that have two.

    Beliefs that both parents hold are kept; the rest is filled at random from those that
    only one holds. Every other heritable trait comes from either parent with the same
    chance, the lineage from the first. `second` is below 0 where there is no second parent.
    Children of two parents start genotypes, stale where their beliefs change; `list_vacant`
    must have been called. The ``recombination`` stream gives one uniform per slot and
    heritable trait, then those that choose the beliefs, child by child.
    """
    for k in range(second.size * TRAITS):
        uniforms[k] = rng.random()
    genotypes = children.genotypes
    for i in range(second.size):
        if second[i] < 0:
            continue
        mine = branch(i, children.genotype, children.unshared, genotypes)
        theirs = np.uint32(adults.genotype[second[i]])
        for trait in range(TRAITS):
            if uniforms[i * TRAITS + trait] < 0.5:
                genotypes.traits[mine, trait] = genotypes.traits[theirs, trait]
        share_out(mine, theirs, children, workspace, rng)
