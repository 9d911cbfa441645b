"""Tables of beliefs: what is refused, what is named, and where."""

from __future__ import annotations

import subprocess
import sys
import warnings
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from peckham.agents import SpecError, resolve
from peckham.agents.landscapes.columns import MOST_ROWS
from peckham.agents.landscapes.table import Table, TableWarning


def refusal(path: Path) -> str:
    """Return the one line with which a table is refused."""
    with pytest.raises(SpecError) as error:
        resolve({"landscape": {"kind": "table", "path": str(path)}})
    message = str(error.value)
    assert message.startswith("landscape.path: ")
    assert "\n" not in message
    return message


def csv(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_bytes(text.encode())
    return path


def parquet(folder: Path, columns: dict[str, Any]) -> Path:
    path = folder / "t.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def beliefs(path: Path) -> tuple[list[float], list[float]]:
    landscape = Table(path=str(path)).draw(np.random.default_rng(0))
    return landscape.value.tolist(), landscape.signal.tolist()


# ------------------------------------------------------------ cells and lines


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("value,signal\n1,2,3\n4,5,6\n", r"row 1 \(line 2\) has 3 cells.*names 2 columns"),
        ("value,signal\n1,2\n\n\n4,5,6\n", r"row 2 \(line 5\) has 3 cells"),
        ("value,signal\n1,2,\n", r"row 1 \(line 2\) has 3 cells"),
    ],
)
def test_a_cell_too_many_is_refused(tmp_path: Path, text: str, place: str) -> None:
    with pytest.raises(SpecError, match=place):
        resolve({"landscape": {"kind": "table", "path": str(csv(tmp_path, text))}})


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("value,signal\n1,2\n\n\nx,5\n", "got 'x' in row 2 (line 5)"),
        ("\n\nvalue,signal\n\n1,2\n3,\n", "got '' in row 2 (line 6)"),
        ('value,signal,note\n1,2,"a\nb\n\nc"\n3,nan,d\n', "got 'nan' in row 2 (line 6)"),
        ("value,signal\r\n1,2\r\n\r\n3,inf\r\n", "got 'inf' in row 2 (line 4)"),
        ("value,signal,cluster\n1,2,a\n\n3,4,\n", "cluster is empty in row 2 (line 4)"),
    ],
)
@pytest.mark.filterwarnings("ignore::peckham.agents.landscapes.table.TableWarning")
def test_lines_are_those_of_an_editor(tmp_path: Path, text: str, place: str) -> None:
    assert place in refusal(csv(tmp_path, text))


@pytest.mark.parametrize("cell", ["True", "false", "2020-01-01", "1 days", "1_000", "0x10", "1,5"])
def test_text_is_no_number(tmp_path: Path, cell: str) -> None:
    assert f"got {cell!r} in row 2" in refusal(csv(tmp_path, f'value,signal\n1,2\n3,"{cell}"\n'))


def test_numbers_are_read_exactly(tmp_path: Path) -> None:
    """As Python reads them, to the last bit."""
    cells = ["0.1", "-2.5e-3", " 7 ", "1e80", "123456789.123456789", "8.41"]
    text = "\ufeffvalue,signal\n" + "".join(f"{cell},1\n" for cell in cells)
    assert beliefs(csv(tmp_path, text))[0] == [float(cell) for cell in cells]


# ------------------------------------------------------------ columns


@pytest.mark.parametrize("header", ["value,signal,value", "value,signal,x,x", "cluster," * 2])
def test_columns_of_one_name_are_refused(tmp_path: Path, header: str) -> None:
    header = header if header.startswith("value") else f"value,signal,{header}".rstrip(",")
    cells = ",".join("1" for _ in header.split(","))
    assert "two columns" in refusal(csv(tmp_path, f"{header}\n{cells}\n"))


def test_columns_of_one_name_are_refused_in_parquet(tmp_path: Path) -> None:
    arrays = [pa.array([1.0]), pa.array([2.0]), pa.array([3.0])]
    pq.write_table(pa.table(arrays, names=["value", "signal", "signal"]), tmp_path / "t.parquet")
    assert "two columns 'signal'" in refusal(tmp_path / "t.parquet")


