"""The error that is the user's to mend."""

from __future__ import annotations


class ExperimentError(ValueError):
    """Something about an experiment or a run folder is wrong, said in one line.

    It is raised before anything is written.
    """


class Stopped(ExperimentError):
    """Something went away in the middle of a run; the run folder can be resumed.

    Parameters
    ----------
    said : str
        What happened.
    options : str
        With which options of `resume` to go on as before.
    """

    def __init__(self, said: str, options: str = "") -> None:
        super().__init__(said)
        self.options = options
