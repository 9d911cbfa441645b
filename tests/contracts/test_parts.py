"""What every registered part promises, whichever kind it is.

The tests run over the registry, so that a new file in a family's folder is held
to them without being listed here. A part whose required parameters cannot be
guessed gets an entry in `EXAMPLES`.
"""

from __future__ import annotations

import itertools
import json
import math
import pickle
import random
import re
import warnings
from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

import numpy as np
import pytest
from pydantic import ValidationError

from peckham.agents import PopulationModel, resolve
from peckham.agents.parameters.registry import FAMILIES, Block, parts

EXAMPLES: dict[str, dict[str, Any]] = {
    "Cluster": {"name": "A", "share": 1.0},
    "When": {"measure": "proxy", "above": 0.0},
    "Setting": {"path": "selection.beta", "value": 2.0, "interval": 2},
    "Budget": {"audits": 5},
}
"""Required parameters, by the name of the class."""

RANGES: dict[str, tuple[float | None, float | None]] = {
    "beliefs": (1, None),
    "questions": (1, None),
    "held_out": (0, None),
    "density": (0, 1),
    "coverage": (0, 1),
    "correlation": (0, 1),
    "dimensions": (1, None),
    "base_probability": (0, 1),
    "noise": (0, None),
    "rho": (-1, 1),
    "global_correlation": (-1, 1),
    "sigma_v": (0, None),
    "sigma_a": (0, None),
    "sigma_e": (0, None),
    "sigma_cause": (0, None),
    "beta": (0, None),
    "entrants": (1, None),
    "bounty": (0, None),
    "interval": (1, None),
    "start": (0, None),
    "target": (-1, 1),
    "rate": (0, 1),
}
"""Ranges of parameters whose names mean the same in every kind."""

OWN_DEFAULTS = {("landscape", "beliefs", "table"), ("intervention", "interval", None)}
"""(family, parameter, kind or None for all): shared parameters with defaults of their own."""


def of(*families: str) -> list[Any]:
    """Return the parts of some families as parameters of a test."""
    return [
        pytest.param(part, id=f"{family}-{kind}")
        for family in families
        for kind, part in parts(family).items()
    ]


def leaves(annotation: Any) -> set[Any]:
    """Return the plain types inside an annotation."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return leaves(get_args(annotation)[0])
    if origin in (Union, UnionType, list):
        return {leaf for inner in get_args(annotation) for leaf in leaves(inner)}
    return {annotation}


def holds_a_list(annotation: Any) -> bool:
    """Return whether an annotation allows a list."""
    choices = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else [annotation]
    bare = [get_args(c)[0] if get_origin(c) is Annotated else c for c in choices]
    return any(get_origin(choice) is list for choice in bare)


def nested(block: type[Block]) -> set[type[Block]]:
    """Return the blocks that stand inside a block, however deep."""
    inside = {
        leaf
        for field in block.model_fields.values()
        for leaf in leaves(field.annotation)
        if isinstance(leaf, type) and issubclass(leaf, Block)
    }
    return inside.union(*(nested(inner) for inner in inside))


PARTS = of(*FAMILIES)
INSIDE = {block for part in PARTS for block in nested(part.values[0])}
BLOCKS = [*PARTS, *(pytest.param(block, id=block.__name__) for block in sorted(INSIDE, key=str))]
NUMBERS = [
    pytest.param(block.values[0], name, id=f"{block.id}-{name}")
    for block in BLOCKS
    for name, field in block.values[0].model_fields.items()
    if leaves(field.annotation) & {int, float}
]


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return the path of a small table of beliefs."""
    path = tmp_path_factory.mktemp("tables") / "beliefs.csv"
    rows = [f"{v},{a},{c}" for v, a, c in itertools.product((-1, 0.5, 2), (-2, 0, 1), "xyz")]
    path.write_text("value,signal,cluster\n" + "\n".join(rows) + "\n")
    return str(path)


