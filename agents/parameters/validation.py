"""From plain data to a `ModelSpec`, with errors that a person can act on."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from peckham.agents.interventions.adaptive_test import AdaptiveTest
from peckham.agents.interventions.responsive_oversight import ResponsiveOversight
from peckham.agents.interventions.set import Setting
from peckham.agents.measures.registry import selected_measures
from peckham.agents.oversight.channels import channels_of

from .paths import PathError, class_of, name_of, replaced
from .registry import Block, parts
from .spec import PART_FIELDS, ModelSpec


class SpecError(ValueError):
    """A setting is wrong: which one, what is allowed, what came, and the way out.

    Attributes
    ----------
    path : str
        The setting.
    is_missing : bool
        Whether all that is wrong is that it was left out.
    """

    def __init__(self, path: str, message: str, *, is_missing: bool = False) -> None:
        self.path = path
        self.is_missing = is_missing
        super().__init__(f"{path}: {message}" if path else message)


def resolve(raw: Mapping[str, Any]) -> ModelSpec:
    """Return the validated parameters of a run, every default filled in.

    Parameters
    ----------
    raw : mapping
        Blocks and values as an experiment file has them.

    Raises
    ------
    SpecError
        If anything is unknown, of the wrong type, out of range, or does not
        fit together.
    """
    spec = validated(raw)
    check_fit(spec)
    return spec


def validated(raw: Mapping[str, Any]) -> ModelSpec:
    """Return the parameters with every block validated, but not whether the blocks fit."""
    return translated(ModelSpec, dict(raw))


def translated(block: type[Any], raw: dict[str, Any]) -> Any:
    """Validate plain data as a block, with errors turned into `SpecError`."""
    try:
        return block.model_validate(raw)
    except ValidationError as error:
        # a key that nobody knows explains one that is missing
        details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")
        path, message = explain(details[0], block, raw)
        more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
        left_out = all(detail["type"] == "missing" for detail in details)
        raise SpecError(path, message + more, is_missing=left_out) from None


def check_fit(spec: ModelSpec) -> None:
    """Check what no block can know alone.

    Raises
    ------
    SpecError
        If blocks do not fit together.
    """
    genes, beliefs = spec.population.beliefs_per_agent, spec.landscape.size
    check_population(spec)
    if genes > beliefs:
        raise SpecError(
            "population.beliefs_per_agent",
            f"must be at most landscape.beliefs, {beliefs}, got {genes}; lower it or add beliefs",
        )
    for generation in spec.record.agents_at:
        if generation >= spec.generations:
            raise SpecError(
                "record.agents_at",
                f"must be below generations, {spec.generations}, got {generation}",
            )
    try:
        measures = selected_measures(spec.record.measures, spec.landscape.cluster_names)
    except ValueError as error:
        raise SpecError("record.measures", str(error)) from None
    if spec.oversight.sanction == "removal" and spec.conduct.episodes == "expected":
        raise SpecError(
            "oversight.sanction", "removal needs single episodes; set conduct.episodes to sampled"
        )
    check_interventions(spec, {measure.name for measure in measures})


def check_population(spec: ModelSpec) -> None:
    """Check that nothing is asked of beliefs where there are none, or of a trait beside them.

    Raises
    ------
    SpecError
        If so.
    """
    build, inside = spec.reproduction, spec.population.beliefs_per_agent > 0
    if inside and spec.population.alignment is not None:
        raise SpecError(
            "population.alignment",
            "is of the trait population (beliefs_per_agent 0); with beliefs, these decide; "
            "leave it out",
        )
    if inside and build.alignment_sd > 0:
        raise SpecError(
            "reproduction.alignment_sd",
            f"is of the trait population (beliefs_per_agent 0), got {build.alignment_sd:g}; "
            "leave it out",
        )
    if inside:
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
    """Check that interventions have different names, and triggers that are recorded.

    Raises
    ------
    SpecError
        If not.
    """
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
        if isinstance(intervention, ResponsiveOversight) and not is_audited(spec):
            raise SpecError(
                path, "nobody is ever caught where oversight.level is 0, so it would do nothing"
            )
        if (
            isinstance(intervention, AdaptiveTest)
            and intervention.max_questions is not None
            and intervention.max_questions < spec.battery.questions
        ):
            raise SpecError(
                f"{path}.max_questions",
                f"must be at least battery.questions, {spec.battery.questions}, "
                f"got {intervention.max_questions}",
            )


def with_setting(spec: ModelSpec, path: str, value: Any) -> ModelSpec:
    """Return the parameters with another value at a path, checked like any other.

    Raises
    ------
    SpecError
        If there is no such parameter, or the value is wrong for it.
    """
    try:
        return resolve(replaced(spec.model_dump(), path, value))
    except PathError as error:
        raise SpecError(path, str(error)) from None


def is_audited(spec: ModelSpec) -> bool:
    """Return whether oversight audits anybody, at the start or once it has been set to."""
    later = [i.path for i in spec.interventions if isinstance(i, Setting)]
    return channels_of(spec.oversight).audit > 0 or any(p.startswith("oversight") for p in later)


def explain(error: ErrorDetails, block: type[Block], raw: Any) -> tuple[str, str]:
    """Return the path of a setting and what is wrong with it."""
    keys, owner = walk(error["loc"], block, raw)
    kind, got, ctx = error["type"], error["input"], error.get("ctx", {})
    path = ".".join(keys)
    if kind == "extra_forbidden":
        return path, unknown_key(keys[-1], owner)
    if kind == "missing":
        return path, "is required; give it a value"
    if kind in ("union_tag_invalid", "union_tag_not_found") or (
        kind == "literal_error" and keys[-1] == "kind" and keys[-2] in PART_FIELDS
    ):
        if kind == "literal_error":
            return path, unknown_kind(got, keys[-2])
        got_kind = got.get("kind") if isinstance(got, dict) else got
        if not isinstance(got, dict):
            return path, f"must be a block with a kind, got {got!r}"
        return f"{path}.kind", unknown_kind(got_kind, family_key(keys))
    if kind == "value_error":
        return path, str(ctx["error"])
    return path, f"must be {allowed(error, owner, keys)}, got {got!r}"


def walk(
    loc: tuple[str | int, ...], block: type[Block], raw: Any
) -> tuple[list[str], type[Block] | None]:
    """Follow pydantic's location; return the path as users write it and the block it ends in."""
    keys: list[str] = []
    owner: type[Block] | None = block
    node = raw
    key = ""
    tagged = False
    places = list(loc)
    while places:
        place = places.pop(0)
        if tagged and isinstance(place, str):  # the tag of a union, not a key
            tagged = False
            continue
        if isinstance(place, int):
            node = node[place] if isinstance(node, list) and place < len(node) else None
            name = name_of(node)
            keys.append(in_one_line(name) if name else str(place))
        else:
            keys.append(place)
            key = place
            node = node.get(place) if isinstance(node, dict) else None
        if places and not isinstance(node, list):
            owner = class_of(key, node, owner)
        if key in PART_FIELDS and len(parts(PART_FIELDS[key])) > 1:
            tagged = isinstance(place, int) if key == "interventions" else place == key
    return keys, owner


