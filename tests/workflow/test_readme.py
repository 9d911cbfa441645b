"""The README's commands and code run as they stand there, in its order."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"```(sh|yaml|python|text)\n(.*?)```", TEXT, re.S)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder in which every block but the make commands was run, in order."""
    folder = tmp_path_factory.mktemp("readme")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "MPLBACKEND": "Agg"}
    for language, block in BLOCKS:
        if language == "yaml":
            name = re.match(r"# (\S+\.yaml)", block).group(1)
            (folder / name).write_text(block, "utf-8")
            continue
        if language == "text":  # output, which the tests of the pages' figures compare
            continue
        if language == "python":
            commands = [[sys.executable, "-c", block]]
        else:
            lines = [line.split("#")[0].strip() for line in block.splitlines()]
            commands = [line.split() for line in lines if line and not line.startswith("make ")]
        for command in commands:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{command}: {done.stderr}"
    return folder


def test_every_language_of_block_is_known():
    assert {language for language, _ in BLOCKS} == {"sh", "yaml", "python", "text"}
    assert TEXT.count("```") == 2 * len(BLOCKS)


def test_the_make_commands_are_targets():
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert set(re.findall(r"^make (\w+)", TEXT, re.M)) <= set(targets)


def test_the_commands_leave_what_the_readme_says(place):
    assert (place / "first-result.png").stat().st_size > 10_000
    runs = pd.read_parquet(place / "runs" / "does-it-select" / "runs")
    assert len(runs) == 3 * 2 * 2 * 25  # conditions, sweep, controls, replicates after resume
    assert (runs["status"] == "done").all()
    assert len(pd.read_parquet(place / "runs" / "smaller" / "runs")) == 3 * 2 * 2 * 20


def test_the_comparison_shows_what_its_text_says(place):
    """Oversight lowers the deceptive share by selection; that of the twins hardly moves."""
    from peckham.analysis import compare

    table = compare(place / "runs" / "oversight-interventions", on="deceptive_share")
    found = table.set_index("condition")
    assert (found["pairs"] == 20).all()
    assert set(found.index[found["verdict"] == "lower"]) >= {"level", "penalty", "improving_exact"}
    assert abs(found.loc["improving_exact", "not_by_selection"]) > 0.01


@pytest.mark.parametrize(
    "page", ["README.md", "CONTRIBUTING.md", *sorted(p.name for p in (ROOT / "docs").glob("*.md"))]
)
def test_links_lead_somewhere(page):
    path = ROOT / page if (ROOT / page).exists() else ROOT / "docs" / page
    targets = re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8"))
    local = [target for target in targets if not target.startswith("http")]
    assert all((path.parent / target).exists() for target in local), local
