"""The command `peckham`, with small parts and a rule that waits, fails or dies when told to.

It stands in for what goes wrong in long sweeps, at a run that a test chooses.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any, Literal

from peckham.agents.parameters.registry import register
from peckham.agents.selection.parentage import Parentage
from peckham.agents.selection.softmax import Softmax


@register
class Tripwire(Softmax):
    """Softmax, but runs with certain seeds trip while there is no file ``open`` in a folder.

    A run that trips leaves a file in the folder, named after its process.

    Parameters
    ----------
    seeds : list of int
        Seeds of the runs that trip.
    does : {"wait", "fail", "die"}
        Whether a run that trips waits for the file, raises, or kills its process.
    folder : str
        The folder.
    """

    kind: Literal["tripwire"] = "tripwire"  # type: ignore[assignment]
    seeds: list[int]
    does: Literal["wait", "fail", "die"] = "wait"
    folder: str

    def select(self, fitness: Any, rng: Any, removed: Any = None) -> Parentage:
        """Draw parents as softmax does, perhaps after some trouble."""
        way_out = Path(self.folder) / "open"
        if rng.bit_generator.seed_seq.entropy in self.seeds and not way_out.exists():
            (Path(self.folder) / str(os.getpid())).touch()
            if self.does == "fail":
                raise RuntimeError("tripped")
            if self.does == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            while not way_out.exists():
                time.sleep(0.02)
        return super().select(fitness, rng)


if __name__ == "__main__":
    from peckham.analysis.cli import main
    from peckham.experiments import execution

    execution.FLUSH_RUNS = 200  # small parts
    main()
