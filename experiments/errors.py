"""Errors that the user can fix."""

from __future__ import annotations

from pathlib import Path


class ExperimentError(ValueError):
    """An experiment or a run folder is invalid. The message is one line.

    It is raised before anything is written, except by its subclasses.
    """


class ExperimentWarning(UserWarning):
    """An experiment or a run folder is valid but not what its user may expect."""


class RunsFailed(ExperimentError):
    """Some runs failed. The others are in the run folder."""


class Stopped(ExperimentError):
    """A run stopped for an external reason. The run folder can be resumed.

    Parameters
    ----------
    message : str
        What happened.
    options : str
        Options of `resume` that continue the run as before.
    """

    def __init__(self, message: str, options: str = "") -> None:
        super().__init__(message)
        self.options = options


def checked_path(path: str | Path) -> Path:
    """Return a path that the file system can look up.

    Raises
    ------
    ExperimentError
        If it is too long, has a null byte, or may not be looked up.
    """
    try:
        Path(path).exists()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        shown = ascii(str(path))[:60]
        raise ExperimentError(
            f"{shown}: cannot be used as a path ({reason}); give another"
        ) from None
    return Path(path)
