"""What tests of every folder share."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)  # the first call may compile kernels
settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the long form of the statistical tests."""
    parser.addoption("--long", action="store_true", help="statistical tests with 20 times the runs")


@pytest.fixture(scope="session")
def reference() -> ModuleType:
    """Return the oracle, ``tests/reference.py``."""
    name = "peckham_reference"
    if name not in sys.modules:
        place = Path(__file__).with_name("reference.py")
        found = importlib.util.spec_from_file_location(name, place)
        assert found is not None
        assert found.loader is not None
        module = importlib.util.module_from_spec(found)
        sys.modules[name] = module  # dataclasses look their module up
        found.loader.exec_module(module)
    return sys.modules[name]
