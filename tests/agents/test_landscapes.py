"""Landscapes: moments, shares and tables.

Statistics have fixed seeds and a tolerance of five standard errors, so that a
sound program fails one such check in about two million.
"""

from __future__ import annotations

import os
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from peckham.agents import PopulationModel, SpecError, resolve
from peckham.agents.landscapes.bivariate import Bivariate
from peckham.agents.landscapes.clustered import Clustered
from peckham.agents.landscapes.landscape import Landscape
from peckham.agents.landscapes.table import Table

MANY = 100_000
ERRORS = 5  # standard errors


def drawn(landscape: Bivariate | Clustered, seed: int = 1) -> Landscape:
    return landscape.draw(np.random.default_rng(seed))


def assert_moments(x: NDArray[np.float64], mean: float, sd: float) -> None:
    """Hold a normal sample to its mean and standard deviation."""
    assert x.mean() == pytest.approx(mean, abs=ERRORS * sd / np.sqrt(x.size))
    assert x.std() == pytest.approx(sd, abs=ERRORS * sd / np.sqrt(2 * x.size))


def assert_correlation(landscape: Landscape, rho: float, which: Any = slice(None)) -> None:
    """Hold a sample of pairs to its correlation."""
    v, a = landscape.value[which], landscape.signal[which]
    error = (1 - rho**2) / np.sqrt(v.size)
    assert np.corrcoef(v, a)[0, 1] == pytest.approx(rho, abs=ERRORS * error + 1e-12)


# ------------------------------------------------------------ bivariate


@pytest.mark.parametrize("rho", [-1.0, -0.4, 0.0, 0.5, 0.95, 1.0])
def test_bivariate_moments(rho: float) -> None:
    part = Bivariate(beliefs=MANY, mu_v=0.3, mu_a=-0.7, sigma_v=2.0, sigma_a=0.5, rho=rho)
    landscape = drawn(part)
    assert_moments(landscape.value, 0.3, 2.0)
    assert_moments(landscape.signal, -0.7, 0.5)
    assert_correlation(landscape, rho)
    assert landscape.nominal_correlation == rho


@pytest.mark.parametrize("rho", [-1.0, 1.0])
def test_both_ends_of_the_correlation_are_exact(rho: float) -> None:
    landscape = drawn(Bivariate(beliefs=1000, rho=rho))
    assert np.array_equal(landscape.signal, rho * landscape.value)
    shifted = drawn(Bivariate(beliefs=1000, mu_v=2, mu_a=-1, sigma_v=3, sigma_a=0.5, rho=rho))
    expected = -1 + 0.5 * rho * (shifted.value - 2) / 3
    np.testing.assert_allclose(shifted.signal, expected, rtol=0, atol=1e-14)


def test_no_spread_is_a_constant() -> None:
    landscape = drawn(Bivariate(beliefs=10, mu_v=0.25, mu_a=-3, sigma_v=0, sigma_a=0))
    assert (landscape.value == 0.25).all()
    assert (landscape.signal == -3).all()


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.5, 0.9])
def test_deceptive_share_of_a_centred_bivariate(rho: float) -> None:
    expected = 0.25 - np.arcsin(rho) / (2 * np.pi)
    share = drawn(Bivariate(beliefs=MANY, rho=rho)).deceptive.mean()
    assert share == pytest.approx(expected, abs=ERRORS * np.sqrt(expected * (1 - expected) / MANY))


def test_deceptive_means_bad_value_and_good_signal() -> None:
    value, signal = np.array([[-1, 1], [-1, -1], [1, 1], [0, 1], [-1, 0]], float).T
    landscape = Landscape(value=value, signal=signal, cluster=np.full(5, -1, np.int16))
    assert list(landscape.deceptive) == [True, False, False, False, False]


# ------------------------------------------------------------ clustered


def clusters(*shares: float, **moments: float) -> list[dict[str, Any]]:
    """Return clusters A, B, C, … with these shares."""
    return [{"name": chr(65 + i), "share": s, **moments} for i, s in enumerate(shares)]


def counts(beliefs: int, *shares: float) -> list[int]:
    """Return how many beliefs each cluster gets."""
    spec = {"kind": "clustered", "beliefs": beliefs, "clusters": clusters(*shares)}
    landscape = drawn(
        resolve({"landscape": spec, "population": {"beliefs_per_agent": 1}}).landscape
    )
    return np.bincount(landscape.cluster, minlength=len(shares)).tolist()


