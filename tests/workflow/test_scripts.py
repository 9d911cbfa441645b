"""Programs that call `run` with workers, however they are started."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from peckham.analysis import load
from peckham.experiments import resume

PROGRAM = """
from peckham.experiments import run

spec = {"generations": 2, "replicates": 4, "population": {"size": 5, "beliefs_per_agent": 3}}
"""
CALL = "run(spec, out='out', workers=2)\n"


def python(*arguments: str, cwd: Path, program: str = "") -> subprocess.CompletedProcess[str]:
    """Run Python with something on its standard input."""
    command = [sys.executable, *arguments]
    return subprocess.run(
        command, input=program, cwd=cwd, capture_output=True, text=True, check=False
    )


def test_a_program_on_standard_input_can_have_workers(tmp_path: Path) -> None:
    done = python("-", cwd=tmp_path, program=PROGRAM + CALL)
    assert done.returncode == 0, done.stderr
    assert (load(tmp_path / "out").runs["status"] == "done").all()


def test_a_script_without_a_guard_is_told_of_it(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(PROGRAM + CALL)
    done = python("script.py", cwd=tmp_path)
    assert done.returncode != 0
    assert "workers: the worker processes could not start" in done.stderr.splitlines()[-1]
    assert "__main__" in done.stderr.splitlines()[-1]
    resume(tmp_path / "out")  # nothing was counted as failed
    assert (load(tmp_path / "out").runs["status"] == "done").all()


def test_a_script_with_a_guard_can_have_workers(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(f"{PROGRAM}\nif __name__ == '__main__':\n    {CALL}")
    done = python("script.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (load(tmp_path / "out").runs["status"] == "done").all()
