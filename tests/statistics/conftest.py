"""How simulations are held to exact results, and at what error rate.

Every comparison is one hypothesis test that rejects at `LEVEL`, and no more
than `MOST` are made: with a right simulator and any other seeds, the tier as a
whole fails less than once in two thousand times. Seeds are fixed, so that the
outcome is too. The short form runs with `make test`, the long one, with twenty
times the replicates, as `make verify`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats

LEVEL = 1e-6
MOST = 500
LONG = 20


class Judge:
    """Tests that what was found agrees with what must be; counts the tests."""

    def __init__(self) -> None:
        self.comparisons = 0

    def verdict(self, p: float, said: str) -> None:
        self.comparisons += 1
        assert p >= LEVEL, f"{said}, p = {p:.2g}"

    def mean(self, sample: ArrayLike, expected: float, sd: float | None = None) -> None:
        """Hold a sample's mean to an expectation; large samples, so that z-tests do."""
        x = np.asarray(sample, float)
        assert x.size >= 100, "too few for a z-test"
        error = (x.std(ddof=1) if sd is None else sd) / np.sqrt(x.size)
        p = 2 * stats.norm.sf(abs(x.mean() - expected) / error)
        self.verdict(p, f"mean {x.mean():.6g} of {x.size}, expected {expected:.6g} ± {error:.2g}")

    def share(self, successes: int, trials: int, expected: float) -> None:
        """Hold a count of successes to a probability, by the exact binomial test."""
        p = stats.binomtest(int(successes), int(trials), expected).pvalue
        self.verdict(p, f"{successes} of {trials}, expected a share of {expected:.6g}")

    def counts(self, observed: ArrayLike, probabilities: ArrayLike) -> None:
        """Hold counts of outcomes to their probabilities, by Pearson's χ²; rare ones pooled."""
        found, p = np.asarray(observed, float), np.asarray(probabilities, float)
        assert found[p == 0].sum() == 0, "something happened that cannot"
        expected = p / p.sum() * found.sum()
        rare = expected < 10
        if rare.any():
            found = np.append(found[~rare], found[rare].sum())
            expected = np.append(expected[~rare], expected[rare].sum())
            if expected[-1] < 10:  # still rare: with the rarest of the others
                least = np.argmin(expected[:-1])
                found[least] += found[-1]
                expected[least] += expected[-1]
                found, expected = found[:-1], expected[:-1]
        if found.size < 2:  # one kind of outcome only: nothing to compare
            return
        chi2 = ((found - expected) ** 2 / expected).sum()
        p_value = stats.chi2.sf(chi2, found.size - 1)
        self.verdict(p_value, f"χ² {chi2:.4g} of {found.size} kinds of outcome")


@pytest.fixture(scope="session")
def judge() -> Iterator[Judge]:
    """Return the judge of all comparisons."""
    found = Judge()
    yield found
    assert found.comparisons <= MOST, f"{found.comparisons} comparisons; the error rate is off"


@pytest.fixture(scope="session")
def effort(request: pytest.FixtureRequest) -> int:
    """Return by how much the numbers of replicates are multiplied."""
    return LONG if request.config.getoption("--long") else 1


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> np.random.Generator:
    """Return a generator that depends on the test's name alone."""
    name: NDArray[np.uint8] = np.frombuffer(request.node.name.encode(), np.uint8)
    return np.random.default_rng(name)
