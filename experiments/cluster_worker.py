"""The part of a Dask run that executes on the cluster's workers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from distributed import WorkerPlugin, get_worker

from peckham.agents.parameters.spec import ModelSpec

from .design import PlannedRun
from .inputs import table_of
from .provenance import version_differences, versions
from .simulation import Outcome, simulate_all


class VersionMismatch(Exception):
    """A worker has different versions than the process that submits the runs."""


@dataclass(eq=False)
class Parameters(WorkerPlugin):
    """The parameters of all variants and the tables they read, kept by each worker.

    Workers receive copies of the tables, because another machine may not have
    access to the originals.
    """

    specs: list[ModelSpec]
    tables: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    def of(cls, specs: Sequence[ModelSpec]) -> Parameters:
        """Return the parameters with the contents of all tables."""
        paths = {path for path in map(table_of, specs) if path is not None}
        return cls(list(specs), {path: Path(path).read_bytes() for path in paths})

    def setup(self, worker: Any) -> None:
        """Write the tables to this worker's folder and point the parameters at them."""
        folder = tempfile.mkdtemp(prefix="tables-", dir=worker.local_directory)
        for number, (path, content) in enumerate(self.tables.items()):
            copy = os.path.join(folder, f"{number}-{os.path.basename(path)}")
            Path(copy).write_bytes(content)
            self.specs = [
                with_table(spec, copy) if table_of(spec) == path else spec for spec in self.specs
            ]


def with_table(spec: ModelSpec, path: str) -> ModelSpec:
    """Return the parameters with another path for the table."""
    landscape = spec.landscape.model_copy(update={"path": path})
    return spec.model_copy(update={"landscape": landscape})


def perform(batch: list[PlannedRun], name: str, expected: dict[str, str]) -> list[Outcome]:
    """Simulate a batch of runs with the parameters registered under a name."""
    worker = get_worker()
    if differing := version_differences(expected, versions()):
        raise VersionMismatch(f"{worker.address} has {differing}")
    parameters = cast(Parameters, worker.plugins[name])
    return list(simulate_all(batch, parameters.specs))
