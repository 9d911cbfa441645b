"""Output of tables: as text or for other programs, on the terminal and into files."""

from __future__ import annotations

import json
from collections.abc import Callable
from enum import StrEnum
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peckham.experiments.errors import ExperimentError

if TYPE_CHECKING:
    import pandas as pd

SUFFIXES = (".csv", ".parquet", ".md", ".html")


class Format(StrEnum):
    """How a table is printed."""

    text = "text"
    csv = "csv"
    json = "json"
    markdown = "markdown"


FormatOption = Annotated[
    Format, typer.Option("--format", help="How to print the table; all but text is unrounded.")
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Also write the table, unrounded: .csv, .parquet, .md, .html."
    ),
]


def check_out(out: Path | None) -> None:
    """Check the name of a file for a table, before any work.

    Raises
    ------
    ExperimentError
        If it has another suffix, or its folder does not exist.
    """
    if out is None:
        return
    if out.suffix.lower() not in SUFFIXES:
        raise ExperimentError(f"--out: must end in {', '.join(SUFFIXES)}, got {out.name!r}")
    if not out.parent.is_dir():
        raise ExperimentError(f"--out: there is no folder {out.parent}; create it first")


def emit(table: pd.DataFrame, shape: Format, out: Path | None, text: Callable[[], str]) -> None:
    """Print a table, and write it into a file if one is asked for.

    Parameters
    ----------
    table : DataFrame
        The table. Its index is left out.
    shape : Format
        How to print it.
    out : Path or None
        The file.
    text : callable
        Returns what is printed as text, notes included.

    Raises
    ------
    ExperimentError
        If the file cannot be written.
    """
    if out is not None:
        write(table, out)
    typer.echo(text() if shape is Format.text else formatted(table, shape))


def formatted(table: pd.DataFrame, shape: Format) -> str:
    """Return a table in a format for other programs, with all digits."""
    if shape is Format.csv:
        return table.to_csv(index=False).rstrip("\n")
    if shape is Format.json:
        rows = [dict(zip(table, map(plain, row), strict=True)) for row in values(table)]
        return json.dumps(rows, indent=1, allow_nan=False)
    return as_markdown(table)


def write(table: pd.DataFrame, out: Path) -> None:
    """Write a table into a file. Its suffix sets the format."""
    check_out(out)
    suffix = out.suffix.lower()
    try:
        if suffix == ".parquet":
            table.to_parquet(out, index=False)
            return
        content = {
            ".csv": lambda: formatted(table, Format.csv),
            ".md": lambda: as_markdown(table),
            ".html": lambda: as_html(table),
        }[suffix]()
        out.write_text(content + "\n", "utf-8")
    except OSError as error:
        raise ExperimentError(f"--out: cannot write {out}: {error.strerror}") from None


def values(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return the rows of a table."""
    return list(table.itertuples(index=False, name=None))


def plain(value: Any) -> Any:
    """Return a value for JSON. Nulls and infinities, which it lacks, are null and text."""
    from pandas import isna

    if value is None or (not isinstance(value, str) and isna(value)):
        return None
    value = value.item() if hasattr(value, "item") else value
    return str(value) if value in (float("inf"), float("-inf")) else value


def cell(value: Any) -> str:
    """Return a value as text, with all digits; nothing for null."""
    found = plain(value)
    if found is None:
        return ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def as_markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown."""
    rows = [[str(name) for name in table], ["---"] * table.shape[1]]
    rows += [[cell(value) for value in row] for row in values(table)]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows)


def as_html(table: pd.DataFrame) -> str:
    """Return a page with a table."""
    head = "".join(f"<th>{escape(str(name))}</th>" for name in table)
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell(value))}</td>" for value in row) + "</tr>"
        for row in values(table)
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>Peckham</title>'
        f"</head><body>\n<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n"
        "</table>\n</body></html>"
    )
