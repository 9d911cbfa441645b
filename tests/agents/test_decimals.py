"""Counts that are shares of a whole: a share means the decimal that was written."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from math import floor

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from peckham.agents.batteries.coverage import Coverage
from peckham.agents.batteries.coverage_as_published import CoverageAsPublished
from peckham.agents.batteries.simple import Simple
from peckham.agents.landscapes.clustered import Clustered, cluster_counts
from peckham.agents.measures.events import prevalent_count
from peckham.agents.population.founders import founders
from peckham.agents.selection.truncation import Truncation
from peckham.experiments import read
from peckham.experiments.catalogue import scenario_names
from peckham.experiments.design import design

SHARES = st.integers(1, 999).map(lambda thousandths: Decimal(thousandths) / 1000)
SIZES = st.integers(1, 400)


def whole(number: Decimal, rounding: str) -> int:
    return int(number.to_integral_value(rounding))


def entries(part: Simple | Coverage, beliefs: int) -> np.ndarray:
    """Return the number of questions that each belief activates."""
    rng = np.random.default_rng(0)
    battery = part.draw(part.structure(beliefs, rng), beliefs, part.questions, rng)
    return np.diff(battery.start)


@given(SHARES, SIZES)
@example(Decimal("0.29"), 100)
def test_density(share: Decimal, questions: int) -> None:
    each = entries(Simple(density=float(share), questions=questions), 2)
    assert each.tolist() == [max(1, whole(share * questions, ROUND_FLOOR))] * 2


@given(SHARES, SIZES)
def test_coverage(share: Decimal, beliefs: int) -> None:
    each = entries(Coverage(coverage=float(share), questions=3), beliefs)
    assert np.count_nonzero(each) == whole(share * beliefs, ROUND_HALF_EVEN)


@given(SHARES, st.integers(1, 60), st.integers(1, 60))
def test_published_coverage(share: Decimal, beliefs: int, questions: int) -> None:
    """Its draws are counted: one for each first belief, two for each pair."""
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    part = CoverageAsPublished(coverage=float(share), density=float(share), questions=questions)
    part.draw(None, beliefs, questions, rng)
    first = whole(share * beliefs, ROUND_FLOOR)
    pairs = max(0, whole(share * beliefs * questions, ROUND_FLOOR) - first)
    same.random(first + 2 * pairs)
    assert rng.random() == same.random()


@given(SHARES, SIZES)
@example(Decimal("0.145"), 100)
def test_survivors(share: Decimal, size: int) -> None:
    expected = max(1, whole(share * size, ROUND_HALF_UP))
    rule = Truncation(share=float(share))
    assert rule.survivors(size) == expected
    chosen = rule.select(np.arange(float(size)), np.random.default_rng(0))
    assert chosen.probabilities is not None
    assert np.count_nonzero(chosen.probabilities) == expected


@given(SHARES, SIZES)
def test_prevalence(share: Decimal, size: int) -> None:
    assert prevalent_count(size, float(share)) == max(1, whole(share * size, ROUND_CEILING))


@given(SHARES, SIZES)
@example(Decimal("0.145"), 300)
def test_schemers(share: Decimal, size: int) -> None:
    drawn = founders(
        size, 0, 1, 0, float(share), (50.0, 0.0), (0.0, 0.0), lambda name: np.random.default_rng(0)
    )
    assert drawn.column("schemer").sum() == whole(share * size, ROUND_HALF_EVEN)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=10), st.integers(1, 400))
def test_clusters_do_not_depend_on_the_units_of_shares(tenths: list[int], beliefs: int) -> None:
    def counts(shares: list[float]) -> list[int] | str:
        try:
            return cluster_counts(shares, beliefs)
        except ValueError as error:
            return str(error)

    assert counts([float(Decimal(t) / 10) for t in tenths]) == counts([float(t) for t in tenths])


def test_the_reported_cases() -> None:
    assert entries(Simple(density=0.29, questions=100), 1).tolist() == [29]
    assert Truncation(share=0.145).survivors(100) == 15
    assert cluster_counts([0.1] * 10, 5) == cluster_counts([1.0] * 10, 5) == [5] + [0] * 9


@pytest.mark.parametrize("name", [n for n in scenario_names() if n.startswith("eicher2026")])
def test_published_settings_have_the_counts_of_floating_point(name: str) -> None:
    """As the published runs computed them, so that their rows stay what they were."""
    for variant in design(read(name)).variants:
        block, landscape = variant.spec.battery, variant.spec.landscape
        beliefs, questions = landscape.size, block.questions
        if isinstance(block, Simple):
            assert entries(block, beliefs).max() == max(1, int(block.density * questions))
        elif isinstance(block, CoverageAsPublished):
            rng, same = np.random.default_rng(0), np.random.default_rng(0)
            block.draw(None, beliefs, questions, rng)
            first = int(block.coverage * beliefs)
            same.random(first + 2 * (int(beliefs * questions * block.density) - first))
            assert rng.random() == same.random()
        if isinstance(landscape, Clustered):
            shares = [cluster.share for cluster in landscape.clusters]
            counts = [round(share / sum(shares) * beliefs) for share in shares]
            counts[int(np.argmax(shares))] += beliefs - sum(counts)
            assert landscape.counts() == counts
        size, schemers = variant.spec.population.size, variant.spec.population.schemers
        assert floor(schemers * size + 0.5) == schemers * size
        assert prevalent_count(size, variant.spec.record.prevalence) == 270
