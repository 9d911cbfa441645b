"""Numbers at every scale, held to exact rational arithmetic and to 50 digits."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel, SpecError, resolve
from peckham.agents.landscapes.landscape import without_clusters
from peckham.agents.measures.moments import correlation, mean_and_sd
from peckham.agents.population.abundance import blank_abundance, list_agents
from peckham.agents.selection.fermi import Fermi
from peckham.agents.selection.moran import Moran
from peckham.agents.selection.softmax import Softmax

SIZE, GENES, QUESTIONS = 12, 5, 8


def root(square: Fraction) -> Decimal:
    """Return a square root to 50 digits."""
    with localcontext() as context:
        context.prec = 50
        return (Decimal(square.numerator) / Decimal(square.denominator)).sqrt()


def exact_mean(numbers: list[Fraction]) -> Fraction:
    return sum(numbers, Fraction(0)) / len(numbers)


def exact_correlation(x: list[Fraction], y: list[Fraction]) -> float:
    mean_x, mean_y = exact_mean(x), exact_mean(y)
    xy = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y, strict=True))
    xx, yy = sum((a - mean_x) ** 2 for a in x), sum((b - mean_y) ** 2 for b in y)
    sign = -1 if xy < 0 else 1
    return sign * float(root(xy * xy / (xx * yy)))


def exact_sd(x: list[Fraction]) -> float:
    middle = exact_mean(x)
    return float(root(exact_mean([(a - middle) ** 2 for a in x])))


def exact_scores(model: PopulationModel, of: np.ndarray) -> list[Fraction]:
    """Return the score of every agent on the visible battery, its weights being 1."""
    active, found = model.evaluator.battery.dense() > 0, []
    numbers = [Fraction(float(x)) for x in of]
    for beliefs in model.population.beliefs.tolist():
        means = []
        for q in range(active.shape[1]):
            held = [numbers[b] for b in beliefs if active[b, q]]
            if held:
                means.append(exact_mean(held))
        found.append(exact_mean(means) if means else Fraction(0))
    return found


def exact_alignment(model: PopulationModel) -> list[float]:
    """Return ρ of every agent."""
    v = [Fraction(float(x)) for x in model.landscape.value]
    a = [Fraction(float(x)) for x in model.landscape.signal]
    found = []
    for held in model.population.beliefs.tolist():
        av = sum(a[b] * v[b] for b in held)
        size = sum(a[b] ** 2 for b in held) * sum(v[b] ** 2 for b in held)
        found.append((-1 if av < 0 else 1) * float(root(av * av / size)))
    return found


def table_model(
    folder: Path, value: np.ndarray, signal: np.ndarray, **more: Any
) -> PopulationModel:
    path = folder / "t.parquet"
    pd.DataFrame({"value": value, "signal": signal}).to_parquet(path)
    spec = {
        "generations": 5,
        "population": {"size": SIZE, "beliefs_per_agent": GENES},
        "landscape": {"kind": "table", "path": str(path)},
        "battery": {"questions": QUESTIONS, "density": 0.3},
        "selection": {"kind": "neutral"},
        "reproduction": {"mutation_rate": 0.1},
    }
    return PopulationModel(spec | more, seed=4)


SCALES = [
    (1.0, 1.0), (1e80, 1e80), (1e-90, 1e-90), (1e149, 1e149), (1e-145, 1e-145),
    (1e100, 1e-100), (1e-100, 1e100), (1e-145, 1e149),
]  # fmt: skip


@pytest.mark.parametrize(("of_value", "of_signal"), SCALES)
def test_a_run_is_exact_whatever_the_units(
    tmp_path: Path, of_value: float, of_signal: float
) -> None:
    """Means, deviations, correlations, ρ and Price terms, to 1e-12."""
    rng = np.random.default_rng(1)
    v = rng.standard_normal(40)
    a = rng.standard_normal(40) + 0.5 * v
    model = table_model(tmp_path, v * of_value, a * of_signal)
    for _ in range(4):
        model.step()
    model.evaluator.score()
    p = exact_scores(model, model.landscape.signal)
    u = exact_scores(model, model.landscape.value)
    before = float(exact_mean(u))
    rho = exact_alignment(model)
    present = sorted({b for held in model.population.beliefs.tolist() for b in held})
    v_held = [Fraction(float(model.landscape.value[b])) for b in present]
    a_held = [Fraction(float(model.landscape.signal[b])) for b in present]
    model.step()
    row = model.log.loc[4]
    expected = {
        "proxy": float(exact_mean(p)),
        "proxy_sd": exact_sd(p),
        "true_value": before,
        "true_value_sd": exact_sd(u),
        "corr_proxy_true": exact_correlation(p, u),
        "corr_signal_value": exact_correlation(a_held, v_held),
        "alignment": np.mean(rho),
        "alignment_sd": np.std(rho),
    }
    for name, number in expected.items():
        assert row[name] == pytest.approx(number, rel=1e-12, abs=0), name
    terms = [row[f"price_true_value_{term}"] for term in ("selection", "drift", "transmission")]
    change = before - model.log.loc[3, "true_value"]
    assert sum(terms) == pytest.approx(change, rel=1e-9, abs=1e-14 * of_value)


@pytest.mark.parametrize("size", [1e-148, 1e-80, 1.0, 1e80, 1e149])
@pytest.mark.parametrize("other", [1e-148, 1.0, 1e149])
def test_moments_in_any_units(size: float, other: float) -> None:
    rng = np.random.default_rng(2)
    x, y = size * rng.standard_normal(30), other * rng.standard_normal(30)
    abundance, scratch = blank_abundance(30), np.empty((4, 30))
    list_agents(np.arange(30, dtype=np.int32), abundance)
    exact_x, exact_y = ([Fraction(float(n)) for n in numbers] for numbers in (x, y))
    found = correlation(x, y, 0.0, 0.0, abundance, scratch)
    assert found == pytest.approx(exact_correlation(exact_x, exact_y), rel=1e-12)
    middle, sd = mean_and_sd(x, abundance, scratch)
    assert middle == pytest.approx(float(exact_mean(exact_x)), rel=1e-12, abs=0)
    assert sd == pytest.approx(exact_sd(exact_x), rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("field", "number"),
    [("mu_v", 1e151), ("mu_a", -1e200), ("sigma_v", 1e-151), ("sigma_a", 1e308), ("mu_v", 1e-200)],
)
@pytest.mark.parametrize("kind", ["bivariate", "clustered"])
def test_sizes_out_of_range_are_refused_by_name(kind: str, field: str, number: float) -> None:
    block: dict[str, Any] = {"kind": kind, field: number}
    if kind == "clustered":
        block = {"kind": kind, "clusters": [{"name": "One", "share": 1.0, field: number}]}
    with pytest.raises(SpecError, match=rf"landscape\.[A-Za-z.]*{field}: must be 0 or 1e-150"):
        resolve({"landscape": block})


@pytest.mark.parametrize("number", ["1e151", "-1e308", "1e-151", "-5e-324"])
@pytest.mark.parametrize("column", ["value", "signal"])
def test_sizes_out_of_range_are_refused_in_tables(tmp_path: Path, number: str, column: str) -> None:
    row = {"value": "1", "signal": "2"} | {column: number}
    path = tmp_path / "t.csv"
    path.write_text(f"value,signal\n1,0\n{row['value']},{row['signal']}\n")
    with pytest.raises(SpecError, match=rf"{column} must be 0 or 1e-150.*row 2 \(line 3\)"):
        resolve({"landscape": {"kind": "table", "path": str(path)}})


@pytest.mark.parametrize(
    ("block", "field", "number"),
    [("oversight", "penalty", 1e200), ("deployment", "pressure", 1e151),
     ("deployment", "offset", -1e308), ("reproduction", "capability_sd", 1e160)],
)  # fmt: skip
def test_other_numbers_are_bounded_by_name(block: str, field: str, number: float) -> None:
    with pytest.raises(SpecError, match=rf"{block}\.{field}: must be at most 1e\+150 in size"):
        resolve({block: {field: number}})


def test_performance_stays_in_range() -> None:
    with pytest.raises(SpecError, match="deployment: shift·pressure² must be at most 1e\\+150"):
        resolve({"deployment": {"shift": 1e60, "pressure": 1e50}})


# ------------------------------------------------------------ rounding is no variance


IMPROVING: dict[str, Any] = {
    "generations": 12,
    "population": {"size": 20, "beliefs_per_agent": 5},
    "battery": {"questions": 10, "density": 0.3},
    "reproduction": {"mutation_rate": 0.1},
}

FLAT = {
    "value that does not vary": {"mu_v": 0.1, "sigma_v": 0.0, "sigma_a": 0.3},
    "signal that does not vary": {"mu_a": 0.1, "sigma_a": 0.0, "sigma_v": 0.3},
    "huge value": {"mu_v": 1e150, "sigma_v": 0.0, "sigma_a": 0.3},
    "line": {"mu_v": 0.1, "sigma_v": 1.0, "mu_a": 0.7, "sigma_a": 0.3, "rho": -1.0},
}


def improving(form: str, landscape: dict[str, Any]) -> PopulationModel:
    part = {"kind": "improving_evaluator", "interval": 1, "form": form, "rate": 0.5}
    block = {"kind": "bivariate", "beliefs": 30, "rho": 0.0} | landscape
    model = PopulationModel(IMPROVING | {"landscape": block, "interventions": [part]}, seed=3)
    for _ in range(11):
        model.step()
    model.evaluator.score()
    return model


@pytest.mark.parametrize("flat", FLAT)
def test_signals_that_cannot_be_improved_stay(flat: str) -> None:
    model = improving("exact", FLAT[flat])
    assert model.landscape.signal.tolist() == model.landscape.signal0.tolist()


@pytest.mark.parametrize("form", ["published", "keep_scale", "exact"])
@pytest.mark.parametrize("flat", [*FLAT, "narrow value", "varied"])
def test_scores_agree_with_their_own_landscape(form: str, flat: str) -> None:
    """P is recomputed from the beliefs, the battery and the signals, exactly."""
    more = {"narrow value": {"mu_v": 1e6, "sigma_v": 1e-3, "rho": 0.5}, "varied": {"rho": 0.3}}
    model = improving(form, (FLAT | more)[flat])
    exact = exact_scores(model, model.landscape.signal)
    scale = np.abs(model.landscape.signal).max()
    difference = model.population.column("proxy") - np.array([float(p) for p in exact])
    assert np.abs(difference).max() <= 1e-12 * scale


@pytest.mark.parametrize("form", ["published", "keep_scale", "exact"])
@pytest.mark.parametrize("flat", ["value that does not vary", "huge value"])
def test_rounding_correlates_with_nothing(form: str, flat: str) -> None:
    log = improving(form, FLAT[flat]).log
    assert log["corr_proxy_true"].isna().all()
    assert log["corr_signal_value"].isna().all()


def test_scores_that_cancel_do_not_correlate(tmp_path: Path) -> None:
    """Beliefs ±x in pairs: every P and U is 0, up to rounding in the order of beliefs."""
    tenths = np.array([0.1, 0.2, -0.3])
    part = {"battery": {"questions": 4, "density": 1.0}, "reproduction": {"mutation_rate": 0.0}}
    model = table_model(
        tmp_path, tenths, 7 * tenths,
        population={"size": SIZE, "beliefs_per_agent": 3}, **part,
    ).run()  # fmt: skip
    assert np.abs(model.population.column("proxy")).max() < 1e-15
    assert model.log["corr_proxy_true"].isna().all()
    assert model.log["corr_schemer_proxy"].isna().all()


# ------------------------------------------------------------ selection at any strength


@pytest.mark.parametrize("beta", [8.9e307, 9e307, 1.7e308])
@pytest.mark.parametrize("gap", [1e-300, 1.0, 1e300])
def test_the_fittest_alone_have_children_at_any_strength(beta: float, gap: float) -> None:
    """e^{−β·gap} is 0 to any precision, so the two fittest share all children equally."""
    fitness = np.array([0.0, gap, gap, -gap])
    chosen = Softmax(beta=beta).select(fitness, np.random.default_rng(0))
    assert chosen.probabilities is not None
    assert chosen.probabilities.tolist() == [0.0, 0.5, 0.5, 0.0]
    assert set(chosen.parents.tolist()) <= {1, 2}
    moran = Moran(beta=beta).select(fitness, np.random.default_rng(0))
    assert set(moran.parents[moran.born].tolist()) <= {1, 2}
    fermi = Fermi(beta=beta).select(fitness, np.random.default_rng(0))
    worse = fitness[fermi.parents] < fitness
    assert not worse.any()


@pytest.mark.parametrize("beta", [1.0, 1e308, 1.7e308])
@pytest.mark.parametrize("rule", [Softmax, Moran, Fermi])
def test_equal_fitness_is_drift_at_any_strength(rule: Any, beta: float) -> None:
    fitness = np.full(50, 0.3)
    strong = rule(beta=beta).select(fitness, np.random.default_rng(5))
    none = rule(beta=0.0).select(fitness, np.random.default_rng(5))
    assert strong.parents.tolist() == none.parents.tolist()


@pytest.mark.parametrize("number", [1e160, np.inf, np.nan])
@pytest.mark.parametrize("column", ["value", "signal"])
def test_landscapes_made_in_python_are_held_to_the_range(column: str, number: float) -> None:
    arrays = {"value": np.ones(3), "signal": np.ones(3)}
    arrays[column][1] = number
    with pytest.raises(ValueError, match=f"landscape: {column} must be at most 1e"):
        without_clusters(**arrays)


@pytest.mark.parametrize("ratio", [1e6, 1e60, 1e200])
def test_small_beliefs_are_not_lost_beside_large_ones(tmp_path: Path, ratio: float) -> None:
    """Half of the beliefs are smaller by a factor; agents that hold only these are exact too."""
    rng = np.random.default_rng(3)
    sizes = np.where(np.arange(40) % 2 == 0, ratio**0.5, ratio**-0.5)
    value, signal = sizes * rng.standard_normal(40), sizes * rng.standard_normal(40)
    part = {"population": {"size": 30, "beliefs_per_agent": 3}, "generations": 30}
    model = table_model(
        tmp_path, value, signal, reproduction={"mutation_rate": 0.3}, **part
    )  # fmt: skip
    small = 0
    for _ in range(30):
        model.step()
        model.evaluator.score()
        held = np.abs(model.landscape.signal)[model.population.beliefs].max(axis=1)
        small += np.count_nonzero(held < 10)
        exact = [float(p) for p in exact_scores(model, model.landscape.signal)]
        np.testing.assert_array_less(np.abs(model.population.column("proxy") - exact), 1e-12 * held)
    assert small > 0
