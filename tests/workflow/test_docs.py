"""The pages in docs/: their experiments resolve, their commands are commands, their code runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import typer

from peckham.analysis.cli import app
from peckham.experiments import read
from peckham.experiments.cli import overrides_of
from peckham.experiments.design import design

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", page.read_text("utf-8"), re.S)


def commands(page: Path) -> list[list[str]]:
    """Return the commands of a page that start with ``peckham``."""
    lines = [
        line.split("#")[0].strip() for block in blocks(page, "sh") for line in block.splitlines()
    ]
    return [shlex.split(line) for line in lines if line.startswith("peckham ")]


def files(page: Path, place: Path) -> Path:
    """Write the experiments of a page, each under the name in its first line."""
    for block in blocks(page, "yaml"):
        if named := re.match(r"# (\S+\.yaml)", block):
            (place / named[1]).write_text(block, "utf-8")
    return place


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_experiments_and_commands(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(files(page, tmp_path))
    known: Any = typer.main.get_command(app)
    for _, name, *arguments in commands(page):
        assert name in known.commands, name
        if name != "run":
            continue
        settings = [arguments[k + 1] for k, word in enumerate(arguments) if word == "--set"]
        overrides = overrides_of(settings)
        assert design(read(arguments[0], overrides=overrides)).size > 0
        known.commands["run"].make_context("run", list(arguments))
    for file in tmp_path.glob("*.yaml"):
        assert design(read(file)).size > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_compiles(page: Path) -> None:
    for block in blocks(page, "python"):
        compile(block, page.name, "exec")


def test_code_of_the_page_on_fixation_prints_what_it_says(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (block,) = blocks(ROOT / "docs" / "fixation.md", "python")
    exec(compile(block, "fixation.md", "exec"), {})
    shown = re.findall(r"# ([\d.]+)", block)
    printed = capsys.readouterr().out.split()
    assert len(shown) == 2
    for said, found in zip(shown, printed, strict=False):
        assert float(found) == pytest.approx(float(said), rel=1e-4)
