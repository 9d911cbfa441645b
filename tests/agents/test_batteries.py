"""Batteries: how many questions touch which beliefs, and how alike the questions are.

Statistics have fixed seeds; each tolerance is stated beside what it is about.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from peckham.agents import PopulationModel
from peckham.agents.batteries.battery import Battery, BatteryPart
from peckham.agents.batteries.correlated import Correlated
from peckham.agents.batteries.correlated_as_published import CorrelatedAsPublished
from peckham.agents.batteries.coverage import Coverage
from peckham.agents.batteries.coverage_as_published import CoverageAsPublished
from peckham.agents.batteries.similarity import Similarity
from peckham.agents.batteries.simple import Simple


def drawn(part: BatteryPart, beliefs: int, seed: int = 1) -> Battery:
    """Draw the visible questions."""
    rng = np.random.default_rng(seed)
    return part.draw(part.structure(beliefs, rng), beliefs, part.questions, rng)


def both(part: BatteryPart, beliefs: int, seed: int = 1) -> tuple[Battery, Battery]:
    """Draw visible and held-out questions over one structure."""
    rng = np.random.default_rng(seed)
    structure = part.structure(beliefs, rng)
    held_out = np.random.default_rng(seed + 1)
    return (
        part.draw(structure, beliefs, part.questions, rng),
        part.draw(structure, beliefs, part.held_out, held_out),
    )


# ------------------------------------------------------------ simple


@pytest.mark.parametrize(
    ("questions", "density", "each"),
    [(75, 0.1, 7), (75, 0.0, 1), (1, 0.1, 1), (10, 0.05, 1), (8, 1.0, 8), (30, 0.25, 7)],
)
def test_simple_activates_the_same_number_for_each_belief(
    questions: int, density: float, each: int
) -> None:
    w = drawn(Simple(questions=questions, density=density), 200).dense()
    assert set(np.unique(w)) <= {0.0, 1.0}
    assert (w.sum(axis=1) == each).all()


def test_simple_spreads_over_the_questions_evenly() -> None:
    """Each question gets B·each/Q activations, within five standard deviations."""
    beliefs, questions, each = 20_000, 30, 3
    load = drawn(Simple(questions=questions, density=0.1), beliefs).dense().sum(axis=0)
    p = each / questions
    assert load == pytest.approx(beliefs * p, abs=5 * np.sqrt(beliefs * p * (1 - p)))


# ------------------------------------------------------------ coverage


@pytest.mark.parametrize(("coverage", "active"), [(0.6, 600), (0.0, 0), (1.0, 1000), (0.29, 290)])
def test_coverage_leaves_the_rest_untestable(coverage: float, active: int) -> None:
    w = drawn(Coverage(questions=75, density=0.1, coverage=coverage), 1000).dense()
    per_belief = w.sum(axis=1)
    assert (per_belief > 0).sum() == active
    assert set(per_belief) <= {0.0, 7.0}


def test_coverage_chooses_beliefs_at_random() -> None:
    """Of the first half about half is chosen: hypergeometric, five standard deviations."""
    w = drawn(Coverage(coverage=0.5), 1000).dense()
    in_the_first_half = (w.sum(axis=1) > 0)[:500].sum()
    assert in_the_first_half == pytest.approx(250, abs=5 * np.sqrt(500 * 0.25 * 500 / 999))


@pytest.mark.parametrize("coverage", [0.0, 0.1, 0.6, 1.0])
def test_coverage_as_published_leaves_nearly_all_active(coverage: float) -> None:
    """At density·Q = 7.5 a belief is missed with probability e^(coverage − 7.5) at most."""
    w = drawn(CoverageAsPublished(questions=75, density=0.1, coverage=coverage), 20_000).dense()
    active = w.sum(axis=1) > 0
    assert active.mean() >= 0.999
    assert active[: int(coverage * 20_000)].all()
    assert set(np.unique(w)) <= {0.0, 1.0}


@pytest.mark.parametrize(("coverage", "density"), [(0.3, 0.02), (0.6, 0.1)])
def test_coverage_as_published_draws_pairs_with_replacement(
    coverage: float, density: float
) -> None:
    """Distinct pairs: BQ(1 − (1 − first/BQ)(1 − 1/BQ)^pairs), within 0.5 %."""
    beliefs, questions = 4000, 50
    part = CoverageAsPublished(questions=questions, density=density, coverage=coverage)
    cells, first = beliefs * questions, int(coverage * beliefs)
    pairs = int(cells * density) - first
    expected = cells * (1 - (1 - first / cells) * (1 - 1 / cells) ** pairs)
    assert drawn(part, beliefs).question.size == pytest.approx(expected, rel=5e-3)


def test_coverage_as_published_without_room_for_pairs() -> None:
    """⌊B·Q·density⌋ below ⌊coverage·B⌋: the first ones get one question each, no more is drawn."""
    w = drawn(CoverageAsPublished(questions=4, density=0.0, coverage=0.5), 10).dense()
    assert w.sum(axis=1).tolist() == [1] * 5 + [0] * 5


# ------------------------------------------------------------ correlated


def mean_correlation(x: NDArray[np.float64], y: NDArray[np.float64] | None = None) -> float:
    """Return the mean correlation over pairs of columns, of one matrix or across two."""
    if y is not None:
        return float(np.corrcoef(x.T, y.T)[: x.shape[1], x.shape[1] :].mean())
    matrix = np.corrcoef(x.T)
    return float(matrix[~np.eye(len(matrix), dtype=bool)].mean())


@pytest.mark.parametrize("c", [0.0, 0.25, 0.5, 0.81, 1.0])
@pytest.mark.parametrize(("kind", "power"), [(Correlated, 1), (CorrelatedAsPublished, 2)])
def test_questions_correlate_as_they_should(kind: type[Correlated], power: int, c: float) -> None:
    """c, or c² as published; the mean over 190 pairs, within 0.02 at 20,000 beliefs."""
    w = drawn(kind(questions=20, density=0.1, correlation=c), 20_000).dense()
    assert mean_correlation(w) == pytest.approx(c**power, abs=0.02)
    if c == 1:
        assert (w == w[:, :1]).all()


@pytest.mark.parametrize("kind", [Correlated, CorrelatedAsPublished])
@pytest.mark.parametrize("c", [0.0, 0.5])
def test_correlated_questions_have_the_given_density(kind: type[Correlated], c: float) -> None:
    """The density is a mean over beliefs, whose base pattern is drawn once: within 0.012."""
    w = drawn(kind(questions=20, density=0.3, correlation=c), 20_000).dense()
    assert w.mean() == pytest.approx(0.3, abs=0.012)
    assert set(np.unique(w)) <= {0.0, 1.0}


def test_correlated_draws_do_not_depend_on_how_memory_is_bounded() -> None:
    """So many questions that beliefs are drawn in several parts: the density is still right."""
    w = drawn(Correlated(questions=3000, density=0.1, correlation=0.0), 1000).dense()
    assert w.mean(axis=1) == pytest.approx(0.1, abs=5 * np.sqrt(0.09 / 3000))


# ------------------------------------------------------------ similarity


def test_similarity_weights_are_distributed_as_stated() -> None:
    """Quantiles of clip(σ(scale·⟨b, q⟩) + N(0, noise), 0, 1) by another draw, within 0.02."""
    d, scale, noise = 16, 5.0, 0.05
    part = Similarity(questions=400, dimensions=d, base_probability=0.2, scale=scale, noise=noise)
    battery = drawn(part, 4000)
    assert battery.question.size == pytest.approx(0.2 * 400 * 4000, rel=0.01)
    rng = np.random.default_rng(99)
    b, q = rng.normal(0, np.sqrt(1 / d), (2, 100_000, d))
    expected = 1 / (1 + np.exp(-scale * (b * q).sum(axis=1))) + noise * rng.normal(size=100_000)
    expected = np.clip(expected, 0, 1)
    at = [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99]
    np.testing.assert_allclose(
        np.quantile(battery.weight, at), np.quantile(expected, at), rtol=0, atol=0.02
    )
    assert battery.weight.max() <= 1


def test_similarity_noise_is_clipped_and_zeros_are_left_out() -> None:
    """With noise of sd 10 about half of the weights are 0 and so absent, most others 1."""
    battery = drawn(Similarity(questions=100, base_probability=1.0, noise=10.0), 1000)
    assert battery.question.size == pytest.approx(0.52 * 100_000, rel=0.05)
    assert ((battery.weight > 0) & (battery.weight <= 1)).all()
    assert (battery.weight == 1).mean() > 0.9


def likeness(w: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Undo the logistic: the inner products of the embeddings."""
    return np.log(w / (1 - w)) / scale


