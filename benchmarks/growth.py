"""Measure how time and memory grow with the numbers of agents, beliefs and questions.

Each case runs in a new process, so its peak memory is measured separately.
Kernels are cached. K is 50, Q 75, B 3000 and the mutation rate .01, unless the
case changes them. The time of a generation is the median over generations 1
and later. The peak is for the whole process, including interpreter and
libraries:

    python benchmarks/growth.py
    python benchmarks/growth.py --measures published
    python benchmarks/growth.py --agents 1000 10000 --beliefs 100000 --questions 1000
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

FLAT = 2.0
"""Target: largest time per agent and generation divided by the smallest, N = 1e4 to 1e6."""

GIBIBYTES = 4.0
"""Target: peak memory at N = 1e6."""


def measure(case: dict[str, int], measures: str, generations: int) -> dict[str, float]:
    """Run one case in this process; return seconds and the peak memory in GiB."""
    from peckham.agents import PopulationModel

    def model(agents: int, beliefs: int, questions: int, generations: int) -> PopulationModel:
        spec = {
            "generations": generations,
            "population": {"size": agents},
            "landscape": {"kind": "clustered", "beliefs": beliefs},
            "battery": {"questions": questions},
            "reproduction": {"mutation_rate": 0.01},
            "record": {"measures": measures},
        }
        return PopulationModel(spec, 1)

    model(100, 500, 20, 3).run()  # compiles the kernels or loads them from the cache
    start = time.perf_counter()
    subject = model(case["agents"], case["beliefs"], case["questions"], generations)
    set_up = time.perf_counter() - start
    found = []
    for _ in range(generations):
        start = time.perf_counter()
        subject.step()
        found.append(time.perf_counter() - start)
    return {
        "set_up": set_up,
        "first": found[0],
        "generation": statistics.median(found[1:] or found),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,  # KiB on Linux
    }


def fresh(case: dict[str, int], measures: str, generations: int) -> dict[str, float]:
    """Run one case in a new process."""
    arguments = ["--case", json.dumps(case), "--measures", measures]
    command = [sys.executable, __file__, *arguments, "--generations", str(generations)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def main() -> None:
    """Print one row per case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--agents", type=int, nargs="*", default=[10**4, 10**5, 10**6])
    parser.add_argument("--beliefs", type=int, nargs="*", default=[10**6])
    parser.add_argument("--questions", type=int, nargs="*", default=[10**4])
    parser.add_argument("--generations", type=int, default=20)
    parser.add_argument("--measures", choices=["published", "all"], default="all")
    parser.add_argument("--case", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.case:
        print(json.dumps(measure(options.case, options.measures, options.generations)))
        return

    usual = {"agents": 300, "beliefs": 3000, "questions": 75}
    cases = [{**usual, "agents": n} for n in options.agents]
    cases += [{**usual, "beliefs": b} for b in options.beliefs]
    cases += [{**usual, "questions": q} for q in options.questions]
    print(f"measures {options.measures}, {options.generations} generations")
    print(
        f"{'N':>8} {'B':>8} {'Q':>6} {'set-up s':>9} {'first s':>8} {'generation s':>13} "
        f"{'ns per agent':>12} {'peak GiB':>9}"
    )
    each, peak = [], 0.0
    for case in cases:
        found = fresh(case, options.measures, options.generations)
        per_agent = 1e9 * found["generation"] / case["agents"]
        if case["agents"] != usual["agents"]:
            each.append(per_agent)
            peak = max(peak, found["peak"])
        print(
            f"{case['agents']:8} {case['beliefs']:8} {case['questions']:6} "
            f"{found['set_up']:9.3f} {found['first']:8.3f} {found['generation']:13.4f} "
            f"{per_agent:12.0f} {found['peak']:9.2f}",
            flush=True,
        )
    if each:
        print(
            f"time per agent and generation, largest to smallest: {max(each) / min(each):.2f} "
            f"(target: at most {FLAT:g}); peak {peak:.2f} GiB "
            f"(target at N = 1e6: at most {GIBIBYTES:g})"
        )


if __name__ == "__main__":
    main()