@pytest.fixture(scope="session")
def example(table: str) -> Any:
    """Return a function that gives the required parameters of a block."""

    def required(block: type[Block]) -> dict[str, Any]:
        given = dict(EXAMPLES.get(block.__name__, {}))
        if block.__name__ == "Table":
            given["path"] = table
        missing = [n for n, f in block.model_fields.items() if f.is_required() and n not in given]
        assert not missing, f"add the parameters {missing} of {block.__name__} to EXAMPLES"
        return given

    return required


def documented(block: type[Block], *, inherited: bool) -> dict[str, str]:
    """Return what the Parameters section of a docstring says of each parameter."""
    found: dict[str, str] = {}
    for owner in block.__mro__ if inherited else (block,):
        text = owner.__dict__.get("__doc__") or ""
        section = re.search(r"\n +Parameters\n +-+\n(.*?)(?=\n\s*\n *\w+\n *---|\Z)", text, re.S)
        if section is None:
            continue
        entries = re.findall(
            r"^    (\w+(?:, \w+)*) : [^\n]*\n((?:(?: {5,}[^\n]*)?\n)*)",
            section[1].rstrip() + "\n",
            re.M,
        )
        for names, meaning in entries:
            for name in names.split(", "):
                found.setdefault(name, " ".join(meaning.split()))
    return found


def refused(block: type[Block], given: dict[str, Any], name: str, value: object) -> bool:
    """Return whether a value is refused, for the sake of this parameter and no other."""
    if holds_a_list(block.model_fields[name].annotation):
        value = [value]
    try:
        block(**{**given, name: value})
    except ValidationError as error:
        return all(detail["loc"][:1] == (name,) for detail in error.errors())
    return False


def beyond(bound: float, whole: bool, direction: int) -> float:
    """Return the nearest number on the other side of a bound."""
    return int(bound) + direction if whole else math.nextafter(bound, direction * math.inf)


# ------------------------------------------------------------ every part


@pytest.mark.parametrize("part", PARTS)
def test_docstring_has_a_summary_and_every_parameter(part: Any) -> None:
    assert part.summary() == part.__doc__.strip().splitlines()[0]
    assert part.summary().endswith(".")
    parameters = {name for name in part.model_fields if name != "kind"}
    known = documented(part, inherited=True)
    assert parameters <= known.keys()
    assert all(known[name] for name in parameters)
    assert documented(part, inherited=False).keys() <= parameters


@pytest.mark.parametrize("part", PARTS)
def test_source_is_given(part: Any) -> None:
    assert isinstance(part.source, str)
    assert len(part.source) > 5


@pytest.mark.parametrize("part", PARTS)
def test_kind_is_the_name_of_its_file_and_chooses_it(part: Any, example: Any) -> None:
    kind = part.model_fields["kind"].default
    folder = FAMILIES[part.family][0]
    assert part.__module__ == f"peckham.agents.{folder}.{kind}"
    block = {"kind": kind, **example(part)}
    if part.family == "proposal":
        chosen = resolve({"reproduction": {"proposal": block}}).reproduction.proposal
    elif part.family in ("scaling", "detection"):
        chosen = getattr(resolve({"oversight": {part.family: block}}).oversight, part.family)
    elif part.family == "intervention":
        spec = {"interventions": [block], "oversight": {"level": 0.3}}
        (chosen,) = resolve(spec).interventions
        assert chosen.name == kind
    else:
        spec = {part.family: block, "population": {"beliefs_per_agent": 1}}
        chosen = getattr(resolve(spec), part.family)
    assert type(chosen) is part
    assert chosen.kind == kind


@pytest.mark.parametrize("block", BLOCKS)
def test_plain_data_round_trip(block: Any, example: Any) -> None:
    made = block(**example(block))
    assert block.model_validate(made.model_dump()) == made
    assert block.model_validate(json.loads(json.dumps(made.model_dump(mode="json")))) == made


@pytest.mark.parametrize("block", BLOCKS)
def test_pickles(block: Any, example: Any) -> None:
    made = block(**example(block))
    again = pickle.loads(pickle.dumps(made))
    assert again == made
    assert type(again) is block


@pytest.mark.parametrize("block", BLOCKS)
def test_frozen(block: Any, example: Any) -> None:
    made = block(**example(block))
    for name in block.model_fields:
        with pytest.raises(ValidationError, match="frozen"):
            setattr(made, name, getattr(made, name))