def in_one_line(name: object) -> str:
    """Return a name as text, escaped where it would break the line."""
    return str(name) if str(name).isprintable() else repr(name)


def family_key(keys: list[str]) -> str:
    """Return the last key of a path that holds parts."""
    return next(key for key in reversed(keys) if key in PART_FIELDS)


def unknown_key(key: str, owner: type[Block] | None) -> str:
    """Say that a key is unknown, and which one was perhaps meant."""
    known = list(owner.model_fields) if owner is not None else []
    return f"unknown key; {suggestion(key, known)}"


def unknown_kind(kind: object, key: str) -> str:
    """Say that a kind is unknown, and which one was perhaps meant."""
    known = list(parts(PART_FIELDS[key]))
    if kind is None:
        return f"is required ({', '.join(known)})"
    return f"unknown kind {kind!r}; {suggestion(str(kind), known)}"


def suggestion(word: str, known: list[str]) -> str:
    """Return the nearest of some names, and all of them."""
    near = get_close_matches(word, known, 1, cutoff=0.5)
    listed = f"known: {', '.join(known)}"
    return f"did you mean {near[0]!r}? ({listed})" if near else listed


NOUNS = {
    "int": "a whole number",
    "float": "a number",
    "string": "a text",
    "bool": "true or false",
    "list": "a list",
    "dict": "a mapping",
    "model": "a block",
    "finite": "a finite number",
}

BOUNDS = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}


def rules(owner: type[Block] | None, key: str) -> list[Any]:
    """Return what a field demands of its value, whether or not it may be left empty."""
    field = owner.model_fields.get(key) if owner is not None else None
    if field is None:
        return []
    inner = [rule for choice in get_args(field.annotation) for rule in get_args(choice)[1:]]
    flat = [
        deep for rule in (*field.metadata, *inner) for deep in getattr(rule, "metadata", [rule])
    ]
    return flat


def allowed(error: ErrorDetails, owner: type[Block] | None, keys: list[str]) -> str:
    """Say what a setting may be, by the error and the bounds of its field."""
    kind, ctx = error["type"], error.get("ctx", {})
    noun = next((noun for word, noun in NOUNS.items() if kind.startswith(word)), None)
    bounds = [
        words.format(f"{getattr(rule, bound):g}")
        for rule in rules(owner, keys[-1])
        for bound, words in BOUNDS.items()
        if getattr(rule, bound, None) is not None
    ]
    if kind == "literal_error":
        return str(ctx["expected"]).replace("'", "")
    if kind == "string_pattern_mismatch":
        return "a name of letters, digits, _, + and -"
    if kind == "too_short":
        return "a list that is not empty"
    if noun is not None:
        return " ".join([noun, " and ".join(bounds)]).strip()
    if bounds:
        return " and ".join(bounds)
    for bound, words in BOUNDS.items():
        if bound in ctx:
            return words.format(ctx[bound])
    return f"valid ({error['msg']})"
