"""A sweep of many small runs: how well two workers share it, and what it leaves behind.

N 50 and G 50; one grid of selection pressures, many replicates. With one worker
the runs are done in the parent itself, which is one worker's rate: everything
is imported there already. Workers are forked off a server that imports it once a
process, so they are timed twice: from a cold start, and with that server there.
Beside each rate stands what it is made of: how long a run takes, which is longer
beside another where cores or memory are shared with somebody, and the share of
their time for which workers run. What a machine gives at all is shown by as many
processes that have nothing to do with each other: one worker each, in a folder of its
own. The parent's memory is sampled as runs come in (Linux only):

    python benchmarks/sweep.py
    python benchmarks/sweep.py --runs 2000
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pandas as pd

from peckham.experiments import run

EFFICIENCY, RUNS_A_FILE = 0.9, 200
"""Targets: share of (workers × one worker's rate); a few hundred runs in a file."""

EXPERIMENT = {
    "name": "small-runs",
    "generations": 50,
    "seed": 1,
    "population": {"size": 50},
    "landscape": {"kind": "clustered", "beliefs": 3000},
    "reproduction": {"mutation_rate": 0.01},
    "sweep": {"selection.beta": [1, 3, 5, 7, 10]},
}


def resident() -> float:
    """Return the memory that this process occupies now, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def sweep(
    runs: int, workers: int, measures: str
) -> tuple[float, float, list[float], dict[str, int]]:
    """Return runs a second, seconds a run, the parent's memory at the quarters, files by table."""
    memory: list[float] = []

    def note(done: int, planned: int) -> None:
        if done in (planned // 100, planned // 4, planned // 2, 3 * planned // 4, planned):
            memory.append(resident())

    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "runs"
        start = time.perf_counter()
        run(
            {**EXPERIMENT, "record": {"measures": measures}},
            out=out,
            replicates=runs // 5,
            workers=workers,
            progress=note,
        )
        rate = runs / (time.perf_counter() - start)
        each = float(pd.read_parquet(out / "runs", columns=["seconds"])["seconds"].mean())
        tables = {d.name: len(list(d.iterdir())) for d in sorted(out.iterdir()) if d.is_dir()}
    return rate, each, memory, tables


def alone(runs: int, measures: str) -> float:
    """Return runs a second with one worker."""
    return sweep(runs, 1, measures)[0]


def side_by_side(runs: int, processes: int, measures: str) -> float:
    """Return runs a second of some processes that have nothing to do with each other."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        for each in (5, runs // processes):  # the first warms what is compiled
            rates = list(pool.map(alone, [each] * processes, [measures] * processes))
    return sum(rates)


def main() -> None:
    """Print rates, memory and files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000, help="a multiple of 5")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--measures", choices=["published", "all"], default="all")
    options = parser.parse_args()

    sweep(5, 1, options.measures)  # warms what is compiled
    rates = []
    print(f"{options.runs} runs, N 50, G 50, measures {options.measures}")
    many = options.workers
    for workers, start in ((1, "in the parent"), (many, "cold"), (many, "warm")):
        rate, each, memory, files = sweep(options.runs, workers, options.measures)
        rates.append(rate)
        print(
            f"{workers} workers {start}: {rate:.0f} runs/s; a run takes {1e3 * each:.2f} ms, "
            f"workers run for {rate * each / workers:.0%} of their time"
        )
        print(
            f"    parent's MiB after 1 %, and after each quarter: "
            f"{', '.join(f'{m:.0f}' for m in memory)}; files: "
            + ", ".join(f"{count} in {table}" for table, count in files.items() if count),
            flush=True,
        )
    rates.append(side_by_side(options.runs, many, options.measures))
    print(f"{many} processes side by side: {rates[-1]:.0f} runs/s")
    cold, warm, apart = (rate / (many * rates[0]) for rate in rates[1:])
    print(
        f"efficiency {warm:.2f} (target: at least {EFFICIENCY}), {cold:.2f} from a cold start; "
        f"{apart:.2f} side by side; "
        f"{options.runs / files['runs']:.0f} runs a file (target: about {RUNS_A_FILE} or more)"
    )


if __name__ == "__main__":
    main()