def test_similarity_is_an_inner_product_of_so_many_dimensions() -> None:
    """Without noise the weights give back a matrix of rank d, elements of variance 1/d."""
    d = 6
    part = Similarity(
        questions=40, held_out=30, dimensions=d, base_probability=1.0, scale=2.0, noise=0.0
    )
    visible, held_out = (likeness(battery.dense(), 2.0) for battery in both(part, 500))
    values = np.linalg.svd(np.hstack([visible, held_out]), compute_uv=False)
    assert values[d - 1] > 1
    assert values[d] < 1e-9  # held-out questions meet the same embedded beliefs
    assert visible.var() == pytest.approx(1 / d, rel=0.15)


# ------------------------------------------------------------ visible and held-out


def test_held_out_questions_touch_the_covered_beliefs() -> None:
    visible, held_out = both(Coverage(questions=40, held_out=25, coverage=0.4), 500)
    touched = visible.dense().any(axis=1)
    assert touched.sum() == 200
    assert np.array_equal(touched, held_out.dense().any(axis=1))


@pytest.mark.parametrize(("kind", "power"), [(Correlated, 1), (CorrelatedAsPublished, 2)])
def test_held_out_questions_correlate_with_visible_ones(kind: type[Correlated], power: int) -> None:
    """The base pattern is common to both: correlation across them c, within 0.02."""
    visible, held_out = both(kind(questions=20, held_out=20, correlation=0.5), 20_000)
    across = mean_correlation(visible.dense(), held_out.dense())
    assert across == pytest.approx(0.5**power, abs=0.02)


