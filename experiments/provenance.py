"""Provenance: what made a run folder."""

from __future__ import annotations

import os
import platform
import subprocess
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("peckham", "numpy", "numba", "mesa", "pandas", "pyarrow", "scipy", "pydantic")
ROOT = Path(__file__).resolve().parent.parent


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that rows depend on."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


@cache
def commit() -> dict[str, Any]:
    """Return the commit of the source and whether it was changed since; null outside a checkout.

    What is running is what there was when it was first asked for.
    """
    unknown = {"commit": None, "dirty": None}
    tracked = git("ls-files", "--error-unmatch", "agents/model.py")
    if tracked is None:  # installed, perhaps into somebody else's repository
        return unknown
    head = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain")
    if head is None or changed is None:
        return unknown
    return {"commit": head, "dirty": bool(changed)}


def git(*arguments: str) -> str | None:
    """Return what git says about the source's folder, None if it says nothing."""
    try:
        answer = subprocess.run(
            ["git", "-C", str(ROOT), *arguments],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip()


def machine() -> dict[str, Any]:
    """Return what kind of machine this is."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }
