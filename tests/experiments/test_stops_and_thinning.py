"""`stop_when` ends runs early and exactly; `record.every` thins what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from peckham.agents import PopulationModel
from peckham.analysis import fixation, load
from peckham.experiments import ExperimentError, ExperimentWarning, read, run
from peckham.experiments.design import design
from peckham.experiments.identity import identity
from peckham.experiments.idle import idle_interventions
from peckham.experiments.order import order_of

SPEC: dict[str, Any] = {
    "generations": 60,
    "population": {"size": 30, "beliefs_per_agent": 6},
    "landscape": {"kind": "clustered", "beliefs": 200},
    "battery": {"questions": 20},
    "reproduction": {"mutation_rate": 0.02},
    "oversight": {"level": 0.3},
}


def line_after(measure: str, generation: int, seed: int = 3) -> tuple[float, int]:
    """Return a line that a measure first exceeds after a generation, and when that is."""
    rows = PopulationModel(SPEC, seed).run().log[measure].to_numpy()
    line = float(np.nanmax(rows[:generation]))
    return line, int(np.argmax(rows > line))


@pytest.mark.parametrize("measure", ["proxy", "selection_nats", "effective_parents"])
def test_a_run_ends_after_the_generation_that_crosses_the_line(measure: str) -> None:
    line, when = line_after(measure, 12)
    assert 12 <= when < 59
    spec = {**SPEC, "stop_when": {"measure": measure, "above": line}}
    stopped = PopulationModel(spec, 3).run()
    assert stopped.state.stopped
    assert stopped.generation == when + 1
    shorter = PopulationModel({**SPEC, "generations": when + 1}, 3).run()
    pd.testing.assert_frame_equal(stopped.log, shorter.log)
    assert stopped.final == pytest.approx(shorter.final, rel=0, abs=0, nan_ok=True)
    by_steps = PopulationModel(spec, 3)
    while by_steps.running:
        by_steps.step()
    pd.testing.assert_frame_equal(by_steps.log, stopped.log)
    assert by_steps.final == pytest.approx(stopped.final, rel=0, abs=0, nan_ok=True)
    with pytest.raises(RuntimeError):
        by_steps.step()


def test_a_line_below_and_a_measure_that_is_null() -> None:
    rows = PopulationModel(SPEC, 3).run().log["heterozygosity"].to_numpy()
    line = float(rows[20])
    spec = {**SPEC, "stop_when": {"measure": "heterozygosity", "below": line}}
    assert PopulationModel(spec, 3).run().generation == int(np.argmax(rows < line)) + 1
    null = {**SPEC, "stop_when": {"measure": "held_out", "above": -1e9}}
    assert not PopulationModel(null, 3).run().state.stopped


def test_interventions_and_snapshots_do_not_move_the_end() -> None:
    line, when = line_after("proxy", 12)
    part = {"kind": "set", "path": "deployment.noise", "value": 0.1, "interval": 1}
    spec = {
        **SPEC,
        "stop_when": {"measure": "proxy", "above": line},
        "interventions": [part],
        "record": {"agents_at": [0, when]},
    }
    model = PopulationModel(spec, 3).run()
    assert model.generation == when + 1
    assert len(model.record.snapshots) == 2


def test_folders_say_which_runs_stopped_and_censor_them(tmp_path: Path) -> None:
    line, _ = line_after("proxy", 8)
    conditions = {"whole": {}, "short": {"stop_when": {"measure": "proxy", "above": line}}}
    spec = {**SPEC, "replicates": 4, "conditions": conditions}
    log = load(run(spec, out=tmp_path / "out"))
    runs = log.runs.set_index(["condition", "replicate"])
    assert runs.loc["whole", "stopped_at"].isna().all()
    ends = log.generations.groupby("run")["generation"].max()
    for _, row in log.runs.iterrows():
        last = ends[row["run"]]
        assert (row["stopped_at"] is pd.NA and last == 59) or row["stopped_at"] == last
        final = log.generations.query("run == @row['run'] and generation == @last")
        assert final["proxy"].item() == row["proxy"]
    assert runs.loc["short", "stopped_at"].notna().any()
    table = fixation(log, "lineage").set_index("condition")
    short = runs.loc["short", "stopped_at"]
    fixed = log.events.query("kind == 'lineage' and event == 'fixed' and condition == 'short'")
    assert table.loc["short", "censored"] == len(short) - len(fixed)
    ax = __import__("peckham.analysis.plots", fromlist=["x"]).fixation(log)
    assert "runs were stopped early (stop_when)" in ax.get_title("left").replace("\n", " ")


def test_rows_are_thinned_and_nothing_else_changes(tmp_path: Path) -> None:
    whole = load(run({**SPEC, "replicates": 2}, out=tmp_path / "whole"))
    thin = load(run({**SPEC, "replicates": 2, "record": {"every": 7}}, out=tmp_path / "thin"))
    kept = [*range(0, 60, 7), 59]
    assert thin.generations.query("run == 0")["generation"].tolist() == kept
    rows = whole.generations[whole.generations["generation"].isin(kept)]
    pd.testing.assert_frame_equal(rows.reset_index(drop=True), thin.generations)
    varied = ["seconds"]
    pd.testing.assert_frame_equal(whole.runs.drop(columns=varied), thin.runs.drop(columns=varied))
    pd.testing.assert_frame_equal(whole.events, thin.events)


def test_a_stopped_run_has_its_last_generation_when_thinned(tmp_path: Path) -> None:
    line, _ = line_after("proxy", 12)
    spec = {
        **SPEC,
        "replicates": 3,
        "record": {"every": 25},
        "stop_when": {"measure": "proxy", "above": line},
    }
    log = load(run(spec, out=tmp_path / "out"))
    for number, rows in log.generations.groupby("run"):
        stopped = log.runs.set_index("run").loc[number, "stopped_at"]
        end = 59 if stopped is pd.NA else stopped
        assert rows["generation"].tolist() == sorted({*range(0, end, 25), end})


def test_defaults_leave_the_identity_as_it_was() -> None:
    plain = design(read(SPEC))
    given = {**SPEC, "stop_when": None, "record": {"every": 1}}
    assert identity(design(read(given))) == identity(plain)
    for other in ({"stop_when": {"measure": "proxy", "above": 1.0}}, {"record": {"every": 2}}):
        assert identity(design(read({**SPEC, **other}))) != identity(plain)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"stop_when": {"measure": "prxy", "above": 1}}, "'prxy' is not recorded"),
        ({"stop_when": {"measure": "proxy"}}, "needs either above or below"),
        ({"stop_when": {"measure": "proxy", "above": 1, "below": 0}}, "needs either"),
        ({"record": {"every": 0}}, "record.every: must be at least 1"),
        ({"stop_when": 3}, "stop_when"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(block: dict[str, Any], said: str) -> None:
    with pytest.raises(ExperimentError) as caught:
        design(read({**SPEC, **block}))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_line_that_cannot_be_crossed_is_said() -> None:
    plan = design(read({**SPEC, "stop_when": {"measure": "schemers", "above": 1.0}}))
    (said,) = idle_interventions(plan)
    assert said.startswith("stop_when: schemers cannot be above 1")
    plan = design(read({**SPEC, "stop_when": {"measure": "schemers", "above": 0.5}}))
    assert idle_interventions(plan) == []


def test_the_order_of_events_says_where_a_run_ends() -> None:
    conditions = {"a": {}, "b": {"stop_when": {"measure": "proxy", "above": 0.4}}}
    order = order_of(design(read({**SPEC, "conditions": conditions})))
    assert "the run ends here if the record has proxy above 0.4 [b]" in order["transmit"]


def test_each_line_is_looked_at_alone() -> None:
    """A line that can end a run of one condition does not hide another that cannot."""
    can, cannot = ({"measure": "schemers", "above": line} for line in (0.5, 1.0))
    conditions = {"a": {"stop_when": can}, "b": {"stop_when": cannot}, "c": {"stop_when": None}}
    (said,) = idle_interventions(design(read({**SPEC, "conditions": conditions})))
    assert said.startswith("stop_when: schemers cannot be above 1")


def test_the_command_warns(tmp_path: Path) -> None:
    spec = {**SPEC, "generations": 2, "replicates": 1}
    with pytest.warns(ExperimentWarning, match="stop_when: held_out is null"):
        run({**spec, "stop_when": {"measure": "held_out", "above": 0.0}}, out=tmp_path / "out")
