"""Packaging: every folder is a package, nothing imports against the arrows, the wheel is whole."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("agents", "experiments", "analysis")
LEFT_OUT = (
    *(".git", ".venv", ".types", "runs", "build", "dist", "__pycache__", "*.egg-info"),
    *(".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"),
)
"""What a copy of the source does without."""


def modules(folder: str) -> list[Path]:
    """Return the Python files of a folder."""
    return sorted(p for p in (ROOT / folder).rglob("*.py") if "__pycache__" not in p.parts)


# ------------------------------------------------------------ packages


def test_folders_with_python_are_the_packages_listed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    listed = project["tool"]["setuptools"]["packages"]
    folders = {path.parent.relative_to(ROOT) for folder in FOLDERS for path in modules(folder)}
    assert sorted(listed) == sorted(".".join(("peckham", *folder.parts)) for folder in folders)
    for folder in folders:
        assert (ROOT / folder / "__init__.py").is_file(), folder


def test_there_is_no_other_package_at_the_top() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert packages == set(FOLDERS)
    assert not (ROOT / "peckham").exists()  # the import name is a name only


# ------------------------------------------------------------ imports between packages


def imports(source: str, package: str) -> set[str]:
    """Return the modules that a source imports anywhere in it, also lazily by name.

    Parameters
    ----------
    source : str
        Python.
    package : str
        The dotted package that it stands in, where its relative imports start.
    """
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            start = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join(
                [*(start if node.level else []), *([node.module] if node.module else [])]
            )
            found |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and re.fullmatch(r"peckham(\.\w+)+", str(node.value)):
            found.add(str(node.value))  # import_module("peckham.…")
    return found


def offences(folder: str, forbidden: tuple[str, ...]) -> list[str]:
    """Return which files of a folder import any of some packages."""
    return [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(folder)
        for name in imports(
            path.read_text("utf-8"), ".".join(("peckham", *path.parent.relative_to(ROOT).parts))
        )
        if any(name == package or name.startswith(f"{package}.") for package in forbidden)
    ]


FORBIDDEN = {
    "agents": ("peckham.experiments", "peckham.analysis", "experiments", "analysis"),
    "experiments": ("peckham.analysis", "analysis", "agents"),
    "analysis": ("agents", "experiments"),
}
"""Packages that a folder must not import: those against the arrows, and any by a wrong name."""


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_imports_against_the_arrows(folder: str) -> None:
    assert len(modules(folder)) > 5
    assert offences(folder, FORBIDDEN[folder]) == []


def test_the_model_knows_nothing_of_command_lines_and_plots() -> None:
    outside = ("typer", "rich", "click", "argparse", "yaml", "matplotlib", "seaborn")
    assert offences("agents", outside) == []


def test_the_analysis_never_reaches_into_a_runner() -> None:
    runners = tuple(
        f"peckham.experiments.{name}" for name in ("execution", "executors", "simulation")
    )
    assert offences("analysis", runners) == []


@pytest.mark.parametrize(
    "source",
    [
        "import peckham.analysis",
        "import peckham.analysis.log as log",
        "from peckham.analysis.log import load",
        "from peckham import analysis",
        "def f():\n    from peckham.analysis import load\n",
        "if TYPE_CHECKING:\n    from peckham.analysis.log import Log\n",
        "from ..analysis import load",
        "from .. import analysis",
        "import_module('peckham.analysis.log')",
    ],
)
def test_the_scan_sees_every_form_of_import(source: str) -> None:
    found = imports(source, "peckham.experiments")
    assert any(name.split(".")[:2] == ["peckham", "analysis"] for name in found), found


# ------------------------------------------------------------ the wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the wheel, built from a copy of the source."""
    place = tmp_path_factory.mktemp("wheel")
    source = place / "source"
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(place)]
    done = subprocess.run(
        [*command, str(source)], cwd=place, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = place.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder that the wheel was installed to."""
    target = tmp_path_factory.mktemp("installed")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    done = subprocess.run(
        [*command, "--disable-pip-version-check", "--target", str(target), str(wheel)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


def test_the_wheel_holds_every_file_of_the_three_folders(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    expected = {
        f"peckham/{path.relative_to(ROOT).as_posix()}"
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert names == expected
    for needed in (
        "peckham/agents/py.typed",
        "peckham/experiments/py.typed",
        "peckham/analysis/py.typed",
        "peckham/experiments/scenarios/eicher2026-scenarios.yaml",
        "peckham/analysis/published/eicher2026/final_generation.csv",
        "peckham/analysis/published/eicher2026/trajectories.csv",
        "peckham/analysis/published/eicher2026/about.yaml",
    ):
        assert needed in names


def test_the_wheel_has_command_and_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        about = {name.partition("/")[2]: name for name in archive.namelist() if "dist-info" in name}
        entry_points = archive.read(about["entry_points.txt"]).decode()
    assert "peckham = peckham.analysis.cli:main" in entry_points
    assert "licenses/LICENSE" in about


PROGRAM = """
import importlib, json, pkgutil
from importlib.resources import files

imported = []
for folder in ("agents", "experiments", "analysis"):
    package = importlib.import_module(f"peckham.{folder}")
    assert (files(package) / "py.typed").is_file()
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        imported.append(importlib.import_module(module.name).__file__)

from peckham.analysis.published.figures import about, figures
from peckham.experiments import read
from peckham.experiments.catalogue import scenario_names
from peckham.experiments.design import design

print(json.dumps({
    "imported": imported,
    "scenarios": {name: design(read(name)).size for name in scenario_names()},
    "figures": [len(figures("final")), len(figures("trajectories"))],
    "caveats": len(about()["caveats"]),
}))
"""


def test_what_is_installed_loads_whole(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert all(Path(file).is_relative_to(installed) for file in found["imported"])
    assert len(found["imported"]) == sum(len(modules(folder)) for folder in FOLDERS) - len(FOLDERS)
    names = {path.stem for path in (ROOT / "experiments" / "scenarios").glob("*.yaml")}
    assert set(found["scenarios"]) == names
    assert found["scenarios"]["eicher2026-scenarios"] == 350
    assert min(found["figures"]) > 100
    assert found["caveats"] >= 7


def test_the_installed_command_answers(installed: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(installed / "bin" / "peckham"), "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"peckham \d+\.\d+\.\d+\S*\n", done.stdout)
