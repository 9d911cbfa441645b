"""The registry of measures: which there are, and which a record selects."""

from __future__ import annotations

import importlib
import pkgutil
from difflib import get_close_matches
from functools import cache

from .beliefs import Beliefs, cluster_measures
from .measure import Group, Measure
from .recording import GROUPS

PUBLISHED = ("proxy", "true_value", "belief_value", "belief_signal", "deceptive_share", "questions")
"""The measures of Eicher 2026; cluster shares go with them."""


@cache
def groups() -> tuple[type[Group], ...]:
    """Return every group of measures, in the order of the columns.

    Groups in Python follow those that are kernels. Every module of this folder
    is imported, so a new file is found without being listed anywhere.
    """
    package = importlib.import_module("peckham.agents.measures")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"{package.__name__}.{module.name}")
    found = [
        group
        for group in Group.__subclasses__()
        if group.in_python and group.__module__.startswith(f"{package.__name__}.")
    ]
    return (*GROUPS.values(), *sorted(found, key=lambda group: group.__name__))


def group_measures(group: type[Group], clusters: tuple[str, ...]) -> tuple[Measure, ...]:
    """Return a group's measures on a landscape with these clusters."""
    return group.measures + (cluster_measures(clusters) if group is Beliefs else ())


def all_measures(clusters: tuple[str, ...] = ()) -> tuple[Measure, ...]:
    """Return every measure, in the order of the columns.

    Parameters
    ----------
    clusters : tuple of str
        The landscape's clusters, each of which has a share.
    """
    return tuple(m for group in groups() for m in group_measures(group, clusters))


def selected_measures(wanted: str | list[str], clusters: tuple[str, ...]) -> tuple[Measure, ...]:
    """Return the measures that a record selects, in the order of the columns.

    Parameters
    ----------
    wanted : {"all", "published"} or list of str
        As ``record.measures`` has it. ``share_<cluster>`` stands for the
        share of every cluster.
    clusters : tuple of str
        The landscape's clusters.

    Raises
    ------
    ValueError
        If there is no measure of a name.
    """
    return found(wanted if isinstance(wanted, str) else tuple(wanted), clusters)


@cache
def found(wanted: str | tuple[str, ...], clusters: tuple[str, ...]) -> tuple[Measure, ...]:
    """Look the measures up; see `selected_measures`."""
    known = all_measures(clusters)
    if wanted == "all":
        return known
    names = {measure.name for measure in known}
    shares = {measure.name for measure in cluster_measures(clusters)}
    if wanted == "published":
        chosen = {*PUBLISHED, *shares}
    else:
        chosen = set()
        for name in wanted:
            if name == "share_<cluster>":
                chosen |= shares
            elif name in names:
                chosen.add(name)
            else:
                near = get_close_matches(name, names, 1)
                hint = f"did you mean {near[0]!r}?" if near else "see `peckham columns`"
                raise ValueError(f"no measure is called {name!r}; {hint}")
    return tuple(measure for measure in known if measure.name in chosen)
