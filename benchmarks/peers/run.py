"""Run every comparison whose peer is installed, one after the other.

python benchmarks/peers/run.py
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

PEERS = {
    "mesa_plain": "mesa",
    "deap_wright_fisher": "deap",
    "egttools_fermi": "egttools",
    "fwdpy11_drift": "fwdpy11",
}
"""Programs, and the package that each needs in addition to Peckham."""


def main() -> None:
    """Run each program in a separate process, on one core."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    failed = []
    for program, package in PEERS.items():
        print(f"\n{program}", flush=True)
        if find_spec(package) is None:
            print(f"skipped: {package} is not installed; see benchmarks/peers/README.md")
            continue
        path = Path(__file__).with_name(f"{program}.py")
        done = subprocess.run([sys.executable, str(path)], check=False, env=environment)
        if done.returncode:
            failed.append(program)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
