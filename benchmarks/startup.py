"""Start-up: the time until the command answers, and until a run has its first result.

Each case runs in a new process with cached kernels. ``--cold`` also runs one
case with an empty cache, so that the kernels are compiled, and prints the
output of the command:

    python benchmarks/startup.py
    python benchmarks/startup.py --cold
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import times

PECKHAM = str(Path(sys.executable).with_name("peckham"))
HELP_SECONDS, FIRST_SECONDS = 0.3, 3.0
"""Targets."""

FIRST_RESULT = """
from peckham.agents import PopulationModel
model = PopulationModel({}, 1)
model.step()
model.log["proxy"].iloc[0]
"""


def run_once(environment: dict[str, str] | None = None) -> str:
    """Do one small run from the command line, into a folder; return its output."""
    with tempfile.TemporaryDirectory() as folder:
        experiment = Path(folder) / "small.yaml"
        experiment.write_text("name: small\ngenerations: 10\nreplicates: 1\n")
        command = [PECKHAM, "run", str(experiment), "--out", str(Path(folder) / "runs")]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        return done.stdout + done.stderr


def call(*command: str) -> None:
    """Run a command and discard its output."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=7)
    parser.add_argument("--cold", action="store_true", help="also run with an empty cache")
    options = parser.parse_args()

    run_once()  # compiles kernels that are not cached yet
    cases = {
        "an empty Python": (sys.executable, "-c", ""),
        f"peckham --help (target: under {HELP_SECONDS} s)": (PECKHAM, "--help"),
        f"a model's first generation (target: under {FIRST_SECONDS:g} s)": (
            sys.executable,
            "-c",
            FIRST_RESULT,
        ),
    }
    print(f"{'seconds':<52} {'min':>6} {'median':>7}")
    for what, command in cases.items():
        took = times(lambda command=command: call(*command), options.times)
        print(f"{what:<52} {min(took):6.2f} {statistics.median(took):7.2f}", flush=True)
    took = times(run_once, options.times)
    name = f"peckham run, one run and its folder (target: under {FIRST_SECONDS:g} s)"
    print(f"{name:<52} {min(took):6.2f} {statistics.median(took):7.2f}")
    if options.cold:
        with tempfile.TemporaryDirectory() as cache:
            start = time.perf_counter()
            said = run_once({**os.environ, "NUMBA_CACHE_DIR": cache})
            print(f"\nthe same with an empty cache: {time.perf_counter() - start:.1f} s; output:")
            print(said)


if __name__ == "__main__":
    main()
