"""The tables of a run folder: their columns, types and nulls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from peckham.analysis import Log, load
from peckham.analysis.log import RUN_COLUMNS
from peckham.experiments import run

Tiny = Callable[..., dict[str, Any]]
KEYS = ["run", "condition", "control", "replicate"]

WITH_SD = [
    "proxy",
    "true_value",
    "deployed",
    "fitness",
    "goodhart_gap",
    "capability",
    "alignment",
    "deception_probability",
]
PRICE = ["selection", "drift", "transmission", "environment", "selection_realised"]

MEASURES = [
    *WITH_SD,
    *(f"{name}_sd" for name in WITH_SD),
    *("belief_value", "belief_signal", "deceptive_share", "deceptive_share_signal0"),
    *(f"share_{cluster}" for cluster in ("Benign", "Neutral", "Deceptive", "left", "right")),
    *("schemers", "deceiving", "caught", "wrongly_flagged"),
    *("delivered", "commission_harm", "omission_harm", "deception_gap"),
    *("held_out", "visible_gap", "questions"),
    *("corr_proxy_true", "corr_proxy_deployed", "corr_schemer_proxy", "corr_signal_value"),
    *("unique_genomes", "heterozygosity", "beliefs_present", "effective_founders"),
    *("founders_left", "effective_parents", "selection_nats"),
    *("fixed_beliefs", "fixed_deceptive_beliefs", "prevalent_beliefs"),
    *(
        f"price_{trait}_{term}"
        for trait in ("true_value", "deceptive_share", "schemers")
        for term in PRICE
    ),
]
"""Every measure that the columns' table promises."""

OF_EVENTS = [
    "generation",
    "kind",
    "id",
    "event",
    "value",
    "signal",
    "deceptive",
    "cluster",
    "origin",
]

