"""The limit: one fused numba loop, written only for Baseline and Mutation.

It stores five means per generation. It has no other measures, no events, no
identities, no other selection rule, landscape or battery, no views and no
settings. The whole run, including set-up, is one compiled call. The extra time
of a simulator that has all of these features is the cost of generality:

    python benchmarks/limit.py

An individual is an index into an array of genomes. Each genome is stored with
its question sums and its scores. So a child that does not mutate costs one
index. A mutant costs one copy and an update of the questions that its old and
new beliefs activate.
"""

from __future__ import annotations

import time

import numba
import numpy as np
import plain

N, K, B, Q, BETA = plain.AGENTS, plain.GENES, plain.BELIEFS, plain.QUESTIONS, plain.BETA
compiled = numba.njit(
    cache=True, error_model="numpy", fastmath={"reassoc", "contract", "arcp", "nsz"}
)
EACH = int(plain.DENSITY * Q)
COUNTS = np.array([900, 1200, 900])
MEAN_VALUE = np.array([0.7, 0.1, -0.7])
MEAN_SIGNAL = np.array([0.7, 0.2, 0.7])


def run(seed: int, mutation_rate: float = 0.0, generations: int = 100) -> np.ndarray:
    """Return five measures in every generation, shape (generations, 5)."""
    return evolve(np.random.default_rng(seed), mutation_rate, generations)


@compiled
def evolve(rng: np.random.Generator, rate: float, generations: int) -> np.ndarray:
    """Draw landscape, battery and founders, and run the generations."""
    value, signal = np.empty(B), np.empty(B)
    b = 0
    for cluster in range(COUNTS.size):
        for _ in range(COUNTS[cluster]):
            value[b] = MEAN_VALUE[cluster] + 0.5 * rng.standard_normal()
            signal[b] = MEAN_SIGNAL[cluster] + 0.3 * rng.standard_normal()
            b += 1
    tested = distinct(B, EACH, Q, rng)
    genomes = np.empty((2 * N, K), np.uint32)
    genomes[:N] = distinct(N, K, B, rng)
    sums = np.zeros((2 * N, 3, Q))  # Σw, Σwa and Σwv of each question
    means = np.zeros((2 * N, 5))
    for row in range(N):
        for belief in genomes[row]:
            add(sums[row], tested[belief], 1.0, signal[belief], value[belief])
            learn(means[row], 1.0 / K, signal[belief], value[belief])
        score(sums[row], means[row])

    records = np.zeros((generations, 5))
    rows, parents = np.arange(N), np.empty(N, np.int64)
    weights, points = np.empty(N), np.empty(N + 1)
    in_use = np.empty(2 * N, np.bool_)
    genes, log_kept = N * K, np.log1p(-rate)
    for g in range(generations):
        best = -np.inf
        for i in range(N):
            mine = means[rows[i]]
            best = max(best, mine[0])
            for m in range(5):
                records[g, m] += mine[m] / N

        # softmax: sorted uniforms from exponential gaps, merged with the cumulative weights
        total = 0.0
        for i in range(N):
            weights[i] = np.exp(BETA * (means[rows[i], 0] - best))
            total += weights[i]
        reached = 0.0
        for i in range(N + 1):
            reached += rng.standard_exponential()
            points[i] = reached
        cumulated, i = weights[0], 0
        for child in range(N):
            while cumulated < points[child] / reached * total and i < N - 1:
                i += 1
                cumulated += weights[i]
            parents[child] = rows[i]
        rows, parents = parents, rows

        if rate == 0.0:
            continue
        in_use[:] = False
        for i in range(N):
            in_use[rows[i]] = True
        free = 0
        gene = gap(rng, log_kept, genes)
        while gene < genes:
            child = gene // K
            parent = rows[child]
            while in_use[free]:
                free += 1
            in_use[free] = True
            rows[child] = free
            genomes[free] = genomes[parent]
            sums[free] = sums[parent]
            means[free] = means[parent]
            while gene < (child + 1) * K and gene < genes:
                old, new = genomes[free, gene % K], int(rng.random() * B)
                while holds(genomes[parent], new) or holds(genomes[free], new):
                    new = int(rng.random() * B)
                genomes[free, gene % K] = new
                add(sums[free], tested[old], -1.0, signal[old], value[old])
                add(sums[free], tested[new], 1.0, signal[new], value[new])
                learn(means[free], -1.0 / K, signal[old], value[old])
                learn(means[free], 1.0 / K, signal[new], value[new])
                gene += 1 + gap(rng, log_kept, genes)
            score(sums[free], means[free])
    return records


@compiled
def distinct(rows: int, each: int, pool: int, rng: np.random.Generator) -> np.ndarray:
    """Draw rows of distinct numbers below `pool`, with the first steps of a shuffle."""
    deck = np.arange(pool).astype(np.uint32)
    found = np.empty((rows, each), np.uint32)
    for row in range(rows):
        for j in range(each):
            other = j + int(rng.random() * (pool - j))
            deck[j], deck[other] = deck[other], deck[j]
            found[row, j] = deck[j]
    return found


@compiled
def add(sums: np.ndarray, questions: np.ndarray, sign: float, a: float, v: float) -> None:
    """Add a belief to the sums of the questions that it activates, or (sign -1) remove it."""
    sa, sv = sign * a, sign * v
    for q in questions:
        sums[0, q] += sign
        sums[1, q] += sa
        sums[2, q] += sv


@compiled
def learn(means: np.ndarray, share: float, a: float, v: float) -> None:
    """Add a belief to the means over held beliefs, or (negative share) remove it."""
    means[2] += share * v
    means[3] += share * a
    if v < 0.0 < a:
        means[4] += share


@compiled
def score(sums: np.ndarray, means: np.ndarray) -> None:
    """Compute the proxy score and the true value, means over the active questions."""
    active, proxy, true = 0.0, 0.0, 0.0
    for q in range(Q):
        one = 1.0 if sums[0, q] > 0.5 else 0.0
        share = one / max(sums[0, q], 1.0)
        active += one
        proxy += share * sums[1, q]
        true += share * sums[2, q]
    means[0], means[1] = proxy / active, true / active


@compiled
def holds(genome: np.ndarray, belief: int) -> bool:
    """Return whether a belief is in a genome."""
    found = False
    for b in genome:
        found |= b == belief
    return found


@compiled
def gap(rng: np.random.Generator, log_kept: float, most: int) -> int:
    """Return the number of genes before the next one that mutates."""
    passed = np.log1p(-rng.random()) / log_kept
    return int(passed) if passed < most else most


def main() -> None:
    """Time both cases."""
    for name, rate in (("Baseline", 0.0), ("Mutation", 0.01)):
        run(1, rate)
        found = []
        for seed in range(20):
            start = time.perf_counter()
            run(seed, rate)
            found.append(time.perf_counter() - start)
        print(f"{name:<10} {1e3 * min(found):6.2f} ms (minimum of {len(found)})")


if __name__ == "__main__":
    main()