@pytest.mark.parametrize("block", BLOCKS)
def test_refuses_an_unknown_key(block: Any, example: Any) -> None:
    with pytest.raises(ValidationError, match="extra_forbidden"):
        block(**example(block), no_such_parameter=1)


@pytest.mark.parametrize(("block", "name"), NUMBERS)
def test_refuses_what_is_no_finite_number(block: Any, name: str, example: Any) -> None:
    wrong: list[object] = ["1", "text", True, [1], {}, math.nan, math.inf, -math.inf]
    if float not in leaves(block.model_fields[name].annotation):
        wrong.append(1.5)
    accepted = [value for value in wrong if not refused(block, example(block), name, value)]
    assert accepted == []


@pytest.mark.parametrize(("block", "name"), NUMBERS)
def test_refuses_what_is_out_of_range(block: Any, name: str, example: Any) -> None:
    """Ranges are those that the docstring states and those that go with the name."""
    meaning = documented(block, inherited=True).get(name, "")
    low, high = RANGES.get(name, (None, None))
    strict = False
    if span := re.search(r"(-?\d+)\.\.(-?\d+)", meaning):
        low, high = float(span[1]), float(span[2])
    elif least := re.search(r"at least (-?\d+)", meaning):
        low = float(least[1])
    elif above := re.search(r"above (-?\d+)", meaning):
        low, strict = float(above[1]), True
    if name in RANGES:
        assert (low, high) == RANGES[name]
    whole = float not in leaves(block.model_fields[name].annotation)
    for bound, direction in ((low, -1), (high, 1)):
        if bound is None:
            continue
        at = int(bound) if whole else float(bound)
        assert refused(block, example(block), name, beyond(bound, whole, direction))
        assert refused(block, example(block), name, at) == (strict and bound == low)


@pytest.mark.parametrize("family", FAMILIES)
def test_shared_parameters_have_one_default(family: str) -> None:
    """So that choosing another kind leaves alone what the kinds have in common."""
    seen: dict[str, tuple[str, object]] = {}
    for kind, part in parts(family).items():
        for name, field in part.model_fields.items():
            own = {(family, name, kind), (family, name, None)} & OWN_DEFAULTS
            if name == "kind" or field.is_required() or own:
                continue
            default = field.get_default(call_default_factory=True)
            first, expected = seen.setdefault(name, (kind, default))
            assert default == expected, f"{name} differs between {first} and {kind}"


@pytest.mark.parametrize("family", FAMILIES)
def test_default_kind_is_registered(family: str) -> None:
    default = FAMILIES[family][1]
    assert default is None or default in parts(family)


# ------------------------------------------------------------ landscapes


def sizes(part: Any, given: dict[str, Any]) -> list[Any]:
    """Return a landscape with several numbers of beliefs, where they can be chosen."""
    if part.model_fields["beliefs"].default is None:
        return [part(**given)]
    return [part(**given, beliefs=beliefs) for beliefs in (1, 2, 57)]


@pytest.mark.parametrize("part", of("landscape"))
def test_landscape_is_well_formed(part: Any, example: Any) -> None:
    for landscape in sizes(part, example(part)):
        drawn = landscape.draw(np.random.default_rng(3))
        assert drawn.size == landscape.size
        for column in (drawn.value, drawn.signal, drawn.signal0):
            assert column.shape == (landscape.size,)
            assert column.dtype == np.float64
            assert np.isfinite(column).all()
        assert np.array_equal(drawn.signal, drawn.signal0)
        assert drawn.clusters == landscape.cluster_names
        assert drawn.cluster.shape == (landscape.size,)
        if drawn.clusters:
            assert drawn.cluster.min() >= 0
            assert drawn.cluster.max() < len(drawn.clusters)
        else:
            assert (drawn.cluster == -1).all()
        assert -1 <= drawn.nominal_correlation <= 1


@pytest.mark.parametrize("part", of("landscape"))
def test_landscape_depends_on_its_generator_alone(part: Any, example: Any) -> None:
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    for landscape in sizes(part, example(part)):
        one, two = (landscape.draw(np.random.default_rng(7)) for _ in range(2))
        assert np.array_equal(one.value, two.value)
        assert np.array_equal(one.signal, two.signal)
        assert np.array_equal(one.cluster, two.cluster)
    assert np.array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


