"""Ablation experiments: the parts of an intervention alone, together, and all but one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .errors import ExperimentError
from .experiment import Experiment, Point
from .reading import Source, read

NONE, ALL, ONLY, BUT = "none", "all", "only ", "all but "
"""Names of the conditions; a part follows `ONLY` and `BUT`."""


def ablated(
    experiment: Source,
    of: str | None = None,
    *,
    overrides: Mapping[str, Any] | None = None,
    seed: int | None = None,
    replicates: int | None = None,
) -> Experiment:
    """Return the experiment that takes an intervention apart. Every run has a neutral twin.

    Its conditions are ``none``, ``only <part>`` for each part, ``all``, and ``all but
    <part>`` where there are more than two parts. The parts are the interventions of the
    experiment; or those of a condition, and the other paths that the condition sets.

    Parameters
    ----------
    experiment : str, Path, mapping or Experiment
        As for `run`.
    of : str, optional
        The condition, for an experiment with conditions.
    overrides, seed, replicates
        As for `run`.

    Raises
    ------
    ExperimentError
        If there is nothing to take apart, or the condition is missing or unknown.
    """
    found = read(experiment, overrides=overrides, seed=seed, replicates=replicates)
    names = list(found.conditions)
    if of is None and (len(names) > 1 or any(found.conditions.values())):
        raise ExperimentError(f"--of: name the condition to ablate, one of {', '.join(names)}")
    if of is not None and of not in names:
        raise ExperimentError(f"--of: no condition is called {of!r}; there are {', '.join(names)}")
    base, settings = found.base, {} if of is None else found.conditions[of]
    items = list(base["interventions"]) if of is None else []
    kept: list[Any] = [] if of is None else list(base["interventions"])
    if "interventions" in settings:
        kept, items = split(base["interventions"], settings["interventions"], of)
    paths = [path for path in settings if path != "interventions"]
    parts = [name_of(item) for item in items] + paths
    if not parts:
        raise ExperimentError(
            "there is nothing to ablate: the experiment has no intervention"
            if of is None
            else f"--of: the condition {of} sets nothing, so there is nothing to ablate"
        )

    def with_parts(chosen: list[str]) -> Point:
        point: Point = {path: settings[path] for path in paths if path in chosen}
        if items:
            point["interventions"] = kept + [each for each in items if name_of(each) in chosen]
        return point

    conditions = {NONE: with_parts([])}
    if len(parts) > 1:
        conditions |= {ONLY + part: with_parts([part]) for part in parts}
    conditions[ALL] = with_parts(parts)
    if len(parts) > 2:
        conditions |= {BUT + part: with_parts([p for p in parts if p != part]) for part in parts}
    name = f"{found.name}-{of}-ablation" if of else f"{found.name}-ablation"
    return replace(found, name=name, conditions=conditions, controls=["neutral"])


def name_of(item: Mapping[str, Any]) -> str:
    """Return the name of an intervention."""
    return str(item.get("name") or item.get("kind"))


def split(base: list[Any], mine: Any, of: str | None) -> tuple[list[Any], list[Any]]:
    """Return the interventions of a condition that the base has too, and those it adds."""
    items = list(mine) if isinstance(mine, list) else []
    own = {name_of(item) for item in items if isinstance(item, Mapping)}
    for item in base:
        if name_of(item) not in own:
            raise ExperimentError(
                f"--of: the condition {of} leaves out the intervention {name_of(item)} of the "
                "base, which cannot be ablated; list it in the condition too, or move it out of "
                "the base"
            )
    known = {name_of(item) for item in base}
    return (
        [item for item in base if name_of(item) in known & own],
        [item for item in items if name_of(item) not in known],
    )
