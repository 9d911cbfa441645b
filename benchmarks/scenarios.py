"""Time one run of each published scenario, warm, against the plain program.

Prints milliseconds a run (the least of several) and the ratio to the plain
program of the same kind, both from this machine and this minute:

    python benchmarks/scenarios.py
"""

from __future__ import annotations

import time
from collections.abc import Callable

import plain

from peckham.agents import PopulationModel
from peckham.experiments import read
from peckham.experiments.design import design


def least(work: Callable[[], object], times: int) -> float:
    """Return the least time that some work took, in milliseconds."""
    found = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return 1e3 * min(found)


def main() -> None:
    """Print the table."""
    yardstick = {rate: least(lambda rate=rate: plain.run(1, rate), 2) for rate in (0.0, 0.01)}
    print(f"{'scenario':<26} {'measures':<10} {'ms a run':>9} {'plain':>9} {'ratio':>6}")
    for measures in ("published", "all"):
        plan = design(read("eicher2026-scenarios", overrides={"record.measures": measures}))
        for variant in plan.variants:
            model = PopulationModel(variant.spec, 1).run()  # compiles what it needs
            took = least(lambda variant=variant: PopulationModel(variant.spec, 2).run(), 10)
            plainly = yardstick[model.spec.reproduction.mutation_rate]
            print(
                f"{variant.condition:<26} {measures:<10} {took:9.1f} {plainly:9.0f} "
                f"{plainly / took:6.0f}"
            )


if __name__ == "__main__":
    main()