@pytest.mark.parametrize("part", of("landscape"))
def test_landscapes_share_no_array(part: Any, example: Any) -> None:
    """Who changes the beliefs of one run changes those of no other."""
    landscape = part(**example(part))
    one = landscape.draw(np.random.default_rng(7))
    before = arrays(one)
    for column in (one.value, one.signal, one.signal0, one.cluster):
        if column.flags.writeable:
            column += 1
    after = arrays(landscape.draw(np.random.default_rng(7)))
    assert all(np.array_equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize("part", of("landscape"))
def test_relabelling_leaves_the_first_signal(part: Any, example: Any) -> None:
    drawn = part(**example(part)).draw(np.random.default_rng(7))
    first, changed = drawn.signal.copy(), drawn.relabelled(drawn.signal + 1)
    assert np.array_equal(changed.signal, first + 1)
    assert np.array_equal(changed.signal0, first)
    assert np.array_equal(drawn.signal, first)


# ------------------------------------------------------------ batteries


def variants(part: Any, given: dict[str, Any]) -> list[Any]:
    """Return a battery with its defaults, and with each share at both its ends."""
    shares = [name for name in part.model_fields if RANGES.get(name) == (0, 1)]
    return [part(**given), *(part(**given, **{name: end}) for name in shares for end in (0.0, 1.0))]


@pytest.mark.parametrize(("beliefs", "questions"), [(1, 1), (40, 1), (1, 30), (60, 15)])
@pytest.mark.parametrize("part", of("battery"))
def test_battery_is_well_formed(part: Any, beliefs: int, questions: int, example: Any) -> None:
    for made in variants(part, example(part)):
        rng = np.random.default_rng(5)
        battery = made.draw(made.structure(beliefs, rng), beliefs, questions, rng)
        assert (battery.beliefs, battery.questions) == (beliefs, questions)
        assert battery.start[0] == 0
        assert battery.start[-1] == battery.question.size
        assert (np.diff(battery.start) >= 0).all()
        assert (battery.question < questions).all()
        assert battery.weight.size in (0, battery.question.size)
        assert (battery.weight > 0).all()
        assert np.isfinite(battery.weight).all()
        assert not battery.on_value.any()
        expected = np.zeros((beliefs, questions))
        for b in range(beliefs):
            entries = range(battery.start[b], battery.start[b + 1])
            assert len({int(battery.question[e]) for e in entries}) == len(entries)
            for e in entries:
                expected[b, battery.question[e]] = battery.weight[e] if battery.weight.size else 1
        assert np.array_equal(battery.dense(), expected)


@pytest.mark.parametrize("part", of("battery"))
def test_battery_depends_on_its_generator_alone(part: Any, example: Any) -> None:
    before = np.random.get_state()[1].copy(), random.getstate()  # noqa: NPY002
    made = part(**example(part))
    drawn = []
    for seed in (7, 7, 8):
        rng = np.random.default_rng(seed)
        drawn.append(made.draw(made.structure(60, rng), 60, 15, rng).dense())
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])
    assert np.array_equal(np.random.get_state()[1], before[0])  # noqa: NPY002
    assert random.getstate() == before[1]


@pytest.mark.parametrize("part", of("battery"))
def test_battery_takes_a_further_question(part: Any, example: Any) -> None:
    made = part(**example(part))
    rng = np.random.default_rng(5)
    battery = made.draw(made.structure(20, rng), 20, 6, rng)
    before = battery.dense()
    activated = np.arange(20) % 3 == 0
    for scored_on in ("signal", "value"):
        more = battery.with_question(activated, scored_on=scored_on)
        assert more.questions == 7
        assert np.array_equal(more.dense()[:, :6], before)
        assert np.array_equal(more.dense()[:, 6], activated)
        assert list(more.on_value) == [False] * 6 + [scored_on == "value"]
    assert np.array_equal(battery.dense(), before)


# ------------------------------------------------------------ selection

