"""The arms of a comparison: the runs of one condition at one point of the sweep."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peckham.agents.measures.measure import current_name
from peckham.agents.parameters.spec import ModelSpec
from peckham.analysis.groups import NotRecorded, finished_runs, has_every_generation
from peckham.analysis.log import RUN_COLUMNS, Log, load
from peckham.experiments.design import Design
from peckham.experiments.errors import ExperimentError, ExperimentWarning
from peckham.experiments.opening import planned
from peckham.experiments.store import RunFolder

from .times import TIME, fixation_times

Runs = str | Path | Log | Iterable[str | Path | Log]


@dataclass
class Arm:
    """The runs of one condition at one point of the sweep, and their twins.

    Attributes
    ----------
    condition : str
        The condition. If folders have different conditions of one name, the
        name of the folder follows in brackets.
    swept : dict
        The value of every swept path, null if the folder does not sweep it.
    spec : ModelSpec
        The parameters.
    runs, twins : DataFrame
        One row per finished run, indexed by its seed, one column per measure.
        There may be no twins.
    """

    condition: str
    swept: dict[str, Any]
    spec: ModelSpec
    runs: pd.DataFrame
    twins: pd.DataFrame = field(default_factory=pd.DataFrame)


@dataclass
class Arms:
    """All arms of some run folders.

    Attributes
    ----------
    conditions : list of str
        The conditions, in order.
    at : dict
        The arm of each condition and point of the sweep.
    swept : list of str
        The swept paths of all folders.
    has_twins : bool
        Whether any folder has neutral twins.
    failed, planned : int
        How many runs failed, and how many there should be.
    recorded : list of str
        The measures that every folder recorded.
    stopped : int
        How many runs ``stop_when`` ended.
    """

    conditions: list[str]
    at: dict[tuple[str, str], Arm]
    swept: list[str]
    has_twins: bool
    failed: int
    planned: int
    recorded: list[str]
    stopped: int = 0

    def condition(self, name: str | None, setting: str = "baseline") -> str:
        """Return a condition by its name, the first by default.

        Raises
        ------
        ExperimentError
            If there is none of this name.
        """
        if name is None:
            return self.conditions[0]
        for known in self.conditions:
            if known == name or known.startswith(f"{name} ("):
                return known
        raise ExperimentError(
            f"{setting}: no condition is called {name!r}; there are {', '.join(self.conditions)}"
        )

    def of(self, condition: str) -> list[Arm]:
        """Return the arms of a condition. An arm at several points is listed once."""
        mine = [arm for (name, _), arm in self.at.items() if name == condition]
        return list({id(arm): arm for arm in mine}.values())

    def against(self, baseline: str) -> Iterator[tuple[Arm, Arm]]:
        """Yield each arm of the other conditions, with the baseline's arm at the same point.

        A baseline without a sweep is compared with every point.
        """
        own = self.of(baseline)
        seen = set()
        for (condition, point), arm in self.at.items():
            base = self.at.get((baseline, point), own[0] if len(own) == 1 else None)
            if condition != baseline and base is not None and (id(arm), id(base)) not in seen:
                seen.add((id(arm), id(base)))
                yield arm, base


def arms_of(runs: Runs, measures: Sequence[str] | None = None, at: int | None = None) -> Arms:
    """Return the arms of one or several run folders.

    Runs of one seed are the same replicate. A condition that several folders share
    has the replicates of all of them.

    Parameters
    ----------
    runs : str, Path, Log or list of them
        Run folders.
    measures : list of str, optional
        The measures that will be compared.
    at : int, optional
        The generation whose measures are compared, by default the final measures.

    Raises
    ------
    ExperimentError
        If a folder has no finished run, did not record a measure, or has no such
        generation.
    """
    logs = logs_of(runs)
    designs = [planned(RunFolder(log.path)) for log in logs]
    for log in logs:
        check_measures(log, measures or ())
    values = [values_of(log, measures or (), at) for log in logs]
    names = conditions_of(logs, designs)
    arms: dict[tuple[str, str], Arm] = {}
    for log, plan, table, label in zip(logs, designs, values, names, strict=True):
        warn_of_missing(log, plan, at)
        number = table["run"] % len(plan.variants)
        known: dict[int, Arm] = {}
        for k, variant in enumerate(plan.variants):
            if variant.condition not in log.conditions:
                continue
            mine = table[number == k].set_index("seed")
            for point in variant.points:
                place = label[variant.condition], point
                if variant.control == "neutral":
                    arms[place].twins = joined(arms[place].twins, mine)
                elif place in arms and k not in known:
                    arms[place].runs = joined(arms[place].runs, mine)
                else:
                    known.setdefault(k, Arm(place[0], variant.swept, variant.spec, mine))
                    arms.setdefault(place, known[k])
    tables = [log.runs for log in logs]
    recorded = [str(name) for name in tables[0] if all(name in table for table in tables)]
    return Arms(
        conditions=list(dict.fromkeys(condition for condition, _ in arms)),
        at=arms,
        swept=list(dict.fromkeys(path for plan in designs for path in plan.swept)),
        has_twins=any(
            variant.control == "neutral" for plan in designs for variant in plan.variants
        ),
        failed=sum(int((table["status"] != "done").sum()) for table in tables),
        planned=sum(plan.size for plan in designs),
        stopped=sum(int(table["stopped_at"].notna().sum()) for table in tables),
        recorded=recorded,
    )


def logs_of(runs: Runs) -> list[Log]:
    """Return the logs of run folders. A folder that is given twice counts once."""
    several = [runs] if isinstance(runs, str | Path | Log) else list(runs)
    if not several:
        raise ExperimentError("runs: give at least one run folder")
    logs = [run if isinstance(run, Log) else load(run) for run in several]
    return list({log.path.resolve(): log for log in logs}.values())


def check_measures(log: Log, measures: Iterable[str]) -> None:
    """Raise if a folder did not record a measure."""
    for name in map(current_name, measures):
        if name != TIME and (name not in log.runs or name in (*log.keys, *RUN_COLUMNS)):
            raise NotRecorded(
                f"on: {log.path} did not record {name}; add it to record.measures, "
                "or see `peckham columns`"
            )


def values_of(log: Log, measures: Sequence[str], at: int | None) -> pd.DataFrame:
    """Return the finished runs with their measures, final or of a generation."""
    done = finished_runs(log)
    if at is not None:
        rows = log.generations
        if not (rows["generation"] == at).any():
            known = rows["generation"]
            has = f"generations {known.min()} to {known.max()}"
            if not has_every_generation(rows):
                near = known.iloc[(known - at).abs().argmin()]
                has = f"of {has} some only (record.every); the nearest is {near}"
            raise ExperimentError(f"at: {log.path} has no row of generation {at}; it has {has}")
        there = rows[rows["generation"] == at].drop(columns=[*log.keys[1:], "generation"])
        keys = [*log.keys, "seed", "status"]
        done = done[keys].merge(there, on="run", how="left")
    if TIME in measures:
        done = done.merge(fixation_times(log), on="run", how="left")
    return done


def joined(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of two tables; of rows with one seed, the first."""
    if first.empty:
        return second
    return pd.concat([first, second[~second.index.isin(first.index)]])


