"""Where an experiment comes from: a scenario's name, a YAML file, a run's manifest, or data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .catalogue import scenario, scenario_names
from .errors import ExperimentError
from .experiment import Experiment
from .parsing import as_python, parse, whole
from .yaml_files import loads

Source = str | Path | Mapping[str, Any] | Experiment


def read(
    experiment: Source,
    *,
    overrides: Mapping[str, Any] | None = None,
    seed: int | None = None,
    replicates: int | None = None,
) -> Experiment:
    """Return an experiment from wherever it is.

    Parameters
    ----------
    experiment : str, Path, mapping or Experiment
        A scenario's name, a YAML file, a run's ``manifest.json``, the data of
        a file, or an experiment that was read before.
    overrides : mapping, optional
        Paths and values that go over the base: defaults < base < overrides <
        condition < sweep.
    seed, replicates : int, optional
        In place of those of the experiment.

    Raises
    ------
    ExperimentError
        If there is no such experiment, or anything is wrong with it.
    """
    given = as_given(experiment)
    found = parse(given.data, given.directory, name=given.name, overrides=overrides)
    if seed is not None:
        found = replace(found, seed=whole("seed", seed, 0))
    if replicates is not None:
        found = replace(found, replicates=whole("replicates", replicates, 1))
    return found


@dataclass(frozen=True)
class Given:
    """An experiment as it was given: the data, where paths in them start, and a name."""

    data: dict[str, Any]
    directory: Path
    name: str = "experiment"


def as_given(source: Source) -> Given:
    """Return the data of an experiment, not validated yet.

    Raises
    ------
    ExperimentError
        If there is no such experiment, or its file cannot be read.
    """
    if isinstance(source, Experiment):
        return Given(source.as_file(), Path.cwd())
    if isinstance(source, Mapping):
        return Given(as_python(source), Path.cwd())
    path = Path(source)
    if isinstance(source, str) and source in scenario_names():
        return Given(scenario(source), Path.cwd(), source)
    if path.is_dir():
        raise ExperimentError(f"{source} is a folder; give an experiment's YAML or a manifest.json")
    if not path.exists():
        if path.suffix in (".yaml", ".yml", ".json") or len(path.parts) > 1:
            raise ExperimentError(f"there is no file {source}")
        scenario(str(source))  # says which scenarios there are
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExperimentError(f"cannot read {source}: {error}") from None
    data = resolved_of(content, path) if path.suffix == ".json" else loads(content, str(source))
    if not isinstance(data, dict):
        raise ExperimentError(f"{source}: an experiment is a mapping of blocks")
    return Given(as_python(data), path.parent, path.stem)


def resolved_of(content: str, path: Path) -> Any:
    """Return the resolved experiment of a manifest."""
    try:
        manifest = json.loads(content)
        return manifest["resolved"]
    except (ValueError, KeyError, TypeError):
        raise ExperimentError(f"{path} is no manifest of a run") from None
