"""Scatter plot of agents in test and in deployment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from peckham.analysis.log import Log, load
from peckham.experiments.errors import ExperimentError

from .style import axes, finished


def scatter(
    run: str | Path | Log, *, generation: int | None = None, ax: Axes | None = None
) -> Axes:
    """Plot the agents' test points (P, U) and deployment points (P, T).

    Deployment points include the offset and noise of deployment. The two sets
    form separate clusters if the shift is large.

    Parameters
    ----------
    run : str, Path or Log
        A run folder that recorded agents (``record.agents_at``).
    generation : int, optional
        One of the recorded generations, the last by default.
    ax : Axes, optional
        Axes to plot on, by default those of a new figure.

    Raises
    ------
    ExperimentError
        If no agents were recorded, or not in that generation.
    """
    log = run if isinstance(run, Log) else load(run)
    agents = log.agents
    if agents.empty:
        raise ExperimentError(f"{log.path} recorded no agents; set record.agents_at")
    recorded = sorted(agents["generation"].unique())
    generation = int(recorded[-1]) if generation is None else generation
    if generation not in recorded:
        known = ", ".join(map(str, recorded))
        raise ExperimentError(f"generation: must be one of {known}, got {generation}")
    agents = agents[(agents["generation"] == generation) & (agents["control"] == "none")]
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
    return finished(ax, "proxy score (score)", "true value (score)", f"generation {generation}")
