"""Compare the seven published scenarios with the yardstick and the limit, on one warm core.

Each scenario is timed in four ways, one after the other in the same process:

- `plain`: the plain program, see plain.py;
- `limit`: the fused loop, see limit.py, which has only the first two scenarios;
- `model`: ``PopulationModel(spec, seed).run()``;
- `run`: the time per run of ``peckham.experiments.run`` with many replicates, which
  includes the design, the rows, Parquet and the run folder.

Each time is the minimum of several; the time of `run` is the minimum of two
averages. The ratios use `run`:

    python benchmarks/scenarios.py
"""

from __future__ import annotations

import argparse
import tempfile
from itertools import count
from pathlib import Path

import limit
import plain
from timing import least

from peckham.agents import PopulationModel
from peckham.experiments import read, run
from peckham.experiments.catalogue import scenario
from peckham.experiments.design import design

SUITE = "eicher2026-scenarios"
TARGETS = {"published": 200, "all": 100}
WITHIN = 3
BATCHES = 2
LIMITS = {"Baseline": 0.0, "Mutation": 0.01}


def alone(condition: str) -> dict:
    """Return the experiment with only one of its conditions."""
    data = scenario(SUITE)
    return {**data, "conditions": {condition: data["conditions"][condition]}}


def by_model(condition: str, measures: str, repeats: int) -> float:
    """Return the seconds that one run of the model takes."""
    found = read(alone(condition), overrides={"record.measures": measures})
    spec = design(found).variants[0].spec
    seeds = count(1)
    PopulationModel(spec, next(seeds)).run()  # compiles the kernels
    return least(lambda: PopulationModel(spec, next(seeds)).run(), repeats)


def by_run(condition: str, measures: str, replicates: int) -> float:
    """Return the seconds per run when `run` writes many runs to a folder."""
    with tempfile.TemporaryDirectory() as folder:
        batch = count()

        def into_a_folder() -> None:
            run(
                alone(condition),
                out=Path(folder) / str(next(batch)),
                overrides={"record.measures": measures},
                replicates=replicates,
                progress=False,
            )

        return least(into_a_folder, BATCHES) / replicates


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=100, help="runs per folder")
    parser.add_argument("--repeats", type=int, default=20, help="number of runs of each model")
    parser.add_argument("--plain", type=int, default=2, help="number of runs of the yardstick")
    options = parser.parse_args()

    print("milliseconds per run; ratios use `run`")
    print(
        f"{'scenario':<26} {'measures':<10} {'plain':>7} {'limit':>6} {'model':>6} {'run':>6} "
        f"{'plain/run':>13} {'run/limit':>13}"
    )
    yardstick, taken = 0.0, dict.fromkeys(TARGETS, 0.0)
    by_run("Mutation", "all", 1)  # warms up code that all scenarios share
    for condition in plain.SCENARIOS:
        plainly = 1e3 * least(lambda condition=condition: plain.run(condition, 1), options.plain)
        yardstick += plainly
        fused = None
        if (rate := LIMITS.get(condition)) is not None:
            limit.run(1, rate)
            fused = 1e3 * least(lambda rate=rate: limit.run(1, rate), options.repeats)
        for measures, target in TARGETS.items():
            model = 1e3 * by_model(condition, measures, options.repeats)
            each = 1e3 * by_run(condition, measures, options.replicates)
            taken[measures] += each
            beyond = ""
            if fused is not None and measures == "published":
                beyond = f"{each / fused:6.1f} {mark(each / fused <= WITHIN)}"
            print(
                f"{condition:<26} {measures:<10} {plainly:7.0f} "
                f"{'' if fused is None else f'{fused:.2f}':>6} {model:6.2f} {each:6.2f} "
                f"{plainly / each:6.0f} {mark(plainly / each >= target)} {beyond}",
                flush=True,
            )
    for measures, target in TARGETS.items():
        ratio = yardstick / taken[measures]
        print(
            f"{'all seven':<26} {measures:<10} {yardstick:7.0f} {'':>6} {'':>6} "
            f"{taken[measures]:6.2f} {ratio:6.0f} {mark(ratio >= target)}"
        )
    print(
        f"targets: at least {TARGETS['published']} times faster than plain with the published "
        f"measures, {TARGETS['all']} times with all; at most {WITHIN} times the limit"
    )


def mark(met: bool) -> str:
    """Return whether a target is met, as a word."""
    return "met   " if met else "missed"


if __name__ == "__main__":
    main()