STRANGE = {
    "bool": pa.array([True, False]),
    "timestamp": pa.array(pd.to_datetime(["2020-01-01", "2020-01-02"])),
    "date": pa.array(pd.to_datetime(["2020-01-01", "2020-01-02"]).date),
    "duration": pa.array([timedelta(1), timedelta(2)]),
    "list": pa.array([[1.0], [2.0]]),
    "binary": pa.array([b"1", b"2"]),
}


@pytest.mark.parametrize("kind", STRANGE)
@pytest.mark.parametrize("column", ["value", "signal"])
def test_columns_of_other_kinds_are_refused(tmp_path: Path, kind: str, column: str) -> None:
    columns = {"value": [1.0, 2.0], "signal": [1.0, 2.0]} | {column: STRANGE[kind]}
    message = refusal(parquet(tmp_path, columns))
    assert f"{column} must be a column of numbers, it is one of {kind}" in message


def test_numbers_of_every_kind_are_read(tmp_path: Path) -> None:
    for values in (
        pa.array([1, 2], pa.int8()),
        pa.array([1, 2], pa.uint64()),
        pa.array([1, 2], pa.float32()),
        pa.array([Decimal("1.0"), Decimal("2.0")]),
        pa.array(["1", "2.0"]),
        pa.array(["1", "2"]).dictionary_encode(),
    ):
        assert beliefs(parquet(tmp_path, {"value": values, "signal": [3, 4]})) == (
            [1.0, 2.0],
            [3.0, 4.0],
        )
        (tmp_path / "t.parquet").unlink()


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_columns_that_are_not_used_are_named(tmp_path: Path, name: str) -> None:
    frame = pd.DataFrame({"value": [1.0], "Cluster": ["a"], "signal": [2.0], "sigma": [3.0]})
    path = tmp_path / name
    frame.to_csv(path, index=False) if name == "t.csv" else frame.to_parquet(path)
    with pytest.warns(TableWarning, match="these columns are not used: 'Cluster', 'sigma'"):
        resolve({"landscape": {"kind": "table", "path": str(path)},
                 "population": {"beliefs_per_agent": 1}})  # fmt: skip


def test_an_index_and_used_columns_give_no_warning(tmp_path: Path) -> None:
    frame = pd.DataFrame({"value": [1.0, 2.0], "signal": [2.0, 3.0], "cluster": ["a", "b"]})
    frame.iloc[::-1].to_parquet(tmp_path / "t.parquet")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert beliefs(tmp_path / "t.parquet") == ([2.0, 1.0], [3.0, 2.0])


# ------------------------------------------------------------ files


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_a_folder_is_no_table(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    pd.DataFrame({"value": [1.0], "signal": [2.0]}).to_parquet(folder / "part-0.parquet")
    assert "it is a folder" in refusal(folder)


def test_a_csv_that_is_too_long_is_refused(tmp_path: Path) -> None:
    text = "value,signal\n" + "1,2\n" * (MOST_ROWS + 1)
    assert "more than 1,000,000 rows" in refusal(csv(tmp_path, text))


def test_a_parquet_file_that_unfolds_is_refused_before_it_does(tmp_path: Path) -> None:
    """30 million rows in few bytes: refused from the metadata."""
    column = pa.chunked_array([pa.array(np.zeros(1_000_000))] * 30)
    pq.write_table(pa.table({"value": column, "signal": column}), tmp_path / "t.parquet")
    assert (tmp_path / "t.parquet").stat().st_size < 1_000_000
    code = (
        "import pyarrow, sys\n"
        "from pathlib import Path\n"
        "from peckham.agents.landscapes.columns import read_columns\n"
        "try: read_columns(Path(sys.argv[1]))\n"
        "except ValueError as error: print(error)\n"
        "print(pyarrow.default_memory_pool().max_memory())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "t.parquet")],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    message, most = done.stdout.strip().splitlines()
    assert "more than 1,000,000 rows" in message
    assert int(most) < 50e6