ORDINARY = np.random.default_rng(11).normal(size=40)


def rules(part: Any, given: dict[str, Any]) -> list[Any]:
    """Return a selection rule as it is, and under no and under absurd pressure."""
    if "beta" not in part.model_fields:
        return [part(**given)]
    return [part(**given), *(part(**{**given, "beta": beta}) for beta in (0.0, 1e6))]


@pytest.mark.parametrize("size", [1, 2, 40])
@pytest.mark.parametrize("part", of("selection"))
def test_parents_are_slots(part: Any, size: int, example: Any) -> None:
    for rule in rules(part, example(part)):
        parentage = rule.select(ORDINARY[:size].copy(), np.random.default_rng(1))
        assert parentage.parents.shape == parentage.born.shape == (size,)
        assert parentage.parents.min() >= 0
        assert parentage.parents.max() < size
        assert parentage.born.dtype == np.bool_
        kept = ~parentage.born
        assert np.array_equal(parentage.parents[kept], np.flatnonzero(kept))


@pytest.mark.parametrize("part", of("selection"))
def test_unborn_slots_stay_as_they_are(part: Any, example: Any) -> None:
    """Whoever was not replaced keeps identity, genome, traits and scores, at full mutation too."""
    kind = part.model_fields["kind"].default
    for rates in ({"mutation_rate": 1.0}, {"mutation_rate": 1.0, "recombination_rate": 1.0}):
        spec = {**SMALL, "selection": {"kind": kind, **example(part)}, "reproduction": rates}
        model = PopulationModel(spec, seed=6)
        kept = 0
        while model.running:
            before = {agent.unique_id: occupant(agent) for agent in model.agents}
            model.step()
            for agent in model.agents:
                if agent.unique_id in before:
                    assert occupant(agent) == before[agent.unique_id]
                    kept += 1
        overlapping = (
            not part(**example(part)).select(ORDINARY, np.random.default_rng(1)).born.all()
        )
        assert (kept > 0) == overlapping


def occupant(agent: Any) -> tuple[Any, ...]:
    """Return what a model agent is."""
    traits = ("lineage", "schemer", "capability", "proxy", "true_value", "deceptive_share")
    return agent.slot, agent.beliefs.tolist(), *(getattr(agent, trait) for trait in traits)


@pytest.mark.parametrize("part", of("selection"))
def test_selection_favours_the_fitter(part: Any, example: Any) -> None:
    """Or nobody, if it is neutral: offspring of the fitter and the less fit half, 400 times."""
    for rule in rules(part, example(part)):
        rng = np.random.default_rng(8)
        fitness = np.repeat([0.0, 1.0], 20)
        children = sum((rule.select(fitness, rng).parents >= 20).mean() for _ in range(400)) / 400
        if part.model_fields["kind"].default == "neutral" or getattr(rule, "beta", 1.0) == 0:
            assert children == pytest.approx(0.5, abs=0.02)
        else:
            assert children > 0.6


@pytest.mark.parametrize("part", of("selection"))
def test_ties_are_random(part: Any, example: Any) -> None:
    """Where all are equally fit, every slot has one child on average (6 standard errors)."""
    for rule in rules(part, example(part)):
        rng = np.random.default_rng(8)
        offspring = np.zeros(10)
        for _ in range(3000):
            offspring += np.bincount(rule.select(np.full(10, 0.3), rng).parents, minlength=10)
        error = np.sqrt(2.5 / 3000)  # the variance is at most that of 5 survivors' offspring, 2
        assert np.abs(offspring / 3000 - 1).max() < 6 * error


@pytest.mark.parametrize("part", of("selection"))
def test_clones_that_differ_by_rounding_tie(part: Any, example: Any) -> None:
    """No rule takes the last bits of a sum for fitness."""
    for rule in rules(part, example(part)):
        fitness = 0.3 + np.arange(20) * 1e-16
        offspring = np.zeros(20)
        rng = np.random.default_rng(8)
        for _ in range(500):
            offspring += np.bincount(rule.select(fitness, rng).parents, minlength=20)
        assert offspring.min() > 300


