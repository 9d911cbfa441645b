"""Scatter plot of agents in test and in deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from peckham.analysis.groups import by_key, kinds_of_run, rows_of, varying
from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .series import Where, name_of, names_of_keys, only_kind, shown
from .style import axes, finished


def scatter(
    run: str | Path | Log,
    *,
    generation: int | None = None,
    where: Where | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Plot the agents' test points (P, U) and deployment points (P, T).

    Deployment points include the offset and noise of deployment. The two sets
    form separate clusters if the shift is large. The agents of all replicates
    are shown together.

    Parameters
    ----------
    run : str, Path or Log
        A run folder that recorded agents (``record.agents_at``).
    generation : int, optional
        One of the recorded generations; by default each run's last one.
    where : mapping, optional
        Values by key, which choose one kind of run. Neutral twins are shown
        only if it names ``control``.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no run has finished, no agents were recorded, or not in that
        generation, or the runs chosen are of several kinds.
    """
    log = run if isinstance(run, Log) else load(run)
    kinds, notes = shown(log, where, twins=False)
    if log.agents.empty:
        raise ExperimentError(f"{log.path} recorded no agents; set record.agents_at")
    only_kind(kinds, "scatter")
    agents = rows_of(log.agents, kinds)
    recorded = sorted(agents["generation"].unique())
    if generation is None:
        last = by_key(agents, ["run"])["generation"].transform("max")
        agents = agents[agents["generation"] == last]
    elif generation in recorded:
        agents = agents[agents["generation"] == generation]
    else:
        known = ", ".join(map(str, recorded))
        raise ExperimentError(f"generation: must be one of {known}, got {generation}")
    ax = axes(ax)
    style: dict[str, Any] = {"s": 9, "alpha": 0.5, "linewidths": 0.7}
    test, deployed = ("proxy", "true_value"), ("deployment_proxy", "deployment_value")
    for (x, y), name, mark, colour in (
        (test, "in the test, (P, U)", "o", "#0173b2"),
        (deployed, "in deployment, (P, T)", "x", "#de8f05"),
    ):
        rho = agents[x].corr(agents[y])
        ax.scatter(
            agents[x], agents[y], marker=mark, c=colour, label=f"{name}: r = {rho:.2f}", **style
        )
    by = varying(kinds_of_run(log))
    numbers = len(agents["run"].unique())
    runs = f"{len(agents)} agents of {numbers} {'run' if numbers == 1 else 'runs'}"
    notes = [f"{names_of_keys(by)}: {name_of(kinds[0].key, by)}", runs, *notes]
    shown_at = ", ".join(str(g) for g in sorted(agents["generation"].unique()))
    title = f"generation {shown_at}"
    return finished(ax, "proxy score (score)", "true value (score)", title, "; ".join(notes))
