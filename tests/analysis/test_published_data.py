"""The published figures in the package are the reference's."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

REFERENCE = Path(__file__).resolve().parents[3] / "shared" / "reference" / "eicher2026"


@pytest.mark.skipif(
    not REFERENCE.is_dir(),
    reason="the reference data (shared/reference/eicher2026 beside the repository) is not here",
)
@pytest.mark.parametrize("name", ["final_generation.csv", "trajectories.csv"])
def test_packaged_figures_equal_the_reference(name: str) -> None:
    packaged = files("peckham.analysis.published") / "eicher2026" / name
    assert packaged.read_bytes() == (REFERENCE / name).read_bytes()