@pytest.mark.parametrize("part", of("selection"))
def test_probabilities_sum_to_one(part: Any, example: Any) -> None:
    for rule in rules(part, example(part)):
        p = rule.select(ORDINARY.copy(), np.random.default_rng(1)).probabilities
        if p is not None:
            assert p.shape == ORDINARY.shape
            assert (p >= 0).all()
            assert p.sum() == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("part", of("selection"))
def test_selection_is_deterministic_and_leaves_fitness_alone(part: Any, example: Any) -> None:
    for rule in rules(part, example(part)):
        fitness = ORDINARY.copy()
        one, two = (rule.select(fitness, np.random.default_rng(9)) for _ in range(2))
        assert np.array_equal(one.parents, two.parents)
        assert np.array_equal(one.born, two.born)
        assert np.array_equal(fitness, ORDINARY)


@pytest.mark.parametrize("size", [1, 7, 40])
@pytest.mark.parametrize("part", of("selection"))
def test_exactly_as_many_uniforms_as_slots(part: Any, size: int, example: Any) -> None:
    """Rules that replace everybody at once take one uniform a slot, in slot order."""
    for rule in rules(part, example(part)):
        used, other = np.random.default_rng(2), np.random.default_rng(2)
        parentage = rule.select(ORDINARY[:size].copy(), used)
        if not parentage.born.all() or parentage.probabilities is None:
            pytest.skip("births one after another")
        uniforms = other.random(size)
        assert used.bit_generator.state == other.bit_generator.state
        expected = np.searchsorted(np.cumsum(parentage.probabilities), uniforms, side="right")
        assert np.array_equal(parentage.parents, np.minimum(expected, size - 1))


EXTREME = {
    "equal": np.full(6, 0.3),
    "all as large as can be": np.full(6, 1e308),
    "both ends": np.array([-1e308, 1e308, 0.0, 1e308, -1e308, 1.0]),
    "tiny": np.array([0.0, 5e-324, -5e-324, 0.0, 0.0, 0.0]),
}


@pytest.mark.parametrize("fitness", EXTREME.values(), ids=EXTREME.keys())
@pytest.mark.parametrize("part", of("selection"))
def test_extreme_fitness_does_no_harm(part: Any, fitness: np.ndarray, example: Any) -> None:
    for rule in rules(part, example(part)):
        with warnings.catch_warnings(), np.errstate(all="raise", under="ignore"):
            warnings.simplefilter("error")
            parentage = rule.select(fitness.copy(), np.random.default_rng(4))
        assert parentage.parents.min() >= 0
        assert parentage.parents.max() < fitness.size
        if parentage.probabilities is not None:
            assert parentage.probabilities.sum() == pytest.approx(1, abs=1e-12)
            if (fitness == fitness[0]).all():
                assert parentage.probabilities == pytest.approx(1 / fitness.size)


# ------------------------------------------------------------ proposals


@pytest.mark.parametrize("part", of("proposal"))
def test_proposals_weigh_every_belief(part: Any, example: Any) -> None:
    landscape = parts("landscape")["bivariate"](beliefs=57).draw(np.random.default_rng(3))
    before = arrays(landscape)
    weights = part(**example(part)).log_weights(landscape)
    assert weights is None or (weights.shape == (57,) and np.isfinite(weights).all())
    after = arrays(landscape)
    assert all(np.array_equal(after[name], before[name]) for name in before)


@pytest.mark.parametrize("rate", [0.02, 0.5, 1.0])
@pytest.mark.parametrize(("genes", "beliefs"), [(6, 60), (6, 9), (6, 6), (1, 2)])
@pytest.mark.parametrize("part", of("proposal"))
def test_no_belief_is_held_twice(
    part: Any, genes: int, beliefs: int, rate: float, example: Any
) -> None:
    proposal = {"kind": part.model_fields["kind"].default, **example(part)}
    for extreme in ({}, {name: 1e3 for name in part.model_fields if name != "kind"}):
        spec = {
            **SMALL,
            "population": {"size": 12, "beliefs_per_agent": genes},
            "landscape": {"kind": "bivariate", "beliefs": beliefs},
            "reproduction": {
                "mutation_rate": rate,
                "recombination_rate": 0.5,
                "proposal": {**proposal, **extreme},
            },
        }
        model = PopulationModel(spec, seed=3)
        while model.running:
            model.step()
            for genome in model.population.beliefs.tolist():
                assert len(set(genome)) == genes
                assert min(genome) >= 0
                assert max(genome) < beliefs


