"""The run folder: manifest, inputs, and tables in parts that are whole or not there.

Parts are written to a temporary name, synced and renamed. The parts of one
flush share a stem, and the one in ``runs/`` is renamed last: it is the commit.
A part of another table without it is an orphan of a flush that never finished.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import ExperimentError

MANIFEST = "manifest.json"
TABLES = ("generations", "events", "agents", "runs")
"""The tables in the order in which a flush writes them."""


class RunFolder:
    """A folder that holds the runs of one experiment.

    Parameters
    ----------
    path : Path
        The folder, which need not exist yet.

    Raises
    ------
    ExperimentError
        If it is a URL.
    """

    def __init__(self, path: str | Path) -> None:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(path)):  # a drive is one letter
            raise ExperimentError(
                f"{path}: a run folder must be a path on this machine, not a URL; run into a "
                "folder here and copy it, or mount the place"
            )
        self.path = Path(path)
        self._next_part: int | None = None

    # ------------------------------------------------------------ manifest

    @property
    def is_run_folder(self) -> bool:
        """Whether there is a manifest."""
        return (self.path / MANIFEST).is_file()

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises
        ------
        ExperimentError
            If there is none, or it cannot be read.
        """
        if not self.path.exists():
            raise ExperimentError(f"there is no folder {self.path}")
        if not self.is_run_folder:
            raise ExperimentError(f"{self.path} is no run folder: it has no {MANIFEST}")
        try:
            manifest = json.loads((self.path / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ExperimentError(f"cannot read {self.path / MANIFEST}: {error}") from None
        if not is_whole(manifest):
            raise ExperimentError(f"{self.path / MANIFEST} is no manifest of a run")
        return manifest

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest, whole or not at all."""
        content = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.path / MANIFEST, content.encode())

    def set_state(self, state: str) -> None:
        """Note in the manifest how the folder stands."""
        manifest = self.manifest()
        if manifest["status"]["state"] == state:
            return
        self.write_manifest({**manifest, "status": {**manifest["status"], "state": state}})

    # ------------------------------------------------------------ parts

    def parts(self, table: str) -> list[Path]:
        """Return the parts of a table that were committed, in order."""
        committed = {path.stem for path in (self.path / "runs").glob("part-*.parquet")}
        found = sorted((self.path / table).glob("part-*.parquet"))
        return [path for path in found if path.stem in committed]

    def append(self, tables: Mapping[str, pa.Table]) -> None:
        """Write the tables of one flush, ``runs`` last."""
        if self._next_part is None:
            self._next_part = self._after_the_last()
        stem = f"part-{self._next_part:06}"
        self._next_part += 1
        for table in TABLES:
            if table in tables:
                folder = self.path / table
                folder.mkdir(exist_ok=True)
                write_table(tables[table], folder / f"{stem}.parquet")

    def _after_the_last(self) -> int:
        taken = [
            int(path.stem.removeprefix("part-")) for path in self.path.glob("*/part-*.parquet")
        ]
        return max(taken, default=-1) + 1

    def drop_orphans(self) -> None:
        """Remove what flushes that never finished have left."""
        for path in self.path.glob("*.tmp"):
            path.unlink()
        for table in TABLES:
            committed = set(self.parts(table))
            for path in (self.path / table).glob("part-*"):
                if path not in committed:
                    path.unlink()

    def finished_runs(self) -> dict[int, str]:
        """Return the status of every run that has a row, by its number."""
        found: dict[int, str] = {}
        for path in self.parts("runs"):
            table = pq.read_table(path, columns=["run", "status"])
            found.update(zip(table["run"].to_pylist(), table["status"].to_pylist(), strict=True))
        return found

    def forget_failed(self) -> None:
        """Remove the rows of failed runs, so that they are run again. They have no others."""
        for path in self.parts("runs"):
            table = pq.read_table(path)
            done = table.filter(pa.compute.equal(table["status"], "done"))
            if done.num_rows < table.num_rows:
                write_table(done, path)

    # ------------------------------------------------------------ one writer at a time

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for writing; the lock goes with the process that holds it.

        Raises
        ------
        ExperimentError
            If another process holds it.
        """
        with (self.path / ".lock").open("w") as file:
            if not lock(file.fileno()):
                raise ExperimentError(f"{self.path}: another process is writing to it; wait for it")
            self._next_part = None  # others may have written since
            yield

    @property
    def in_use(self) -> bool:
        """Whether some process is writing to the folder."""
        path = self.path / ".lock"
        if not path.exists():
            return False
        with path.open("r+") as file:
            return not lock(file.fileno())


def is_whole(manifest: Any) -> bool:
    """Return whether a manifest has all that a run folder needs of it."""
    needs = {
        "identity": {"version", "hash"},
        "resolved": {"name", "seed", "replicates", "conditions", "sweep"},
        "status": {"state"},
    }
    return isinstance(manifest, dict) and all(
        isinstance(manifest.get(key), dict) and keys <= manifest[key].keys()
        for key, keys in needs.items()
    )


def lock(descriptor: int) -> bool:
    """Lock an open file for this process; return whether that was possible."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file, whole or not at all."""
    buffer = pa.BufferOutputStream()
    # measured numbers hardly repeat: to look for those that do takes time and saves no room
    repeating = [
        f"{each.name}.list.element" if pa.types.is_list(each.type) else each.name
        for each in table.schema
        if not pa.types.is_floating(each.type)
    ]
    pq.write_table(table, buffer, compression="zstd", use_dictionary=repeating)
    write_whole(path, buffer.getvalue())


def write_whole(path: Path, content: Any) -> None:
    """Write a file under a temporary name, sync it, and give it its name."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have a rename survive a crash of the machine, where the system can promise that."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