@pytest.mark.parametrize(
    "kind",
    ["simple", "coverage", "coverage_as_published", "correlated", "correlated_as_published",
     "similarity"],
)  # fmt: skip
def test_held_out_questions_leave_the_visible_ones_alone(kind: str) -> None:
    spec: dict[str, Any] = {
        "generations": 4,
        "population": {"size": 10, "beliefs_per_agent": 5},
        "landscape": {"beliefs": 80},
    }
    models = [
        PopulationModel(
            {**spec, "battery": {"kind": kind, "questions": 15, "held_out": held_out}}, seed=2
        )
        for held_out in (0, 6)
    ]
    visible = [model.evaluator.battery.dense() for model in models]
    assert np.array_equal(*visible)
    hidden = models[1].evaluator.held_out
    assert models[0].evaluator.held_out is None
    assert hidden.questions == 6
    assert not np.array_equal(hidden.dense(), visible[0][:, :6])
    logs = [model.run().log for model in models]
    own = ["held_out", "visible_gap"]
    assert logs[0].drop(columns=own).equals(logs[1].drop(columns=own))
    assert logs[0][own].isna().all(axis=None)
    np.testing.assert_allclose(
        logs[1]["visible_gap"], logs[1]["proxy"] - logs[1]["held_out"], rtol=0, atol=1e-12
    )
