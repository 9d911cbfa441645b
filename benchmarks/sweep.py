"""Time a sweep of many small runs: how well two workers share it, its memory and its files.

N and G are 50, with one grid of selection pressures and many replicates. A
single worker runs in the parent process, where everything is imported already;
this gives the rate of one worker. Several workers are forked from a server,
which imports everything once. They are timed twice: from a cold start, and with
the server already running. The benchmark also prints the two factors of each
rate: the time of a run, which is longer beside other runs if they share cores
or memory, and the share of time for which workers are busy. For comparison, it
times the same number of independent processes, each with one worker and its own
folder, to show what the machine can reach. The parent's memory is sampled
whenever runs return (Linux only):

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
"""Targets: share of (workers × one worker's rate); a few hundred runs per file."""

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
    """Return the resident memory of this process, in MiB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def sweep(
    runs: int, workers: int, measures: str
) -> tuple[float, float, list[float], dict[str, int]]:
    """Return runs per second, seconds per run, the parent's memory over time, files by table."""
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
    """Return runs per second with one worker."""
    return sweep(runs, 1, measures)[0]


def side_by_side(runs: int, processes: int, measures: str) -> float:
    """Return runs per second of several independent processes together."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context) as pool:
        for each in (5, runs // processes):  # the first is a warm-up
            rates = list(pool.map(alone, [each] * processes, [measures] * processes))
    return sum(rates)


def main() -> None:
    """Print rates, memory and files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=10_000, help="a multiple of 5")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--measures", choices=["published", "all"], default="all")
    options = parser.parse_args()

    sweep(5, 1, options.measures)  # a warm-up
    rates = []
    print(f"{options.runs} runs, N 50, G 50, measures {options.measures}")
    many = options.workers
    for workers, start in ((1, "in the parent"), (many, "cold"), (many, "warm")):
        rate, each, memory, files = sweep(options.runs, workers, options.measures)
        rates.append(rate)
        print(
            f"{workers} workers {start}: {rate:.0f} runs/s; a run takes {1e3 * each:.2f} ms, "
            f"workers are busy for {rate * each / workers:.0%} of their time"
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
        f"{options.runs / files['runs']:.0f} runs per file (target: about {RUNS_A_FILE} or more)"
    )


if __name__ == "__main__":
    main()
