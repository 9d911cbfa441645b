"""The numbers in README.md and docs/ are those that their commands give."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    "README.md",
    "docs/comparing.md",
    "docs/fixation.md",
    "docs/oversight.md",
    "docs/eicher2026.md",
]


def reprint(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the program behind `make docs-figures`."""
    command = [sys.executable, str(ROOT / "docs" / "figures"), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the commands of the pages ran."""
    return tmp_path_factory.mktemp("docs")


@pytest.fixture(scope="module", params=PAGES)
def page(request: pytest.FixtureRequest) -> str:
    """Return a page with results."""
    return str(request.param)


def test_every_number_is_what_its_command_gives(page: str, runs: Path) -> None:
    done = reprint(page, "--runs", runs)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("|") > 5 or page in ("docs/oversight.md", *SHOWN)
    assert done.stdout.count("$ peckham") == SHOWN.get(page, 0)


SHOWN = {"README.md": 1, "docs/comparing.md": 5}
"""Number of commands whose output a page shows."""


def test_stale_output_is_found(runs: Path, tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("* level"))
    number = line.split()[2]
    stale = line.replace(number, f"{float(number) + 0.01:.4f}", 1)
    (tmp_path / "README.md").write_text(text.replace(line, stale), "utf-8")
    done = reprint("README.md", "--root", tmp_path, "--runs", runs)
    assert done.returncode == 1
    assert "shown, " in done.stdout


@pytest.mark.parametrize(
    ("stated", "stale", "said"),
    [
        ("| .527 |", "| .537 |", "DIFFERS: .537 stated"),
        ("98 % of a run's", "97 % of a run's", "DIFFERS: 97 stated"),
        ("Copied genomes fix whole", "Genomes that are copied fix whole", "0 times, not once"),
        ("With merged genomes,", "With merged genomes (.25 of them),", "NOT COMPUTED: With merged"),
    ],
)
def test_a_stale_number_is_found(
    stated: str, stale: str, said: str, runs: Path, tmp_path: Path
) -> None:
    text = (ROOT / "docs" / "fixation.md").read_text("utf-8")
    assert text.count(stated) == 1
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "fixation.md").write_text(text.replace(stated, stale), "utf-8")
    done = reprint("docs/fixation.md", "--root", tmp_path, "--runs", runs)
    assert done.returncode == 1
    assert said in done.stdout
