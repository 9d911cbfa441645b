"""The run folder: a manifest, inputs, and tables in parts that are written atomically."""

from __future__ import annotations

import contextlib
import json
import os
import re
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from . import parts
from .errors import ExperimentError, ExperimentWarning, checked_path

MANIFEST = "manifest.json"


class RunFolder:
    """A folder that holds the runs of one experiment.

    Parameters
    ----------
    path : Path
        The folder. It may not exist yet.

    Raises
    ------
    ExperimentError
        If it is a URL, or no possible path.
    """

    def __init__(self, path: str | Path) -> None:
        if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", str(path)):  # one letter would be a Windows drive
            raise ExperimentError(
                f"{path}: a run folder must be a path on this machine, not a URL; use a "
                "local folder and copy it, or mount the remote one"
            )
        self.path = checked_path(path)
        self._next_part: int | None = None

    # ------------------------------------------------------------ manifest

    @property
    def is_run_folder(self) -> bool:
        """Whether the folder has a manifest."""
        return (self.path / MANIFEST).is_file()

    def manifest(self) -> dict[str, Any]:
        """Return the manifest.

        Raises
        ------
        ExperimentError
            If it does not exist, or cannot be read.
        """
        if not self.path.exists():
            raise ExperimentError(f"there is no folder {self.path}")
        if not self.is_run_folder:
            raise ExperimentError(f"{self.path} is not a run folder: it has no {MANIFEST}")
        try:
            manifest = json.loads((self.path / MANIFEST).read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ExperimentError(f"cannot read {self.path / MANIFEST}: {error}") from None
        if not is_complete(manifest):
            raise ExperimentError(f"{self.path / MANIFEST} is not the manifest of a run folder")
        return manifest

    def write_manifest(self, manifest: Mapping[str, Any]) -> None:
        """Write the manifest atomically."""
        content = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
        write_atomically(self.path / MANIFEST, content.encode())

    def set_state(self, state: str) -> None:
        """Set the state in the manifest."""
        manifest = self.manifest()
        if manifest["status"]["state"] == state:
            return
        self.write_manifest({**manifest, "status": {**manifest["status"], "state": state}})

    # ------------------------------------------------------------ parts

    def append(self, tables: Mapping[str, pa.Table]) -> None:
        """Write the tables of one flush, ``runs`` last."""
        if self._next_part is None:
            self._next_part = parts.next_number(self.path)
        name = f"part-{self._next_part:06}.parquet"
        self._next_part += 1
        for table in parts.TABLES:
            if table in tables:
                folder = self.path / table
                folder.mkdir(exist_ok=True)
                write_table(tables[table], folder / name)

    def drop_orphans(self) -> None:
        """Remove the files of flushes that did not finish."""
        for path in [*self.path.glob("*.tmp"), *parts.orphans(self.path)]:
            path.unlink()

    def finished_runs(self) -> dict[int, str]:
        """Return the status of every run that has a row, keyed by run number.

        Raises
        ------
        ExperimentError
            If a part is damaged, or two hold the same run.
        """
        found = parts.read_table(self.path, "runs", {"run", "status"}.__contains__)
        if found is None:
            return {}
        statuses = dict(zip(found["run"].to_pylist(), found["status"].to_pylist(), strict=True))
        if len(statuses) < found.num_rows:
            parts.check_copies(self.path)
        return statuses

    def forget_failed(self) -> None:
        """Remove the rows of failed runs from ``runs``, their only table, to repeat them."""
        for path in parts.committed(self.path, "runs"):
            table = parts.opened(path, pq.read_table)
            done = table.filter(pa.compute.equal(table["status"], "done"))
            if done.num_rows < table.num_rows:
                write_table(done, path)

    def report_strays(self) -> None:
        """Warn of files between the parts, which are not read."""
        if found := [str(path) for path in parts.strays(self.path)]:
            more = f" and {len(found) - 3} more" if len(found) > 3 else ""
            warnings.warn(
                f"{', '.join(found[:3])}{more}: not a part of a table, and not read; move it "
                "out of the run folder",
                ExperimentWarning,
                stacklevel=3,
            )

    # ------------------------------------------------------------ one writer at a time

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Lock the folder for writing. The lock ends with the process that holds it.

        Raises
        ------
        ExperimentError
            If another process holds the lock.
        """
        with (self.path / ".lock").open("w") as file:
            if not lock(file.fileno()):
                raise ExperimentError(f"{self.path}: another process is writing to it; wait for it")
            self._next_part = None  # another process may have written parts
            yield

    @property
    def in_use(self) -> bool:
        """Whether a process is writing to the folder."""
        path = self.path / ".lock"
        if not path.exists():
            return False
        with path.open("r+") as file:
            return not lock(file.fileno())


def is_complete(manifest: Any) -> bool:
    """Return whether a manifest has all required entries."""
    required = {
        "identity": {"version", "hash"},
        "resolved": {"name", "seed", "replicates", "conditions", "sweep"},
        "status": {"state"},
    }
    return isinstance(manifest, dict) and all(
        isinstance(manifest.get(key), dict) and keys <= manifest[key].keys()
        for key, keys in required.items()
    )


def lock(descriptor: int) -> bool:
    """Try to lock an open file for this process, and return whether it succeeded."""
    try:
        import fcntl
    except ImportError:  # this system has no such locks
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def write_table(table: pa.Table, path: Path) -> None:
    """Write a Parquet file atomically."""
    buffer = pa.BufferOutputStream()
    # a dictionary for floats takes time and saves no space, because they rarely repeat
    repeating = [
        f"{each.name}.list.element" if pa.types.is_list(each.type) else each.name
        for each in table.schema
        if not pa.types.is_floating(each.type)
    ]
    pq.write_table(table, buffer, compression="zstd", use_dictionary=repeating)
    write_atomically(path, buffer.getvalue())


def write_atomically(path: Path, content: Any) -> None:
    """Write a file under a temporary name, sync it and rename it."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Sync a folder, so that a rename survives a crash, if the system supports it."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
