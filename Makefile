# `make demo` and `make test` set up all they need on a machine with Python >= 3.11 and make.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test verify docs-figures check clean

demo: $(READY)
	"$(BIN)/peckham" run eicher2026-scenarios --replicates 50 --seed 1 --workers 2 --out runs/eicher2026-scenarios
	"$(BIN)/peckham" published runs/eicher2026-scenarios

test: check
	"$(BIN)/python" -m pytest -n auto --dist loadfile

# the statistical tests with twenty times the replicates
verify: $(READY)
	"$(BIN)/python" -m pytest -n auto tests/statistics --long

# every number of the pages, from the runs that they show
docs-figures: $(READY)
	"$(BIN)/python" docs/figures

check: $(READY)
	"$(BIN)/ruff" check .
	"$(BIN)/ruff" format --check .
	"$(BIN)/mypy" -p peckham.agents -p peckham.experiments -p peckham.analysis

$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt setuptools
	"$(BIN)/python" -m pip install --quiet --disable-pip-version-check --no-build-isolation -c constraints.txt -e '.[dev]'
	touch $(READY)

clean:
	rm -rf .venv build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
