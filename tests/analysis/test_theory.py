"""Closed forms and exact chains, held to enumeration, independent solves and known values."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import integrate, stats

from peckham.agents.parameters.spec import ModelSpec
from peckham.agents.parameters.validation import resolve
from peckham.analysis import theory
from peckham.analysis.neutral import drift_of, is_neutral

CHAINS = {
    "wright-fisher": theory.wright_fisher_chain(7, 1.3),
    "wright-fisher, neutral": theory.wright_fisher_chain(7),
    "moran": theory.moran_chain(7, 1.3),
    "moran, deleterious": theory.moran_chain(7, 0.6),
    "fermi": theory.fermi_chain(7, 0.5, 0.8),
}
FLIPPING = {
    "wright-fisher": theory.wright_fisher_chain(6, 1.2, 0.05),
    "wright-fisher, uneven": theory.wright_fisher_chain(6, 1.2, 0.05, 0.2),
    "moran": theory.moran_chain(6, 1.2, 0.05),
    "fermi": theory.fermi_chain(6, 0.5, 0.4, 0.05),
}

# ------------------------------------------------------------------ known values


def test_known_values() -> None:
    """To the digits that are stated of them."""
    assert theory.moran_fixation(1.1, 100) == pytest.approx(0.0909157, abs=5e-8)
    neutral = theory.moran_chain(100)
    assert theory.absorption_time(neutral)[1] == pytest.approx(517.738, abs=5e-4)
    assert theory.fixation_time(neutral)[1] == pytest.approx(9900, rel=1e-12)
    assert theory.fermi_fixation(0.05, 1.0, 100) == pytest.approx(0.0491014, abs=5e-8)
    for weight, expected in ((1.01, 0.019776), (1.02, 0.038936), (math.exp(0.01), 0.019873)):
        chain = theory.wright_fisher_chain(300, weight)
        assert theory.fixation_probability(chain)[1] == pytest.approx(expected, abs=1e-6)
    times = theory.fixation_time(theory.wright_fisher_chain(300))
    assert times[1] == pytest.approx(596.38, abs=5e-3)
    for size, expected in ((10, 17.50), (100, 196.74), (300, 596.38)):
        assert theory.coalescence_time(size) == pytest.approx(expected, abs=5e-3)
    assert theory.neutral_heterozygosity(1.0, 100, 1 / 300) == pytest.approx(0.71613, abs=5e-6)
    shares = ([0.3, 0.4, 0.3], [0.7, 0.1, -0.7], [0.5] * 3, [0.7, 0.2, 0.7], [0.3] * 3)
    assert theory.share_deceptive_clusters(*shares) == pytest.approx(0.4229, abs=5e-5)
    assert theory.softmax_response(0.8, 1.0, 1.0, 0.5) == (0.8, 0.4)


# ------------------------------------------------------------------ closed forms


@pytest.mark.parametrize("ratio", [0.2, 0.9, 1.0, 1.1, 5.0])
def test_moran_fixation_in_fractions(ratio: float) -> None:
    r = Fraction(ratio)
    for size, copies in ((1, 1), (5, 0), (5, 2), (5, 5), (30, 1)):
        terms = [r**-k for k in range(size)]
        expected = float(sum(terms[:copies]) / sum(terms))
        assert theory.moran_fixation(ratio, size, copies) == pytest.approx(expected, rel=1e-13)


def test_fixation_is_smooth_at_no_difference() -> None:
    for x in (1e-12, -1e-12, 1e-300):
        assert theory.share_of_exponentials(x, 100, 3) == pytest.approx(0.03, rel=1e-9)
        assert theory.fermi_fixation(1.0, x, 100, 3) == pytest.approx(0.03, rel=1e-9)


def test_fixation_survives_extremes() -> None:
    assert theory.fermi_fixation(1e6, 1.0, 1000) == 1.0
    assert theory.fermi_fixation(1e6, -1.0, 1000) == 0.0
    assert theory.fermi_fixation(1.0, -1.0, 100) == pytest.approx(math.expm1(1) * math.exp(-100))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: theory.moran_fixation(0.0, 10), "ratio: must be above 0, got 0.0"),
        (lambda: theory.moran_chain(9, math.inf), "above 0 and finite, got inf; give log_ratio"),
        (lambda: theory.wright_fisher_chain(9, 0.0), "above 0 and finite, got 0.0; give log_w"),
        (lambda: theory.moran_fixation(1.1, 10, 11), r"copies: must be in 0\.\.10, got 11"),
        (lambda: theory.fermi_fixation(1.0, 1.0, 0), "size: must be at least 1, got 0"),
        (lambda: theory.fixation_probability(FLIPPING["moran"]), "must be absorbing"),
    ],
)
def test_bad_arguments_are_refused(call: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()  # type: ignore[operator]


def test_kimura_is_near_and_not_equal() -> None:
    exact = theory.fixation_probability(theory.wright_fisher_chain(300, 1.01))[1]
    assert theory.kimura_fixation(0.01, 300) == pytest.approx(exact, rel=0.02)
    assert theory.kimura_fixation(0.01, 300) != pytest.approx(exact, rel=0.001)


@pytest.mark.parametrize("rho", [-1.0, -0.3, 0.0, 0.5, 0.95, 1.0])
def test_deceptive_share_of_a_bivariate_normal(rho: float) -> None:
    """By integrating over v < 0 the chance that a > 0 given v."""
    if abs(rho) == 1:
        expected = 0.0 if rho == 1 else 0.5
    else:
        scale = math.sqrt(1 - rho**2)
        expected, _ = integrate.quad(
            lambda v: stats.norm.pdf(v) * stats.norm.cdf(rho * v / scale), -np.inf, 0
        )
    assert theory.share_deceptive_bivariate(rho) == pytest.approx(expected, abs=1e-9)


def test_clusters_are_weighed_by_their_normalised_shares() -> None:
    one = theory.share_deceptive_clusters([1, 3], [0, 1], [1, 1], [0, 1], [1, 1])
    second = stats.norm.cdf(-1) * stats.norm.cdf(1)
    assert one == pytest.approx(0.25 * 0.25 + 0.75 * second)


@pytest.mark.parametrize("rho", [-0.4, 0.0, 0.8])
def test_softmax_response_by_integration(rho: float) -> None:
    """Of the mean of a bivariate normal weighted by e^{βa}."""
    beta, sd_a, sd_v = 0.7, 1.2, 0.5

    def weighted(of: object) -> float:
        found, _ = integrate.quad(
            lambda a: of(a) * math.exp(beta * a) * stats.norm.pdf(a, 0, sd_a),  # type: ignore[operator]
            -15,
            15,
        )
        return found

    total = weighted(lambda a: 1.0)
    proxy = weighted(lambda a: a) / total
    value = weighted(lambda a: rho * sd_v / sd_a * a) / total
    found = theory.softmax_response(beta, sd_a, sd_v, rho)
    assert found == pytest.approx((proxy, value), rel=1e-8)


@pytest.mark.parametrize(("rate", "beliefs", "genes"), [(0.3, 6, 3), (1.0, 6, 3), (0.2, 5, 1)])
def test_mutation_decay_by_enumeration(rate: float, beliefs: int, genes: int) -> None:
    """Every set of marked genes, every way to fill it: exact where B is at least 2K."""
    parent = tuple(range(genes))
    offered = [b for b in range(beliefs) if b not in parent]
    held = np.zeros(beliefs)
    for marks in itertools.product([False, True], repeat=genes):
        count = sum(marks)
        chance = rate**count * (1 - rate) ** (genes - count)
        ways = list(itertools.permutations(offered, count))
        for new in ways:
            fill = iter(new)
            for b, marked in zip(parent, marks, strict=True):
                held[next(fill) if marked else b] += chance / len(ways)
    excess = held / genes - 1 / beliefs
    before = np.array([1 / genes if b in parent else 0.0 for b in range(beliefs)]) - 1 / beliefs
    factor = theory.mutation_decay(rate, beliefs, genes)
    np.testing.assert_allclose(excess, factor * before, atol=1e-12)


def test_mutation_does_nothing_where_all_is_held() -> None:
    assert theory.mutation_decay(0.5, 7, 7) == 1.0


# ------------------------------------------------------------------ chains by enumeration


def population(copies: int, size: int) -> list[int]:
    return [1] * copies + [0] * (size - copies)


def enumerated_moran(size: int, ratio: float, flip: float) -> np.ndarray:
    chain = np.zeros((size + 1, size + 1))
    for copies in range(size + 1):
        agents = population(copies, size)
        weights = [ratio if a else 1.0 for a in agents]
        for birth, death in itertools.product(range(size), repeat=2):
            for flips in (False, True):
                after = list(agents)
                after[death] = 1 - agents[birth] if flips else agents[birth]
                chance = weights[birth] / sum(weights) / size * (flip if flips else 1 - flip)
                chain[copies, sum(after)] += chance
    return chain


def enumerated_fermi(size: int, gain: float, flip: float) -> np.ndarray:
    chain = np.zeros((size + 1, size + 1))
    for copies in range(size + 1):
        agents = population(copies, size)
        for i, j in itertools.permutations(range(size), 2):
            adoption = 1 / (1 + math.exp(-gain * (agents[j] - agents[i])))
            pair = 1 / (size * (size - 1))
            chain[copies, copies] += pair * (1 - adoption)
            for flips in (False, True):
                after = list(agents)
                after[i] = 1 - agents[j] if flips else agents[j]
                chain[copies, sum(after)] += pair * adoption * (flip if flips else 1 - flip)
    return chain


def enumerated_wright_fisher(size: int, weight: float, flip: float) -> np.ndarray:
    chain = np.zeros((size + 1, size + 1))
    for copies in range(size + 1):
        agents = population(copies, size)
        weights = [weight if a else 1.0 for a in agents]
        for parents in itertools.product(range(size), repeat=size):
            chance = math.prod(weights[p] / sum(weights) for p in parents)
            for flips in itertools.product([0, 1], repeat=size):
                turned = math.prod(flip if f else 1 - flip for f in flips)
                count = sum(agents[p] ^ f for p, f in zip(parents, flips, strict=True))
                chain[copies, count] += chance * turned
    return chain


@pytest.mark.parametrize("flip", [0.0, 0.1])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_chains_by_going_through_every_outcome(size: int, flip: float) -> None:
    np.testing.assert_allclose(
        theory.moran_chain(size, 1.7, flip), enumerated_moran(size, 1.7, flip), atol=1e-14
    )
    np.testing.assert_allclose(
        theory.wright_fisher_chain(size, 0.4, flip),
        enumerated_wright_fisher(size, 0.4, flip),
        atol=1e-14,
    )
    if size > 1:
        np.testing.assert_allclose(
            theory.fermi_chain(size, 0.5, 1.4, flip), enumerated_fermi(size, 0.7, flip), atol=1e-14
        )


@pytest.mark.parametrize("chain", [*CHAINS.values(), *FLIPPING.values()])
def test_rows_are_distributions(chain: np.ndarray) -> None:
    assert (chain >= 0).all()
    np.testing.assert_allclose(chain.sum(axis=1), 1, atol=1e-13)
    np.testing.assert_allclose(theory.generation_chain(chain, 5).sum(axis=1), 1, atol=1e-12)


# ------------------------------------------------------------------ solutions


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
def test_solutions_by_repeated_steps(chain: np.ndarray) -> None:
    """Probabilities and mean times summed up over thousands of steps."""
    size = len(chain) - 1
    for start in range(1, size):
        by = theory.absorbed_by(chain, start, 4000)
        assert by[-1].sum() == pytest.approx(1, abs=1e-9)
        assert theory.fixation_probability(chain)[start] == pytest.approx(by[-1, 1], abs=1e-9)
        alive = 1 - by.sum(axis=1)
        assert theory.absorption_time(chain)[start] == pytest.approx(alive.sum(), abs=1e-5)
        steps = np.diff(by[:, 1])
        time = (steps @ np.arange(1, 4001)) / by[-1, 1]
        assert theory.fixation_time(chain)[start] == pytest.approx(time, rel=1e-6)


@pytest.mark.parametrize("chain", CHAINS.values(), ids=CHAINS.keys())
def test_solutions_by_linear_algebra(chain: np.ndarray) -> None:
    inner = np.eye(len(chain) - 2) - chain[1:-1, 1:-1]
    h = np.linalg.solve(inner, chain[1:-1, -1])
    np.testing.assert_allclose(theory.fixation_probability(chain)[1:-1], h, rtol=1e-10)
    times = np.linalg.solve(inner, np.ones(len(h)))
    np.testing.assert_allclose(theory.absorption_time(chain)[1:-1], times, rtol=1e-10)
    np.testing.assert_allclose(
        theory.fixation_time(chain)[1:-1], np.linalg.solve(inner, h) / h, rtol=1e-10
    )


@pytest.mark.parametrize("ratio", [0.5, 0.9, 1.0, 1.1, 3.0])
@pytest.mark.parametrize("size", [2, 10, 100])
def test_chains_have_the_fixation_probability_of_the_closed_form(size: int, ratio: float) -> None:
    found = theory.fixation_probability(theory.moran_chain(size, ratio))
    gain = math.log(ratio)
    paired = theory.fixation_probability(theory.fermi_chain(size, 1.0, gain))
    for copies in range(size + 1):
        closed = theory.moran_fixation(ratio, size, copies)
        assert found[copies] == pytest.approx(closed, rel=1e-10)
        assert paired[copies] == pytest.approx(closed, rel=1e-10)
        assert theory.fermi_fixation(0.5, 2 * gain, size, copies) == pytest.approx(closed)


def test_tiny_probabilities_keep_their_digits() -> None:
    """Fixation of a very harmful allele, and its time, which by symmetry is a useful one's."""
    found = theory.fixation_probability(theory.moran_chain(100, 0.5))[1]
    assert found == pytest.approx(theory.moran_fixation(0.5, 100), rel=1e-12)
    harmful, useful = (theory.fixation_time(theory.moran_chain(100, r))[1] for r in (0.5, 2.0))
    assert harmful == pytest.approx(useful, rel=1e-10)