@pytest.mark.parametrize(
    ("beliefs", "shares", "expected"),
    [
        (3000, (0.3, 0.4, 0.3), [900, 1200, 900]),
        (3000, (3, 4, 3), [900, 1200, 900]),  # shares are normalised
        (10, (0.34, 0.33, 0.33), [4, 3, 3]),  # one left over: to the largest
        (10, (0.33, 0.34, 0.33), [3, 4, 3]),
        (11, (0.25, 0.25, 0.5), [3, 3, 5]),  # 2.75, 2.75, 5.5: the largest gives one back
        (1, (0.3, 0.4, 0.3), [0, 1, 0]),
        (7, (1, 0), [7, 0]),
        (5, (1,), [5]),
    ],
)
def test_counts_are_rounded_and_the_remainder_goes_to_the_largest(
    beliefs: int, shares: tuple[float, ...], expected: list[int]
) -> None:
    assert counts(beliefs, *shares) == expected


@pytest.mark.parametrize("beliefs", [2, 9, 100, 2999])
def test_counts_add_up(beliefs: int) -> None:
    shares = (0.07, 0.41, 0.19, 0.33)
    got = counts(beliefs, *shares)
    assert sum(got) == beliefs
    others = [round(s * beliefs) for s in shares]
    assert [n for i, n in enumerate(got) if i != 1] == [n for i, n in enumerate(others) if i != 1]


def test_too_few_beliefs_for_the_clusters_are_refused() -> None:
    with pytest.raises(SpecError, match=r"^landscape: .*too few") as error:
        counts(3, *[1.0] * 5)
    assert "\n" not in str(error.value)


def test_cluster_moments_and_order() -> None:
    landscape = drawn(Clustered(beliefs=MANY))
    assert landscape.clusters == ("Benign", "Neutral", "Deceptive")
    assert all(a <= b for a, b in pairwise(landscape.cluster))
    for index, (mu_v, mu_a) in enumerate([(0.7, 0.7), (0.1, 0.2), (-0.7, 0.7)]):
        which = landscape.cluster == index
        assert which.sum() == MANY * (0.4 if index == 1 else 0.3)
        assert_moments(landscape.value[which], mu_v, 0.5)
        assert_moments(landscape.signal[which], mu_a, 0.3)
        assert_correlation(landscape, 0.0, which)
    assert landscape.nominal_correlation == 0


def test_deceptive_share_of_the_three_clusters() -> None:
    expected = sum(
        share * norm.cdf(-mu_v / 0.5) * norm.cdf(mu_a / 0.3)
        for share, mu_v, mu_a in [(0.3, 0.7, 0.7), (0.4, 0.1, 0.2), (0.3, -0.7, 0.7)]
    )
    assert expected == pytest.approx(0.4229, abs=5e-5)
    share = drawn(Clustered(beliefs=MANY)).deceptive.mean()
    assert share == pytest.approx(expected, abs=ERRORS * np.sqrt(0.25 / MANY))


def test_own_correlation_goes_before_the_global_one() -> None:
    spec = clusters(1, 1)
    spec[0]["rho"] = -0.6
    landscape = drawn(Clustered.model_validate({
        "beliefs": MANY, "global_correlation": 0.8, "clusters": spec,
    }))  # fmt: skip
    assert_correlation(landscape, -0.6, landscape.cluster == 0)
    assert_correlation(landscape, 0.8, landscape.cluster == 1)


def test_global_correlation_changes_nothing_where_every_cluster_has_its_own() -> None:
    """The published clusters have ρ = 0 each, so their sweep over it is flat."""
    one, two = (drawn(Clustered(beliefs=50, global_correlation=c)) for c in (0.0, 0.8))
    assert np.array_equal(one.signal, two.signal)
    assert np.array_equal(one.value, two.value)


# ------------------------------------------------------------ table


FRAME = pd.DataFrame(
    {"value": [1.5, -2.0, 3.0], "signal": [0.25, 1.0, -1.0], "cluster": ["b", "a", "b"]}
)


def write(frame: pd.DataFrame, path: Path) -> Path:
    """Write a table in the format that its name says."""
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return path


def refusal(path: Path, **parameters: object) -> str:
    """Return the one line with which a table is refused."""
    with pytest.raises(SpecError) as error:
        resolve({
            "landscape": {"kind": "table", "path": str(path), **parameters},
            "population": {"beliefs_per_agent": 1},
        })  # fmt: skip
    message = str(error.value)
    assert message.startswith("landscape")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_table_is_read_as_it_is(tmp_path: Path, name: str) -> None:
    part = Table(path=str(write(FRAME, tmp_path / name)))
    assert (part.size, part.cluster_names) == (3, ("b", "a"))
    landscape = part.draw(np.random.default_rng(0))
    assert landscape.value.tolist() == [1.5, -2.0, 3.0]
    assert landscape.signal.tolist() == [0.25, 1.0, -1.0]
    assert landscape.cluster.tolist() == [0, 1, 0]
    assert landscape.nominal_correlation == 0
    assert Table(path=part.path, beliefs=3).size == 3