# ------------------------------------------------------------ oversight

LOOKS = [(s, r) for s in (0.0, 0.05, 0.5, 0.8, 1.0) for r in (0.0, 0.05, 0.5, 1.0)]
"""Sensitivities and false-positive rates of one look at one agent."""


@pytest.mark.parametrize("part", of("detection"))
def test_detection_gives_chances(part: Any, example: Any) -> None:
    """The same ones each time; from plain numbers, plain numbers."""
    made = part(**example(part))
    for look in LOOKS:
        rates = made.rates(*look)
        assert [type(rate) for rate in rates] == [float, float]
        assert all(0 <= rate <= 1 for rate in rates)
        assert made.rates(*look) == rates


@pytest.mark.parametrize("part", of("detection"))
def test_detection_is_no_worse_for_a_better_look(part: Any, example: Any) -> None:
    """What looks turn up more often is detected no less often, be it right or wrong."""
    made = part(**example(part))
    for (s, r), (more_s, more_r) in itertools.product(LOOKS, LOOKS):
        if more_s >= s and more_r >= r:
            rates, more = made.rates(s, r), made.rates(more_s, more_r)
            assert more[0] >= rates[0] - 1e-12
            assert more[1] >= rates[1] - 1e-12


@pytest.mark.parametrize("part", of("detection"))
def test_agents_are_caught_and_flagged_by_the_composite_rates(part: Any, example: Any) -> None:
    block = {"kind": part.model_fields["kind"].default, **example(part)}
    look = {"sensitivity": 0.7, "false_positive_rate": 0.1}
    oversight = {"level": 0.5, **look, "detection": block}
    spec = {**SMALL, "generations": 3, "oversight": oversight, "conduct": {"kind": "innate"}}
    model = PopulationModel(spec, seed=3)
    caught_by, flagged_by = part(**example(part)).rates(0.7, 0.1)
    assert model.spec.oversight.rates() == (caught_by, flagged_by)
    while model.running:
        model.step()
        found = model.evaluator.row
        q, d = found("deceiving"), found("deception_probability")
        np.testing.assert_allclose(found("caught"), q * 0.5 * caught_by * (1 - d), rtol=1e-12)
        np.testing.assert_allclose(found("wrongly_flagged"), (1 - q) * 0.5 * flagged_by, rtol=1e-12)


@pytest.mark.parametrize("part", of("scaling"))
def test_scaling_keeps_channels_in_their_range(part: Any, example: Any) -> None:
    """The same ones each time; no oversight stays none."""
    made = part(**example(part))
    for level, capability, agents in itertools.product((0.0, 0.4, 1.0), (0.0, 50.0, 100.0), (1, 7)):
        channels = resolve({"oversight": {"level": level}}).oversight.channels()
        scaled = made.scaled(channels, capability, agents)
        assert type(scaled) is type(channels)
        assert all(0 <= o <= 1 for o in scaled)
        assert level > 0 or not any(scaled)
        assert made.scaled(channels, capability, agents) == scaled


# ------------------------------------------------------------ interventions

SMALL = {
    "generations": 9,
    "population": {"size": 12, "beliefs_per_agent": 6},
    "landscape": {"kind": "clustered", "beliefs": 60},
    "battery": {"questions": 20, "density": 0.2},
    "reproduction": {"mutation_rate": 0.05},
    "oversight": {"level": 0.3},
}


def arrays(node: object, name: str = "") -> dict[str, Any]:
    """Return copies of everything that stands in a tree of data classes and named tuples."""
    names = [field.name for field in fields(node)] if is_dataclass(node) else []
    names += getattr(node, "_fields", ())
    if names:
        found: dict[str, Any] = {}
        for each in names:
            found |= arrays(getattr(node, each), f"{name}.{each}")
        return found
    return {name: np.array(node, copy=True)}


