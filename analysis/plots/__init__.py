"""Plots. Each function takes an optional ``ax`` and returns the Axes."""

from .deception import goodhart, threshold
from .drift import fixation, heterozygosity
from .forest import forest
from .frontier import frontier
from .phase import phase
from .scatter import scatter
from .slopes import slopes
from .trajectories import trajectories

__all__ = [
    "fixation",
    "forest",
    "frontier",
    "goodhart",
    "heterozygosity",
    "phase",
    "scatter",
    "slopes",
    "threshold",
    "trajectories",
]