@pytest.mark.filterwarnings("ignore::peckham.agents.landscapes.table.TableWarning")
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_table_without_clusters_and_with_other_columns(tmp_path: Path, name: str) -> None:
    frame = FRAME.drop(columns="cluster").assign(value=[1, -2, 3], remark=["x", "y", "z"])
    landscape = Table(path=str(write(frame, tmp_path / name))).draw(np.random.default_rng(0))
    assert landscape.value.tolist() == [1.0, -2.0, 3.0]
    assert landscape.value.dtype == np.float64
    assert landscape.clusters == ()
    assert landscape.cluster.tolist() == [-1, -1, -1]


def test_table_runs(tmp_path: Path) -> None:
    path = write(pd.concat([FRAME] * 10), tmp_path / "t.csv")
    model = PopulationModel(
        {
            "generations": 3,
            "population": {"size": 8, "beliefs_per_agent": 4},
            "landscape": {"kind": "table", "path": str(path)},
        },
        seed=1,
    ).run()
    assert model.log["share_b"].add(model.log["share_a"]).tolist() == pytest.approx([1.0] * 3)


def test_changed_table_is_read_again(tmp_path: Path) -> None:
    path = write(FRAME, tmp_path / "t.csv")
    part = Table(path=str(path))
    assert part.size == 3
    write(FRAME.head(2), path)
    os.utime(path, ns=(1, 1))
    assert part.draw(np.random.default_rng(0)).value.tolist() == [1.5, -2.0]


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("column", ["value", "signal"])
def test_table_names_the_row_that_is_not_finite(
    tmp_path: Path, name: str, bad: float, column: str
) -> None:
    frame = FRAME.copy()
    frame.loc[1:, column] = bad
    message = refusal(write(frame, tmp_path / name))
    assert column in message
    assert "row 2" in message
    assert "finite" in message
    if name == "t.csv":
        assert "line 3" in message


def test_table_names_the_row_that_holds_text(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("value,signal\n1,2\n3,4\nbad,5\n")
    message = refusal(path)
    assert "'bad'" in message or " bad " in message
    assert "row 3" in message


def test_table_names_the_row_without_a_cluster(tmp_path: Path) -> None:
    path = write(FRAME.assign(cluster=["b", None, "a"]), tmp_path / "t.csv")
    message = refusal(path)
    assert "cluster" in message
    assert "row 2" in message


@pytest.mark.parametrize(
    "labels", [["01", "1", "1.0"], ["NA", "null", "nan"], ["True", "TRUE", "1e3"], ["1", "2", "1"]]
)
@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_clusters_are_text_whatever_they_look_like(
    tmp_path: Path, name: str, labels: list[str]
) -> None:
    part = Table(path=str(write(FRAME.assign(cluster=labels), tmp_path / name)))
    assert part.cluster_names == tuple(dict.fromkeys(labels))
    landscape = part.draw(np.random.default_rng(0))
    assert [landscape.clusters[code] for code in landscape.cluster] == labels


@pytest.mark.parametrize("rows", ["1,2,a\n3,4,\n", "1,2,a\n3,4\n"])
def test_a_field_that_is_empty_names_no_cluster(tmp_path: Path, rows: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"value,signal,cluster\n{rows}")
    assert "cluster is empty in row 2 (line 3)" in refusal(path)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("column", ["value", "signal"])
def test_table_without_a_column_is_refused(tmp_path: Path, name: str, column: str) -> None:
    message = refusal(write(FRAME.drop(columns=column), tmp_path / name))
    assert f"'{column}'" in message


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_table_without_rows_is_refused(tmp_path: Path, name: str) -> None:
    assert "no rows" in refusal(write(FRAME.head(0), tmp_path / name))


@pytest.mark.parametrize(
    "name", ["missing.csv", "empty.csv", "rubbish.parquet", "t.txt", "folder.csv"]
)
def test_table_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "folder.csv":
        path.mkdir()
    elif name != "missing.csv":
        path.write_bytes(b"" if name == "empty.csv" else b"\x00\x01rubbish")
    assert name in refusal(path)


def test_table_with_another_number_of_rows_is_refused(tmp_path: Path) -> None:
    message = refusal(write(FRAME, tmp_path / "t.csv"), beliefs=4)
    assert "3" in message
    assert "got 4" in message


def test_more_clusters_than_can_be_numbered(tmp_path: Path) -> None:
    """As when a column of identities is called ``cluster``: refused, or numbered rightly."""
    many = 40_000
    frame = pd.DataFrame({"value": 1.0, "signal": 1.0, "cluster": np.arange(many)})
    path = write(frame, tmp_path / "t.parquet")
    try:
        landscape = Table(path=str(path)).draw(np.random.default_rng(0))
    except ValueError:
        return
    assert landscape.cluster.min() >= 0