def conditions_of(logs: Sequence[Log], designs: Sequence[Design]) -> list[dict[str, str]]:
    """Return the names of each folder's conditions in a comparison.

    Conditions of one name are one condition if they have the same parameters, except
    where there would be nothing else to compare. Otherwise they are told apart by
    the name of the folder.
    """
    specs: dict[str, dict[str, set[str]]] = {}
    for plan in designs:
        for variant in plan.variants:
            if variant.control == "none":
                for point in variant.points:
                    found = specs.setdefault(variant.condition, {}).setdefault(point, set())
                    found.add(variant.spec.model_dump_json())
    is_alone = len(specs) == 1 and len(logs) > 1
    folders = [log.path.name for log in logs]
    unique = len(set(folders)) == len(folders)
    names = []
    for log, plan in zip(logs, designs, strict=True):
        folder = log.path.name if unique else str(log.path)
        label = {}
        for condition in dict.fromkeys(variant.condition for variant in plan.variants):
            differs = any(len(found) > 1 for found in specs[condition].values())
            label[condition] = f"{condition} ({folder})" if differs or is_alone else condition
        names.append(label)
    return names


def warn_of_missing(log: Log, plan: Design, at: int | None) -> None:
    """Warn if runs of a folder failed, are missing or ended before a generation.

    Their pairs are left out.
    """
    if at is not None and (ended := int((log.runs["stopped_at"] < at).sum())):
        warnings.warn(
            f"{log.path}: {ended} of {len(log.runs)} runs were stopped before generation {at} "
            "(stop_when); their pairs are left out",
            ExperimentWarning,
            stacklevel=4,
        )
    if failed := int((log.runs["status"] != "done").sum()):
        warnings.warn(
            f"{log.path}: {failed} of {len(log.runs)} runs failed; their pairs are left out",
            ExperimentWarning,
            stacklevel=4,
        )
    size = plan.replicates * sum(each.condition in log.conditions for each in plan.variants)
    if (missing := size - len(log.runs)) > 0:
        warnings.warn(
            f"{log.path} is unfinished: {missing} of {size} runs are missing, and their "
            f"pairs are left out; continue with: peckham resume {log.path}",
            ExperimentWarning,
            stacklevel=4,
        )


def common(*tables: pd.DataFrame, measure: str) -> list[pd.Series]:
    """Return a measure of runs that all tables have and define, in the same order of seeds."""
    columns = [
        pd.Series(table[measure].to_numpy(float, na_value=np.nan), table.index).dropna()
        for table in tables
    ]
    seeds = columns[0].index
    for column in columns[1:]:
        seeds = seeds[seeds.isin(column.index)]
    return [column.loc[seeds] for column in columns]
