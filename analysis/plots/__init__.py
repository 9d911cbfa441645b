"""Plots. Each function takes an optional ``ax`` and returns the Axes."""

from .deception import goodhart, threshold
from .drift import fixation, heterozygosity
from .forest import forest
from .frontier import frontier
from .kaplan_meier import kaplan_meier
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
    "kaplan_meier",
    "phase",
    "scatter",
    "slopes",
    "threshold",
    "trajectories",
]
