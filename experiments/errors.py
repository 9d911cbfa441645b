"""The error that is the user's to mend."""

from __future__ import annotations


class ExperimentError(ValueError):
    """Something about an experiment or a run folder is wrong, said in one line.

    It is raised before anything is written.
    """