COUNTED_AFTER_THE_LAST_REPRODUCTION = [
    "fixed_beliefs",
    "fixed_deceptive_beliefs",
    "prevalent_beliefs",
    "unique_genomes",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of runs on several landscapes, a part for each run."""
    place = tmp_path_factory.mktemp("mixed")
    rows = [f"{i % 7 - 3},{i % 5 - 2}.5,{('left', 'right')[i % 2]}" for i in range(40)]
    (place / "beliefs.csv").write_text("value,signal,cluster\n" + "\n".join(rows) + "\n")
    raw = {
        "generations": 4,
        "replicates": 2,
        "population": {"size": 12, "beliefs_per_agent": 4},
        "landscape": {"beliefs": 40},
        "battery": {"questions": 6, "density": 0.3},
        "record": {"agents_at": [0, 3]},
        "controls": ["neutral"],
        "conditions": {
            "clustered": {"reproduction.mutation_rate": 0.2},
            "bivariate": {"landscape": {"kind": "bivariate", "beliefs": 40}},
            "table": {"landscape": {"kind": "table", "path": str(place / "beliefs.csv")}},
            "held_out": {"battery.held_out": 3, "population.beliefs_per_agent": 6},
            "clones": {"landscape.beliefs": 4},
        },
        "sweep": [{"deployment.shift": [0, 1]}, {"population.size": [12, 15]}],
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("peckham.experiments.execution.FLUSH_RUNS", 1)
        return run(raw, out=place / "out")


@pytest.fixture(scope="module")
def log(folder: Path) -> Log:
    return load(folder)


@pytest.mark.parametrize("table", ["runs", "generations", "events", "agents"])
def test_all_parts_of_a_table_have_one_schema(folder: Path, table: str) -> None:
    parts = sorted((folder / table).glob("part-*.parquet"))
    assert len(parts) == 60  # five conditions, three points, two controls, two replicates
    first, *rest = [pq.read_schema(part).remove_metadata() for part in parts]
    assert all(schema == first for schema in rest)
    assert set(KEYS) | {"deployment.shift", "population.size"} <= set(first.names)


def test_tables_have_the_promised_columns(log: Log) -> None:
    assert not set(MEASURES) - set(log.generations.columns)
    assert not {*MEASURES, "seed", "status", "error", "seconds", "environment", "stopped_at"} - set(
        log.runs.columns
    )
    assert not set(OF_EVENTS) - set(log.events.columns)
    for table in (log.runs, log.generations, log.events, log.agents):
        assert list(table.columns[:6]) == log.keys


def test_there_is_a_row_a_run_and_a_row_a_generation(log: Log) -> None:
    assert log.runs["run"].tolist() == list(range(60))
    for _, generations in log.generations.groupby("run")["generation"]:
        assert generations.tolist() == [0, 1, 2, 3]


def test_there_is_a_row_an_agent_where_the_record_asks_for_them(log: Log) -> None:
    sizes = log.runs.set_index("run")["population.size"]
    for (number, _), agents in log.agents.groupby(["run", "generation"]):
        assert agents["slot"].tolist() == list(range(sizes[number]))
    assert sorted(log.agents["generation"].unique()) == [0, 3]
    lengths = log.agents.groupby("condition")["beliefs"].apply(lambda b: set(b.map(len)))
    assert lengths.to_dict() == {
        "clustered": {4},
        "bivariate": {4},
        "table": {4},
        "held_out": {6},
        "clones": {4},
    }


def test_whole_numbers_are_integers(folder: Path) -> None:
    schema = pq.read_schema(next((folder / "generations").glob("part-*.parquet")))
    for name in (
        "run",
        "replicate",
        "generation",
        "population.size",
        "questions",
        "unique_genomes",
        "beliefs_present",
        "founders_left",
        "fixed_beliefs",
        "fixed_deceptive_beliefs",
        "prevalent_beliefs",
    ):
        assert pa.types.is_integer(schema.field(name).type), name
    schema = pq.read_schema(next((folder / "runs").glob("part-*.parquet")))
    assert schema.field("seed").type == pa.int64()
    assert schema.field("proxy").type == pa.float64()


def test_what_is_undefined_is_null_and_never_nan(folder: Path) -> None:
    for part in folder.glob("*/part-*.parquet"):
        table = pq.read_table(part)
        for name in table.column_names:
            if pa.types.is_floating(table[name].type):
                assert not pc.any(pc.is_nan(table[name])).as_py(), (part.parent.name, name)


def test_shares_of_clusters_that_are_not_there_are_null(log: Log) -> None:
    own = {
        "clustered": ["share_Benign", "share_Neutral", "share_Deceptive"],
        "table": ["share_left", "share_right"],
        "bivariate": [],
    }
    every = [*own["clustered"], *own["table"]]
    for condition, shares in own.items():
        rows = log.generations[log.generations["condition"] == condition]
        assert rows[shares].notna().all(axis=None)
        assert rows[[share for share in every if share not in shares]].isna().all(axis=None)
        if shares:
            np.testing.assert_allclose(rows[shares].sum(axis=1), 1.0)


def test_held_out_scores_are_null_without_held_out_questions(log: Log) -> None:
    held = log.generations["condition"] == "held_out"
    for name in ("held_out", "visible_gap"):
        assert log.generations.loc[held, name].notna().all()
        assert log.generations.loc[~held, name].isna().all()
    assert log.agents.loc[log.agents["condition"] != "held_out", "held_out"].isna().all()


def test_price_terms_are_null_in_the_first_generation(log: Log) -> None:
    terms = [f"price_true_value_{term}" for term in ("selection", "drift", "transmission")]
    first = log.generations["generation"] == 0
    assert log.generations.loc[first, terms].isna().all(axis=None)
    assert log.generations.loc[~first, terms].notna().all(axis=None)


def test_correlations_over_agents_that_do_not_vary_are_null(log: Log) -> None:
    clones = log.generations[log.generations["condition"] == "clones"]
    assert clones["corr_proxy_true"].isna().all()
    assert (clones["proxy_sd"] == 0).all()


def test_final_measures_are_those_of_the_last_generation(log: Log) -> None:
    last = log.generations[log.generations["generation"] == 3].set_index("run")
    runs = log.runs.set_index("run")
    for name in MEASURES:
        if name not in COUNTED_AFTER_THE_LAST_REPRODUCTION:
            assert runs[name].equals(last[name]), name


def test_some_counts_are_taken_after_the_last_reproduction(tiny: Tiny, tmp_path: Path) -> None:
    raw = tiny(
        generations=1, selection={"beta": 1e9}, population={"size": 30, "beliefs_per_agent": 3}
    )
    log = load(run(raw, out=tmp_path / "out"))  # one parent has all the children
    assert (log.generations["unique_genomes"] > 20).all()
    assert (log.runs["unique_genomes"] < log.generations["unique_genomes"]).all()
    assert (log.runs["fixed_beliefs"] == 3).all()
    assert (log.runs["prevalent_beliefs"] == 3).all()
    assert (log.generations["fixed_beliefs"] == 0).all()
    assert log.runs["proxy"].equals(log.generations["proxy"])


def test_events_are_typed(folder: Path, log: Log) -> None:
    schema = pq.read_schema(next((folder / "events").glob("part-*.parquet")))
    assert schema.field("deceptive").type == pa.bool_()
    assert pa.types.is_integer(schema.field("origin").type)
    assert set(log.events["kind"]) == {"belief", "allele", "lineage"}
    assert set(log.events["event"]) <= {"fixed", "prevalent", "unfixed", "lost"}
    beliefs = log.events[log.events["kind"] == "belief"]
    assert "lost" not in set(beliefs["event"])
    assert beliefs[["value", "signal", "deceptive"]].notna().all(axis=None)
    assert log.events.loc[log.events["kind"] != "belief", ["value", "signal"]].isna().all(axis=None)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (
            "published",
            "proxy true_value belief_value belief_signal deceptive_share "
            "share_Benign share_Neutral share_Deceptive questions",
        ),
        (["deceptive_share", "proxy"], "proxy deceptive_share"),
        (["unique_genomes"], "unique_genomes"),
    ],
    ids=["published", "two", "one"],
)
def test_the_record_selects_the_columns(
    wanted: Any, expected: str, tiny: Tiny, tmp_path: Path
) -> None:
    log = load(run(tiny(record={"measures": wanted}), out=tmp_path / "out"))
    others = {*log.keys, "generation", *RUN_COLUMNS}
    assert set(log.generations.columns) - others == set(expected.split())
    assert set(log.runs.columns) - others == set(expected.split())
    everything = load(run(tiny(), out=tmp_path / "all"))
    for name in expected.split():
        assert log.generations[name].equals(everything.generations[name])
        assert log.runs[name].equals(everything.runs[name])
