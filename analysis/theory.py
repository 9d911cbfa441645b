"""What theory says exactly: closed forms, and Markov chains that can be solved at small N.

Chains count the copies i = 0..N of one of two alleles, A. A chain is its
matrix of transition probabilities, row i to column j, shape (N + 1, N + 1).
Solutions never subtract: states are eliminated one by one (Grassmann, Taksar &
Heyman 1985), so that probabilities of 1e-200 are as accurate as those of 1/2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special, stats

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

# ------------------------------------------------------------------ closed forms


def moran_fixation(ratio: float, size: int, copies: int = 1) -> float:
    """Return (1 − r^−i)/(1 − r^−N), the fixation probability in the Moran process; i/N at r = 1.

    Parameters
    ----------
    ratio : float
        Relative fitness r = e^{βd} of the allele, above 0.
    size : int
        N, at least 1.
    copies : int
        i, how many agents carry it, 0..N.

    Raises
    ------
    ValueError
        If an argument is out of its range.

    References
    ----------
    Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60; Ewens 2004, Mathematical Population Genetics.
    """
    if not ratio > 0:
        raise ValueError(f"ratio: must be above 0, got {ratio!r}")
    return share_of_exponentials(float(np.log(ratio)), size, copies)


def fermi_fixation(beta: float, difference: float, size: int, copies: int = 1) -> float:
    """Return (1 − e^−iβd)/(1 − e^−Nβd), the fixation probability under pairwise comparison.

    Parameters
    ----------
    beta : float
        β, at least 0.
    difference : float
        d, the allele's constant advantage in fitness.
    size, copies : int
        N and i.

    References
    ----------
    Traulsen, Nowak & Pacheco 2006, Phys. Rev. E 74:011909.
    """
    check(size, beta=beta)
    return share_of_exponentials(beta * difference, size, copies)


def kimura_fixation(s: float, size: int, copies: int = 1) -> float:
    """Return (1 − e^−2si)/(1 − e^−2sN), near the haploid Wright-Fisher chain but not equal to it.

    Parameters
    ----------
    s : float
        Selection coefficient, the weight ratio less 1.
    size, copies : int
        N and i.

    References
    ----------
    Kimura 1962, Genetics 47:713.
    """
    return share_of_exponentials(2 * s, size, copies)


def share_of_exponentials(x: float, size: int, copies: int) -> float:
    """Return (1 − e^−ix)/(1 − e^−Nx), i/N at x = 0, without overflow or cancellation."""
    if size < 1:
        raise ValueError(f"size: must be at least 1, got {size!r}")
    if not 0 <= copies <= size:
        raise ValueError(f"copies: must be in 0..{size}, got {copies!r}")
    if x == 0:
        return copies / size
    if x < 0:  # multiplied through by e^Nx
        return float(np.exp(-x * (copies - size)) * np.expm1(x * copies) / np.expm1(x * size))
    return float(np.expm1(-x * copies) / np.expm1(-x * size))


def neutral_heterozygosity(start: ArrayLike, generations: ArrayLike, coalescence: float) -> Vector:
    """Return H_0·(1 − c)^g, the expected heterozygosity after g neutral generations.

    Parameters
    ----------
    start, generations : array_like
        H_0, and g, at least 0; broadcast against each other.
    coalescence : float
        c, the chance that two different agents have the same parent: 1/N in
        the Wright-Fisher model.

    References
    ----------
    Wright 1931, Genetics 16:97; Ewens 2004.
    """
    return np.asarray(start, float) * (1 - coalescence) ** np.asarray(generations)


def expected_inverse_founders(size: int, generations: int, coalescence: float) -> float:
    """Return E[Σ share²] = 1 − (1 − 1/N)(1 − c)^g over the founders' shares of descendants.

    Two agents drawn with replacement are the same with chance 1/N, and two
    different ones descend from different founders with chance (1 − c)^g.

    References
    ----------
    Kingman 1982, Stochastic Processes and their Applications 13:235.
    """
    return 1 - (1 - 1 / size) * (1 - coalescence) ** generations


def softmax_response(
    beta: float, sd_proxy: float, sd_value: float, correlation: float
) -> tuple[float, float]:
    """Return (βσ_a², βρσ_aσ_v): how far one softmax selection moves mean proxy and true value.

    Holds in a large population whose scores are bivariate normal: weights
    e^{βa} shift a normal's mean by β times the covariance with a.

    References
    ----------
    Lande 1979, Evolution 33:402.
    """
    return beta * sd_proxy**2, beta * correlation * sd_proxy * sd_value


def mutation_decay(rate: float, beliefs: int, beliefs_per_agent: int) -> float:
    """Return 1 − μB/(B − K), by which mutation alone shrinks n_b/(NK) − 1/B in a generation.

    A child keeps its parent's belief with chance 1 − μ and gains one that its
    parent lacks with chance Kμ/(B − K). That is exact for any μ where
    B ≥ 2K, so that there are always enough beliefs on offer; below that it
    holds to first order in μ. At K = B nothing mutates.
    """
    if beliefs == beliefs_per_agent:
        return 1.0
    return 1 - rate * beliefs / (beliefs - beliefs_per_agent)


def stationary_schemers(size: int, beta: float, advantage: float) -> float:
    """Return 1/(1 + e^−(N−1)βA), the share of schemers where flips are rare (Moran, Fermi).

    The population then waits in one of its two pure states, and moves between
    them in the ratio of the fixation probabilities of one mutant, e^{(N−1)βA}
    under either rule.

    References
    ----------
    Fudenberg & Imhof 2006, Journal of Economic Theory 131:251.
    """
    return float(special.expit((size - 1) * beta * advantage))


def share_deceptive_bivariate(correlation: float) -> float:
    """Return 1/4 − arcsin(ρ)/2π, the share with v < 0 < a in a centred bivariate normal.

    References
    ----------
    Sheppard 1899, Phil. Trans. R. Soc. A 192:101.
    """
    return float(0.25 - np.arcsin(correlation) / (2 * np.pi))


def share_deceptive_clusters(
    shares: ArrayLike, mu_v: ArrayLike, sigma_v: ArrayLike, mu_a: ArrayLike, sigma_a: ArrayLike
) -> float:
    """Return Σ share·Φ(−μ_v/σ_v)·Φ(μ_a/σ_a), the deceptive share of uncorrelated clusters.

    Parameters
    ----------
    shares, mu_v, sigma_v, mu_a, sigma_a : array_like, shape (clusters,)
        Shares are normalised to sum to one; standard deviations are above 0.
    """
    share, v, a = np.asarray(shares, float), np.divide(mu_v, sigma_v), np.divide(mu_a, sigma_a)
    return float(share / share.sum() @ (stats.norm.cdf(-v) * stats.norm.cdf(a)))


# ------------------------------------------------------------------ chains of two alleles


def wright_fisher_chain(
    size: int, weight: float = 1.0, flip: float = 0.0, back: float | None = None
) -> Matrix:
    """Return the Wright-Fisher chain of a generation: N children, each A with the same chance.

    The chance is ψ = wi/(wi + N − i) before flips.

    Parameters
    ----------
    size : int
        N, at least 1.
    weight : float
        w, weight of A relative to the other allele, e^{βd} under softmax.
    flip, back : float
        Chances that a child of an A is no A, and the reverse (the same by
        default).

    References
    ----------
    Fisher 1930; Wright 1931, Genetics 16:97; Ewens 2004.
    """
    check(size, weight=weight, flip=flip, back=flip if back is None else back)
    copies = np.arange(size + 1)
    chance = weight * copies / (weight * copies + (size - copies))
    chance = chance * (1 - flip) + (1 - chance) * (flip if back is None else back)
    return np.asarray(stats.binom.pmf(copies[None, :], size, chance[:, None]))


def moran_chain(size: int, ratio: float = 1.0, flip: float = 0.0) -> Matrix:
    """Return the Moran chain of one event: a birth in proportion to fitness, a uniform death.

    The newborn flips with chance `flip`, then takes the place of an agent
    that may be its parent.

    Parameters
    ----------
    size : int
        N, at least 1.
    ratio : float
        r = e^{βd}, fitness of A relative to the other allele.
    flip : float
        Chance that the newborn carries the other allele than its parent.

    References
    ----------
    Moran 1958, Math. Proc. Camb. Phil. Soc. 54:60.
    """
    check(size, ratio=ratio, flip=flip)
    copies = np.arange(size + 1)
    born = ratio * copies / (ratio * copies + (size - copies))
    born = born * (1 - flip) + (1 - born) * flip
    dies = copies / size
    return birth_death(born * (1 - dies), (1 - born) * dies)


def fermi_chain(size: int, beta: float, difference: float, flip: float = 0.0) -> Matrix:
    """Return the chain of one pairwise comparison: i copies j with chance σ(β(F_j − F_i)).

    The ordered pair i ≠ j is drawn uniformly; a copy flips with chance `flip`.

    Parameters
    ----------
    size : int
        N, at least 1; one agent alone never changes.
    beta, difference : float
        β, and d, the advantage of A.
    flip : float
        Chance that a copy carries the other allele than its model.

    References
    ----------
    Traulsen, Nowak & Pacheco 2006, Phys. Rev. E 74:011909.
    """
    check(size, beta=beta, flip=flip)
    if size == 1:
        return np.eye(2)
    i = np.arange(size + 1)
    pairs = size * (size - 1)
    mixed = i * (size - i) / pairs
    gain, loss = special.expit(beta * difference), special.expit(-beta * difference)
    others = (size - i) * (size - i - 1) / pairs
    alike = i * (i - 1) / pairs
    up = mixed * gain * (1 - flip) + others * 0.5 * flip
    down = mixed * loss * (1 - flip) + alike * 0.5 * flip
    return birth_death(up, down)


def check(size: int, **numbers: float) -> None:
    """Refuse a size below 1, weights and ratios that are not above 0, shares outside 0..1."""
    if size < 1:
        raise ValueError(f"size: must be at least 1, got {size!r}")
    for name, number in numbers.items():
        if name in ("weight", "ratio") and not number > 0:
            raise ValueError(f"{name}: must be above 0, got {number!r}")
        if name == "beta" and not number >= 0:
            raise ValueError(f"beta: must be at least 0, got {number!r}")
        if name in ("flip", "back") and not 0 <= number <= 1:
            raise ValueError(f"{name}: must be in 0..1, got {number!r}")


def birth_death(up: Vector, down: Vector) -> Matrix:
    """Return the chain that goes up or down by one with these chances, shape (N + 1,) each."""
    return np.diag(1 - up - down) + np.diag(up[:-1], 1) + np.diag(down[1:], -1)


def generation_chain(chain: Matrix, events: int) -> Matrix:
    """Return the chain of several events in a row, ``chain`` to the power of `events`."""
    return np.linalg.matrix_power(chain, events)


def fixation_probability(chain: Matrix) -> Vector:
    """Return the probability that A fixes rather than is lost, by its copies now, shape (N + 1,).

    Parameters
    ----------
    chain : ndarray, shape (N + 1, N + 1)
        States 0 and N must be absorbing.

    Raises
    ------
    ValueError
        If they are not.

    References
    ----------
    Kemeny & Snell 1960, Finite Markov Chains, ch. 3.
    """
    return solved(chain, np.zeros(len(chain)), (0.0, 1.0))


def absorption_time(chain: Matrix) -> Vector:
    """Return the mean number of steps until A is fixed or lost, by its copies now."""
    return solved(chain, np.ones(len(chain)), (0.0, 0.0))


def fixation_time(chain: Matrix) -> Vector:
    """Return the mean number of steps until A fixes, given that it does.

    Null for 0 copies, and where fixation is less likely than 1e-308.
    Solved on the chain conditioned on fixation, P_ij·h_j/h_i (Doob), with h
    the fixation probability.

    References
    ----------
    Ewens 2004; Kimura & Ohta 1969, Genetics 61:763.
    """
    h = fixation_probability(chain)
    with np.errstate(invalid="ignore", divide="ignore"):
        conditioned = chain * h[None, :] / h[:, None]
    conditioned[0] = 0.0
    conditioned[0, 0] = 1.0
    times = solved(conditioned, np.ones(len(chain)), (0.0, 0.0))
    times[0] = np.nan
    return times


def solved(chain: Matrix, cost: Vector, ends: tuple[float, float]) -> Vector:
    """Return x with x_i = cost_i + Σ_j P_ij·x_j between two absorbing ends of given x.

    Costs and ends are at least 0; every state must have a way to an end.
    """
    last = len(chain) - 1
    if not (chain[0, 0] == 1 and chain[last, last] == 1):
        raise ValueError("chain: states 0 and N must be absorbing, so there can be no flips")
    p, c = chain.copy(), cost.astype(float).copy()
    leaves = np.empty(last + 1)
    for k in range(last - 1, 0, -1):
        leaves[k] = p[k, :k].sum() + p[k, last]
        through = p[1:k, k] / leaves[k]
        p[1:k, :k] += np.outer(through, p[k, :k])
        p[1:k, last] += through * p[k, last]
        c[1:k] += through * c[k]
    x = np.empty(last + 1)
    x[0], x[last] = ends
    for k in range(1, last):
        x[k] = (c[k] + p[k, :k] @ x[:k] + p[k, last] * x[last]) / leaves[k]
    return x


def absorbed_by(chain: Matrix, start: int, steps: int) -> Matrix:
    """Return the chances that A is lost, and is fixed, by step 0, 1, .., shape (steps + 1, 2).

    Parameters
    ----------
    chain : ndarray, shape (N + 1, N + 1)
        With absorbing states 0 and N.
    start : int
        Copies at step 0.
    steps : int
        At least 0.
    """
    rows = distributions(chain, start, steps)
    return rows[:, [0, -1]]


def distributions(chain: Matrix, start: int, steps: int) -> Matrix:
    """Return the distribution of the number of copies after 0, 1, .. steps, (steps + 1, N + 1)."""
    rows = np.zeros((steps + 1, len(chain)))
    rows[0, start] = 1.0
    for step in range(steps):
        rows[step + 1] = rows[step] @ chain
    return rows


def stationary(chain: Matrix) -> Vector:
    """Return the stationary distribution of a chain in which every state reaches every other.

    References
    ----------
    Grassmann, Taksar & Heyman 1985, Operations Research 33:1107.
    """
    p = chain.copy()
    last = len(p) - 1
    for k in range(last, 0, -1):
        leaves = p[k, :k].sum()
        if leaves == 0:
            raise ValueError("chain: every state must be left again, so there must be flips")
        p[:k, k] /= leaves
        p[:k, :k] += np.outer(p[:k, k], p[k, :k])
    x = np.zeros(last + 1)
    x[0] = 1.0
    for k in range(1, last + 1):
        x[k] = x[:k] @ p[:k, k]
        x /= max(1.0, x[k])  # or it might overflow
    return x / x.sum()


# ------------------------------------------------------------------ ancestors


def ancestors_chain(size: int, boxes: int | None = None) -> Matrix:
    """Return the chances that k agents have j parents, row k to column j, shape (N + 1, N + 1).

    k balls are thrown into N boxes one by one; j boxes are hit:
    S(k, j)·N!/(N − j)!/N^k, S the Stirling number of the second kind.

    Parameters
    ----------
    size : int
        N, at least 1.
    boxes : int, optional
        How many agents can be parents, N by default.

    References
    ----------
    Watterson 1975, Theoretical Population Biology 7:256; Kingman 1982.
    """
    n = size if boxes is None else boxes
    hit = np.arange(size + 1)
    chain = np.zeros((size + 1, size + 1))
    chain[0, 0] = 1.0
    for k in range(1, size + 1):
        chain[k] = chain[k - 1] * np.minimum(hit / n, 1.0)
        chain[k, 1:] += chain[k - 1, :-1] * np.maximum(0.0, 1 - hit[:-1] / n)
    return chain


def coalescence_time(size: int) -> float:
    """Return the mean number of Wright-Fisher generations back to one ancestor of all N agents.

    It is also the mean time from N founders to the fixation of one lineage.
    """
    chain = ancestors_chain(size)
    times = np.zeros(size + 1)
    for k in range(2, size + 1):
        times[k] = (1 + chain[k, :k] @ times[:k]) / chain[k, :k].sum()
    return float(times[size])