def bare(given: dict[str, Any]) -> dict[str, Any]:
    """Return required parameters without a schedule."""
    return {name: value for name, value in given.items() if name != "interval"}


def same(one: Any, other: Any) -> bool:
    """Return whether arrays are equal, undefined numbers included."""
    return np.array_equal(one, other) or (
        one.dtype.kind == other.dtype.kind == "f" and np.array_equal(one, other, equal_nan=True)
    )


def watched(part: Any, block: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[Any, list]:
    """Run a small model; return it and, for each change, the circumstances before and after."""
    calls = []
    original = part.change

    def change(self: Any, circumstances: Any) -> Any:
        before = arrays(circumstances)
        result = original(self, circumstances)
        calls.append((before, arrays(circumstances)))
        return result

    with monkeypatch.context() as patch:
        patch.setattr(part, "change", change)
        model = PopulationModel({**SMALL, "interventions": [block]}, seed=3).run()
    return model, calls


SCHEDULES = {
    "at": ({"at": [0, 3, 4]}, [0, 3, 4]),
    "interval from a start": ({"interval": 3, "start": 2}, [2, 5, 8]),
    "interval from 0": ({"interval": 4, "start": 0}, [0, 4, 8]),
    "past the end": ({"at": [9, 100]}, []),
}


@pytest.mark.parametrize(("schedule", "due"), SCHEDULES.values(), ids=SCHEDULES.keys())
@pytest.mark.parametrize("part", of("intervention"))
def test_intervention_fires_when_due_and_is_pure(
    part: Any,
    schedule: dict[str, Any],
    due: list[int],
    example: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    block = {"kind": part.model_fields["kind"].default, **bare(example(part)), **schedule}
    _, calls = watched(part, block, monkeypatch)
    assert [int(before[".generation"]) for before, _ in calls] == due
    for before, after in calls:
        assert before.keys() == after.keys()
        assert all(same(before[name], after[name]) for name in before)


@pytest.mark.parametrize("part", of("intervention"))
def test_intervention_is_deterministic(part: Any, example: Any) -> None:
    block = {"kind": part.model_fields["kind"].default, **bare(example(part)), "at": [0, 2, 5]}
    logs = [PopulationModel({**SMALL, "interventions": [block]}, seed=3).run().log for _ in "ab"]
    assert logs[0].equals(logs[1])


@pytest.mark.parametrize("part", of("intervention"))
def test_interval_counts_from_generation_0_or_from_one_interval_in(part: Any, example: Any) -> None:
    made = part(**bare(example(part)), interval=4)
    due = [g for g in range(13) if made.is_due(g, lambda name, generation: math.nan)]
    assert due in ([0, 4, 8, 12], [4, 8, 12])


@pytest.mark.parametrize("line", ["above", "below"])
@pytest.mark.parametrize("part", of("intervention"))
def test_trigger_fires_in_the_generation_after_a_crossing(
    part: Any, line: str, example: Any
) -> None:
    sign = 1 if line == "above" else -1
    measured = [sign * x for x in (2, 0, 2, 3, 1, 1, math.nan, 2, 0)]
    when = {"measure": "proxy", line: sign * 1.0}
    made = part(**bare(example(part)), when=when)
    due = [g for g in range(9) if made.is_due(g, lambda name, generation: measured[generation])]
    assert due == [1, 3, 8]


@pytest.mark.parametrize("part", of("intervention"))
def test_exactly_one_schedule(part: Any, example: Any) -> None:
    when = {"measure": "proxy", "above": 0.0}
    given = bare(example(part))
    for both in (
        {"interval": 2, "at": [1]},
        {"interval": 2, "when": when},
        {"at": [1], "when": when},
    ):
        with pytest.raises(ValidationError, match="one schedule"):
            part(**given, **both)
    with pytest.raises(ValidationError, match="one schedule"):
        part(**given, interval=None)
    with pytest.raises(ValidationError, match="start"):
        part(**given, at=[1], start=2)
    for one in ({"interval": 2}, {"at": [1]}, {"when": when}):
        made = part(**given, **one)
        assert [n for n in ("interval", "at", "when") if getattr(made, n) is not None] == list(one)
