"""Time the whole published study, from the six scenario files to their run folders.

All suites run with the published number of runs: 50 per condition, 25 in the
two-dimensional sweeps. The ratio compares them with the plain program on one
core. The time of a plain run is the mean over the seven scenarios, measured
before and after the study:

    python benchmarks/study.py
    python benchmarks/study.py --replicates 5        # a tenth of the study, for a quick check
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import plain
from timing import least

from peckham.experiments import read, run, status
from peckham.experiments.catalogue import scenario_names
from peckham.experiments.design import design

SUITES = [name for name in scenario_names() if name.startswith("eicher2026-")]
SECONDS, YARDSTICK = 60.0, 11.0
"""Target: at most `SECONDS` when the seven plain runs take `YARDSTICK` seconds."""


def yardstick() -> float:
    """Return the seconds that the plain program takes for one run of each scenario."""
    return sum(least(lambda name=name: plain.run(name, 1), 1) for name in plain.SCENARIOS)


def main() -> None:
    """Run the study and print how long it took."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--measures", choices=["published", "all"], default="published")
    parser.add_argument("--replicates", type=int, help="instead of the published number")
    options = parser.parse_args()

    before = yardstick()
    runs, planned, seconds = 0, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        for suite in SUITES:
            experiment = read(
                suite,
                overrides={"record.measures": options.measures},
                replicates=options.replicates,
            )
            start = time.perf_counter()
            path = run(
                experiment, out=Path(folder) / suite, workers=options.workers, progress=False
            )
            took = time.perf_counter() - start
            found = status(path)
            assert found.done == found.planned
            runs, seconds = runs + found.done, seconds + took
            planned += design(read(suite)).size
            print(f"{suite:<26} {found.done:5} runs {took:7.1f} s {found.done / took:7.0f}/s")
    print(
        f"{'the study':<26} {runs:5} runs {seconds:7.1f} s {runs / seconds:7.0f}/s, "
        f"{options.workers} workers, measures {options.measures}"
    )
    plainly = (before + yardstick()) / 2
    print(f"seven plain runs: {plainly:.1f} s, so {runs * plainly / 7:.0f} s for {runs} runs")
    print(f"{runs * plainly / 7 / seconds:.0f} times faster than plain on one core")
    print(
        f"{seconds * planned / runs * YARDSTICK / plainly:.0f} s for all {planned} runs when the "
        f"seven take {YARDSTICK:.0f} s (target: under {SECONDS:.0f} s)"
    )


if __name__ == "__main__":
    main()
