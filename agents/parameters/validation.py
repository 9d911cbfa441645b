"""From plain data to a `ModelSpec`, with errors that users can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from peckham.agents.interventions.adaptive_test import AdaptiveTest
from peckham.agents.interventions.responsive_oversight import CAUGHT, OF_AUDITS, ResponsiveOversight
from peckham.agents.interventions.set import Setting
from peckham.agents.measures.registry import selected_measures
from peckham.agents.selection.rules import IN_PYTHON, number_of

from .messages import explain
from .paths import PathError, replaced
from .spec import ModelSpec


class SpecError(ValueError):
    """A setting is wrong. The message names it, what is allowed, what came, and the way out.

    Attributes
    ----------
    path : str
        The setting.
    is_missing : bool
        Whether the only error is that required settings are missing.
    """

    def __init__(self, path: str, message: str, *, is_missing: bool = False) -> None:
        self.path = path
        self.is_missing = is_missing
        super().__init__(f"{path}: {message}" if path else message)


def resolve(raw: Mapping[str, Any]) -> ModelSpec:
    """Return the validated parameters of a run, with all defaults filled in.

    Parameters
    ----------
    raw : mapping
        Blocks and values as in an experiment file.

    Raises
    ------
    SpecError
        If a setting is unknown, has the wrong type, is out of range, or
        conflicts with another.
    """
    spec = validated(raw)
    check_fit(spec)
    return spec


def validated(raw: Mapping[str, Any]) -> ModelSpec:
    """Validate each block; `check_fit` checks that the blocks fit together."""
    check_is_a_run(raw)
    data = dict(raw)
    try:
        return ModelSpec.model_validate(data)
    except ValidationError as error:
        # an unknown key often explains a missing one
        details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        path, message = explain(details[0], ModelSpec, data)
        more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
        is_missing = all(detail["type"] == "missing" for detail in details)
        raise SpecError(path, message + more, is_missing=is_missing) from None


OF_EXPERIMENTS = (
    "name", "description", "source", "seed", "replicates", "controls", "conditions", "sweep",
)  # fmt: skip
"""Keys of an experiment that are no parameters of a run."""


def check_is_a_run(raw: object) -> None:
    """Refuse what names an experiment, or is one, and say how to get the parameters of a run."""
    if not isinstance(raw, Mapping):
        raise SpecError(
            "spec",
            f"must be a mapping of blocks or a ModelSpec, got {raw!r}; peckham.experiments.read "
            "reads files and scenarios, and its result has the blocks in .base",
        )
    for key in OF_EXPERIMENTS:
        if key in raw:
            raise SpecError(
                key,
                "is of an experiment, and a run has only its blocks; leave it out, or use "
                "peckham.experiments.read(...).base",
            )


def check_fit(spec: ModelSpec) -> None:
    """Check that the blocks fit together; raise `SpecError` if not."""
    genes, beliefs = spec.population.beliefs_per_agent, spec.landscape.size
    check_population(spec)
    if genes > beliefs:
        raise SpecError(
            "population.beliefs_per_agent",
            f"must be at most landscape.beliefs, {beliefs}, got {genes}; lower it or add beliefs",
        )
    for generation in spec.record.agents_at:
        if generation >= spec.generations:
            message = f"must be below generations, {spec.generations}, got {generation}"
            raise SpecError("record.agents_at", message)
    try:
        measures = selected_measures(spec.record.measures, spec.landscape.cluster_names)
    except ValueError as error:
        raise SpecError("record.measures", str(error)) from None
    removes, rule = spec.oversight.sanction == "removal", spec.selection
    has_weights = rule.has_weights and number_of(rule)[0] != IN_PYTHON
    if removes and spec.conduct.episodes == "expected" and not has_weights:
        raise SpecError(
            "oversight.sanction",
            "removal with expected episodes needs a rule with weights (softmax), got "
            f"{rule.kind}; set conduct.episodes to sampled",
        )
    recorded = {measure.name for measure in measures}
    if spec.stop_when is not None and spec.stop_when.measure not in recorded:
        raise SpecError(
            "stop_when.measure",
            f"{spec.stop_when.measure!r} is not recorded; "
            "name one of record.measures (see `peckham columns`)",
        )
    check_interventions(spec, recorded)


def check_population(spec: ModelSpec) -> None:
    """Check that settings match the population: agents with beliefs, or with traits only."""
    build, has_beliefs = spec.reproduction, spec.population.beliefs_per_agent > 0
    if has_beliefs and spec.population.alignment is not None:
        message = "applies only to the trait population (beliefs_per_agent 0); leave it out"
        raise SpecError("population.alignment", message)
    if has_beliefs and build.alignment_sd > 0:
        message = (
            "applies only to the trait population (beliefs_per_agent 0), "
            f"got {build.alignment_sd:g}; leave it out"
        )
        raise SpecError("reproduction.alignment_sd", message)
    if has_beliefs:
        return
    if build.mutation_rate > 0:
        raise SpecError(
            "reproduction.mutation_rate",
            f"needs beliefs, got {build.mutation_rate:g}; the trait population mutates by "
            "reproduction.alignment_sd",
        )
    if spec.battery.held_out > 0:
        raise SpecError("battery.held_out", "needs beliefs; leave it out")
    for intervention in spec.interventions:
        if intervention.kind in ("adaptive_test", "improving_evaluator"):
            raise SpecError(f"interventions.{intervention.name}", "needs beliefs; leave it out")


def check_interventions(spec: ModelSpec, recorded: set[str]) -> None:
    """Check that interventions have unique names, recorded triggers and valid settings."""
    names = [intervention.name for intervention in spec.interventions]
    for intervention in spec.interventions:
        path = f"interventions.{intervention.name}"
        if names.count(intervention.name) > 1:
            raise SpecError(path, "stands twice; give one of them another name")
        if intervention.when is not None and intervention.when.measure not in recorded:
            raise SpecError(
                f"{path}.when.measure",
                f"{intervention.when.measure!r} is not recorded; "
                "name one of record.measures (see `peckham columns`)",
            )
        if isinstance(intervention, Setting):
            try:
                bare = spec.model_copy(update={"interventions": []})
                with_setting(bare, intervention.path, intervention.value)
            except SpecError as error:
                raise SpecError(f"{path}.value", f"would set {error}") from None
        if isinstance(intervention, ResponsiveOversight):
            if intervention.on in OF_AUDITS and not is_audited(spec):
                message = (
                    "oversight.level is 0, so it would do nothing; set oversight.level above 0"
                )
                raise SpecError(path, message)
            if intervention.on not in {*recorded, CAUGHT}:
                raise SpecError(
                    f"{path}.on",
                    f"{intervention.on!r} is not recorded; "
                    "name one of record.measures (see `peckham columns`)",
                )
        if isinstance(intervention, AdaptiveTest) and intervention.max_questions is not None:
            questions, most = spec.battery.questions, intervention.max_questions
            if most < questions:
                message = f"must be at least battery.questions, {questions}, got {most}"
                raise SpecError(f"{path}.max_questions", message)


def with_setting(spec: ModelSpec, path: str, value: Any) -> ModelSpec:
    """Return the parameters with another value at a path; raise `SpecError` if it is invalid."""
    block, _, field = path.partition(".")
    fields = type(getattr(spec, block)).model_fields if block in ModelSpec.model_fields else ()
    if field in fields and field != "kind":
        return with_block(spec, block, {field: value})
    try:
        return resolve(replaced(spec.model_dump(), path, value))
    except PathError as error:
        raise SpecError(path, str(error)) from None


def with_block(spec: ModelSpec, block: str, settings: Mapping[str, Any]) -> ModelSpec:
    """Return the parameters with other values in one block.

    Only that block is validated again. Raise `SpecError` if a field is
    unknown or a value is invalid.
    """
    old = getattr(spec, block)
    try:
        new = type(old).model_validate({**dict(old), **settings})
    except ValidationError:  # validate plain data instead, for a message with the full path
        new = getattr(validated({**spec.model_dump(), block: old.model_dump() | settings}), block)
    changed = spec.model_copy(update={block: new})
    check_fit(changed)
    return changed


def is_audited(spec: ModelSpec) -> bool:
    """Return whether oversight audits agents at the start, or may do so after an intervention."""
    later = [i.path for i in spec.interventions if isinstance(i, Setting)]
    return spec.oversight.channels().audit > 0 or any(p.startswith("oversight") for p in later)
