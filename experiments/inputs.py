"""Input tables of an experiment, and their copies in the run folder."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from peckham.agents.parameters.spec import ModelSpec

FOLDER = "inputs"


def file_hash(path: str | Path) -> str:
    """Return the SHA-256 hash of a file, in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def input_name(path: str | Path) -> str:
    """Return the path of a table inside a run folder: its name and the start of its hash.

    A copy of a copy keeps the same name, so that rows do not depend on which of
    them was read.
    """
    source = Path(path)
    mark = f"-{file_hash(source)[:8]}"
    return f"{FOLDER}/{source.stem.removesuffix(mark)}{mark}{source.suffix}"


def table_of(spec: ModelSpec) -> str | None:
    """Return the path of the table that a run reads, or None."""
    return getattr(spec.landscape, "path", None)


def copy_inputs(folder: Path, specs: Iterable[ModelSpec]) -> dict[str, str]:
    """Copy the tables that runs read into a run folder, and return the new path of each."""
    paths = dict.fromkeys(path for path in map(table_of, specs) if path is not None)
    copies = {path: input_name(path) for path in paths}
    for path, place in copies.items():
        (folder / FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(path, folder / place)
    return copies


def with_copies(data: Any, copies: Mapping[str, str]) -> Any:
    """Return experiment data with the paths of tables replaced by those of the copies."""
    if isinstance(data, dict):
        return {key: with_copies(value, copies) for key, value in data.items()}
    if isinstance(data, list):
        return [with_copies(item, copies) for item in data]
    return copies.get(data, data) if isinstance(data, str) else data