def test_neutral_wright_fisher_fixes_with_the_initial_share() -> None:
    found = theory.fixation_probability(theory.wright_fisher_chain(50))
    np.testing.assert_allclose(found, np.arange(51) / 50, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("chain", FLIPPING.values(), ids=FLIPPING.keys())
def test_stationary_distribution(chain: np.ndarray) -> None:
    found = theory.stationary(chain)
    assert found.sum() == pytest.approx(1)
    np.testing.assert_allclose(found @ chain, found, atol=1e-14)
    np.testing.assert_allclose(found, np.linalg.matrix_power(chain, 20000)[3], atol=1e-9)


def test_flips_back_have_a_rate_of_their_own() -> None:
    only_back = theory.wright_fisher_chain(4, flip=0.0, back=0.3)
    np.testing.assert_allclose(only_back[4], [0, 0, 0, 0, 1])
    np.testing.assert_allclose(only_back[0], stats.binom.pmf(np.arange(5), 4, 0.3))


def test_no_copies_have_no_time_to_fix() -> None:
    assert np.isnan(theory.fixation_time(CHAINS["moran"])[0])
    assert theory.fixation_time(CHAINS["moran"])[-1] == 0


def test_stationary_under_strong_selection() -> None:
    for chain in (theory.moran_chain(300, math.exp(3), 1e-3), theory.fermi_chain(300, 1, 3, 1e-3)):
        found = theory.stationary(chain)
        assert np.isfinite(found).all()
        np.testing.assert_allclose(found @ chain, found, atol=1e-12)


@pytest.mark.parametrize("advantage", [-0.3, 0.0, 0.2])
def test_rare_flips(advantage: float) -> None:
    size, beta, copies = 12, 0.9, np.arange(13)
    expected = theory.stationary_schemers(size, beta, advantage)
    assert expected == pytest.approx(1 / (1 + math.exp(-(size - 1) * beta * advantage)))
    for chain in (
        theory.moran_chain(size, math.exp(beta * advantage), 1e-10),
        theory.fermi_chain(size, beta, advantage, 1e-10),
    ):
        assert theory.stationary(chain) @ copies / size == pytest.approx(expected, abs=1e-7)


# ------------------------------------------------------------------ selection without bounds

DOUBLINGS = [0, 3, -3, 300, -300, 1100, -1100]
"""Advantages βA in units of ln 2, so that e^{βA} is an exact fraction. 2^1100 is no float."""


def parents_in_fractions(size: int, doublings: int, flip: Fraction) -> list[Fraction]:
    """Return the chance that a child is an A, for each number of copies."""
    weight = Fraction(2) ** doublings
    drawn = [weight * i / (weight * i + size - i) for i in range(size + 1)]
    return [chance * (1 - flip) + (1 - chance) * flip for chance in drawn]


def events_in_fractions(
    rule: str, size: int, doublings: int, flip: Fraction
) -> tuple[list[Fraction], list[Fraction]]:
    """Return the chances that an event adds a copy, and that it removes one."""
    if rule == "moran":
        born = parents_in_fractions(size, doublings, flip)
        up = [born[i] * (size - i) / size for i in range(size + 1)]
        return up, [(1 - born[i]) * i / size for i in range(size + 1)]
    gain = Fraction(2) ** doublings / (1 + Fraction(2) ** doublings)
    pairs, half = size * (size - 1), Fraction(1, 2)
    up, down = [], []
    for i in range(size + 1):
        mixed, others = i * (size - i), (size - i) * (size - i - 1)
        up.append((mixed * gain * (1 - flip) + others * half * flip) / pairs)
        down.append((mixed * (1 - gain) * (1 - flip) + i * (i - 1) * half * flip) / pairs)
    return up, down


def times_in_fractions(
    up: list[Fraction], down: list[Fraction], fixes: list[Fraction]
) -> list[Fraction]:
    """Return the mean time to fixation given fixation.

    m_i = E[T; fixation] solves (up_i + down_i)·m_i = h_i + up_i·m_{i+1} + down_i·m_{i-1}.
    """
    size = len(up) - 1
    slope, start = [Fraction(0)], [Fraction(0)]  # m_i = slope_i·m_{i+1} + start_i
    for i in range(1, size):
        rest = up[i] + down[i] - down[i] * slope[i - 1]
        slope.append(up[i] / rest)
        start.append((fixes[i] + down[i] * start[i - 1]) / rest)
    times = [Fraction(0)] * (size + 1)
    for i in range(size - 1, 0, -1):
        times[i] = slope[i] * times[i + 1] + start[i]
    return [Fraction(0), *(times[i] / fixes[i] for i in range(1, size + 1))]


def chain_of(rule: str, size: int, doublings: int, flip: float) -> np.ndarray:
    advantage = doublings * math.log(2)
    if rule == "moran":
        return theory.moran_chain(size, flip=flip, log_ratio=advantage)
    return theory.fermi_chain(size, 1.0, advantage, flip)


def close(found: np.ndarray, expected: list[Fraction]) -> None:
    """Compare with exact values, relatively; below 1e-290 floats lose digits."""
    np.testing.assert_allclose(found, [float(e) for e in expected], rtol=1e-11, atol=1e-290)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("doublings", DOUBLINGS)
@pytest.mark.parametrize("flip", [Fraction(0), Fraction(1, 1 << 20)])
def test_wright_fisher_under_any_selection(doublings: int, flip: Fraction) -> None:
    size = 6
    chain = theory.wright_fisher_chain(size, flip=float(flip), log_weight=doublings * math.log(2))
    for row, a in zip(chain, parents_in_fractions(size, doublings, flip), strict=True):
        close(row, [math.comb(size, j) * a**j * (1 - a) ** (size - j) for j in range(size + 1)])
    if abs(doublings) < 1000:
        weight = 2.0**doublings
        np.testing.assert_allclose(
            theory.wright_fisher_chain(size, weight, float(flip)), chain, rtol=1e-10, atol=1e-290
        )


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("doublings", DOUBLINGS)
@pytest.mark.parametrize("rule", ["moran", "fermi"])
def test_events_under_any_selection(rule: str, doublings: int) -> None:
    """Steps, fixation and stationary states, from ratios of products of exact chances."""
    size, flip = 7, Fraction(1, 1 << 20)
    up, down = events_in_fractions(rule, size, doublings, Fraction(0))
    chain = chain_of(rule, size, doublings, 0.0)
    close(np.diag(chain, 1), up[:-1])
    close(np.diag(chain, -1), down[1:])
    terms = [Fraction(1)]  # fixation from i: the sum of the first i of these, by all of them
    for i in range(1, size):
        terms.append(terms[-1] * down[i] / up[i])
    fixes = [sum(terms[:i], Fraction(0)) / sum(terms) for i in range(size + 1)]
    close(theory.fixation_probability(chain), fixes)
    assert np.isfinite(theory.absorption_time(chain)).all()
    found, exact = theory.fixation_time(chain), times_in_fractions(up, down, fixes)
    for i in range(1, size + 1):
        if fixes[i] > 1e-290:
            assert found[i] == pytest.approx(float(exact[i]), rel=1e-11)
        elif fixes[i] < 1e-320:
            assert np.isnan(found[i])

    up, down = events_in_fractions(rule, size, doublings, flip)
    weights = [Fraction(1)]  # detailed balance: what goes up comes down
    for i in range(size):
        weights.append(weights[-1] * up[i] / down[i + 1])
    stays = [weight / sum(weights) for weight in weights]
    close(theory.stationary(chain_of(rule, size, doublings, float(flip))), stays)


@pytest.mark.filterwarnings("error")
def test_a_state_that_is_never_returned_to_has_no_share() -> None:
    """At βd = 1000 the way back has probability 1e-434; e^-1000 is no float."""
    found = theory.stationary(theory.fermi_chain(50, 1e3, 1, 1e-6))
    assert found[0] == 0.0
    assert found.sum() == pytest.approx(1)
    assert found @ np.arange(51) == pytest.approx(50, abs=1e-3)
    one_way = theory.wright_fisher_chain(4, flip=0.0, back=0.3)
    np.testing.assert_array_equal(theory.stationary(one_way), [0, 0, 0, 0, 1])
    with pytest.raises(ValueError, match="must have one stationary distribution, got 2; use a"):
        theory.stationary(theory.moran_chain(5))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("advantage", [math.inf, -math.inf, 1e300])
def test_selection_may_be_infinite(advantage: float) -> None:
    wins = float(advantage > 0)
    chains = (
        theory.wright_fisher_chain(5, log_weight=advantage),
        theory.moran_chain(5, log_ratio=advantage),
        theory.fermi_chain(5, 1.0, advantage),
    )
    for chain in chains:
        np.testing.assert_allclose(theory.fixation_probability(chain)[1:-1], wins)
        theory.fixation_time(chain)
    assert theory.fermi_fixation(1.0, advantage, 5, 2) == wins
    assert theory.fermi_fixation(1.0, advantage, 5, 0) == 0.0
    assert theory.fermi_fixation(1.0, advantage, 5, 5) == 1.0
    with pytest.raises(ValueError, match="must be a number, got nan"):
        theory.fermi_chain(5, 0.0, math.inf)


# ------------------------------------------------------------------ ancestors and drift


@pytest.mark.parametrize(("size", "boxes"), [(1, 1), (3, 3), (4, 4), (4, 2)])
def test_ancestors_by_going_through_every_throw(size: int, boxes: int) -> None:
    chain = theory.ancestors_chain(size, boxes)
    for k in range(size + 1):
        throws = [len(set(throw)) for throw in itertools.product(range(boxes), repeat=k)]
        expected = np.bincount(throws, minlength=size + 1) / boxes**k
        np.testing.assert_allclose(chain[k], expected, atol=1e-14)


def test_ancestors_by_stirling_numbers() -> None:
    size = 8
    chain = theory.ancestors_chain(size)
    stirling = [[1] + [0] * size]
    for k in range(1, size + 1):
        row = [0] * (size + 1)
        for j in range(1, k + 1):
            row[j] = j * stirling[k - 1][j] + stirling[k - 1][j - 1]
        stirling.append(row)
    for k, j in itertools.product(range(1, size + 1), repeat=2):
        falling = math.perm(size, j)
        assert chain[k, j] == pytest.approx(stirling[k][j] * falling / size**k, rel=1e-12)


@pytest.mark.parametrize("size", [2, 10, 40])
def test_one_lineage_fixes_when_all_coalesce(size: int) -> None:
    """Forwards, one of N lineages fixes; backwards, all agents find one ancestor."""
    chain = theory.wright_fisher_chain(size)
    assert theory.fixation_time(chain)[1] == pytest.approx(theory.coalescence_time(size), rel=1e-9)


def spec_of(rule: dict[str, object], size: int) -> ModelSpec:
    return resolve({"selection": rule, "population": {"size": size, "beliefs_per_agent": 1}})


RULES: list[dict[str, object]] = [
    {"kind": "neutral"},
    {"kind": "softmax", "beta": 0.0},
    {"kind": "tournament", "entrants": 1},
    {"kind": "truncation", "share": 0.4},
    {"kind": "truncation", "share": 1.0},
    {"kind": "moran", "beta": 0.0},
    {"kind": "fermi", "beta": 0.0},
]


@pytest.mark.parametrize("rule", RULES, ids=str)
@pytest.mark.parametrize("size", [1, 2, 9])
def test_drift_is_one_story_told_three_ways(rule: dict[str, object], size: int) -> None:
    """Allele, ancestors and pairs: heterozygosity, fixation and mean must fit together."""
    drift = drift_of(spec_of(rule, size))
    assert drift is not None
    copies = np.arange(size + 1)
    np.testing.assert_allclose(drift.allele.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(drift.ancestors.sum(axis=1), 1, atol=1e-12)
    np.testing.assert_allclose(drift.allele @ copies, copies, atol=1e-10)
    het = copies * (size - copies)
    np.testing.assert_allclose(drift.allele @ het, het * (1 - drift.coalescence), atol=1e-10)
    if size > 1:
        assert drift.ancestors[2, 1] == pytest.approx(drift.coalescence, abs=1e-12)
    by = size * drift.fixed_by(1, 40)
    np.testing.assert_allclose(by, drift.descended_by(40), atol=1e-10)
    assert drift.lost_by(0, 3)[0] == 1.0
    assert drift.founders_left(3)[0] == size


def test_what_is_neutral() -> None:
    specs = [spec_of(rule, 9) for rule in RULES if rule != {"kind": "truncation", "share": 0.4}]
    assert all(is_neutral(spec) for spec in specs)
    assert not is_neutral(spec_of({"kind": "truncation", "share": 0.4}, 9))
    assert not is_neutral(spec_of({"kind": "softmax", "beta": 0.1}, 9))
    assert is_neutral(resolve({"control": "neutral"}))


def test_drift_of_large_populations_is_not_worked_out() -> None:
    assert drift_of(spec_of({"kind": "neutral"}, 5000)) is None


@pytest.mark.parametrize("generations", [0, 1, 7])
def test_founders_shares(generations: int) -> None:
    """E[Σ share²] from the allele's chain: N founders, each with one copy at first."""
    size = 9
    rows = theory.distributions(theory.wright_fisher_chain(size), 1, generations)
    expected = size * (rows[-1] @ (np.arange(size + 1) / size) ** 2)
    found = theory.expected_inverse_founders(size, generations, 1 / size)
    assert found == pytest.approx(expected, rel=1e-12)
