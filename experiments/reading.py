"""Reading of experiments from a scenario, a YAML file, a manifest or data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .catalogue import scenario, scenario_names
from .errors import ExperimentError, checked_path
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
    """Read an experiment from any source.

    Parameters
    ----------
    experiment : str, Path, mapping or Experiment
        Name of a scenario, a YAML file, the ``manifest.json`` of a run folder,
        the contents of an experiment file, or an experiment.
    overrides : mapping, optional
        Paths and values that replace those of the base. Precedence, from lowest
        to highest: defaults, base, overrides, condition, sweep.
    seed, replicates : int, optional
        They replace those of the experiment.

    Raises
    ------
    ExperimentError
        If the experiment does not exist, or is invalid.
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
    """An experiment as given: its data, the folder of its relative paths, and a name."""

    data: dict[str, Any]
    directory: Path
    name: str = "experiment"


def as_given(source: Source) -> Given:
    """Return the data of an experiment before validation.

    Raises
    ------
    ExperimentError
        If the experiment does not exist, or its file cannot be read.
    """
    if isinstance(source, Experiment):
        return Given(source.as_file(), Path.cwd())
    if isinstance(source, Mapping):
        return Given(as_python(source), Path.cwd())
    if isinstance(source, str) and source in scenario_names():
        return Given(scenario(source), Path.cwd(), source)
    path = checked_path(source)
    if path.is_dir():
        raise ExperimentError(f"{source} is a folder; give a YAML file or a manifest.json")
    if not path.exists():
        if path.suffix in (".yaml", ".yml", ".json") or len(path.parts) > 1:
            raise ExperimentError(f"there is no file {source}")
        scenario(str(source))  # raises an error that lists the scenarios
    try:
        content = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ExperimentError(f"cannot read {source}: {error}") from None
    data = (
        resolved_experiment(content, path)
        if path.suffix == ".json"
        else loads(content, str(source))
    )
    if not isinstance(data, dict):
        raise ExperimentError(f"{source}: an experiment must be a mapping of blocks")
    return Given(as_python(data), path.parent, path.stem)


def resolved_experiment(content: str, path: Path) -> Any:
    """Return the resolved experiment in a manifest."""
    try:
        manifest = json.loads(content)
        return manifest["resolved"]
    except (ValueError, KeyError, TypeError):
        raise ExperimentError(f"{path} is not the manifest of a run folder") from None
