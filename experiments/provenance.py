"""Provenance: the versions, commit and machine that made a run folder."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = ("peckham", "numpy", "numba", "mesa", "pandas", "pyarrow", "scipy", "pydantic")
ROOT = Path(__file__).resolve().parent.parent


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that affect rows."""
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            found[package] = "unknown"
    return found


def environment() -> dict[str, Any]:
    """Return what makes the rows here: versions, commit and machine."""
    return {"versions": versions(), **commit(), "machine": machine()}


def environments(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the distinct environments in which the runs of a folder were made.

    Manifests of version 0.1.0 name the first one only.
    """
    first = {key: manifest.get(key) for key in ("versions", "commit", "dirty", "machine")}
    return list(manifest.get("environments", [first]))


def environment_differences(here: Mapping[str, Any], there: Mapping[str, Any]) -> str:
    """Describe what may change rows between two environments, in one phrase; empty if nothing.

    The machine is left out: a cluster has others.
    """
    found = [version_differences(here["versions"], there["versions"] or {})]
    if here["commit"] != there["commit"]:
        found.append(f"commit {there['commit'] or 'unknown'} (here {here['commit'] or 'unknown'})")
    elif here["dirty"] != there["dirty"]:
        words = {True: "yes", False: "no", None: "unknown"}
        found.append(f"uncommitted changes: {words[there['dirty']]} (here {words[here['dirty']]})")
    return ", ".join(phrase for phrase in found if phrase)


def version_differences(here: dict[str, str], there: dict[str, str]) -> str:
    """Describe the versions that differ, in one phrase; empty if none does."""
    return ", ".join(
        f"{package} {there.get(package)} (here {version})"
        for package, version in here.items()
        if there.get(package) != version
    )


@cache
def commit() -> dict[str, Any]:
    """Return the commit of the source and whether the source was changed since.

    Both are None outside a checkout. The answer is cached, because the code that
    is running does not change when the checkout does.
    """
    unknown = {"commit": None, "dirty": None}
    tracked = git("ls-files", "--error-unmatch", "experiments/provenance.py")
    if tracked is None:  # installed, possibly inside an unrelated repository
        return unknown
    head = git("rev-parse", "HEAD")
    changed = git("status", "--porcelain")
    if head is None or changed is None:
        return unknown
    return {"commit": head, "dirty": bool(changed)}


def git(*arguments: str) -> str | None:
    """Return the output of a git command in the source's folder, or None if it fails."""
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
    """Return the operating system, processor and number of cores."""
    return {
        "system": platform.platform(),
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
    }
