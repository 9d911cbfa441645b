"""What holds for a run of any parameters.

Hypothesis draws small specs, the same ones each time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from peckham.agents import PopulationModel
from peckham.agents.measures.registry import all_measures

Spec = dict[str, Any]

few = settings(
    max_examples=30,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)

share = st.floats(0, 1)
number = st.floats(-3, 3).map(lambda x: x if abs(x) >= 1e-150 else 0.0)
spread = st.floats(0, 2).map(lambda x: x if x >= 1e-150 else 0.0)


def blocks(**fields: Any) -> st.SearchStrategy[Spec]:
    return st.fixed_dictionaries({}, optional=fields)


@st.composite
def landscapes(draw: st.DrawFn, beliefs: int) -> Spec:
    if draw(st.booleans()):
        moments = draw(
            blocks(mu_v=number, mu_a=number, sigma_v=spread, sigma_a=spread, rho=st.floats(-1, 1))
        )
        return {"kind": "bivariate", "beliefs": beliefs, **moments}
    shares = draw(st.lists(st.floats(0, 1), min_size=1, max_size=3).filter(lambda s: sum(s) > 0.1))
    if beliefs < len(shares):
        shares = [1.0]
    clusters = [
        {"name": f"C{i}", "share": s, **draw(blocks(mu_v=number, mu_a=number, rho=share))}
        for i, s in enumerate(shares)
    ]
    correlation = draw(st.floats(-1, 1))
    return {
        "kind": "clustered",
        "beliefs": beliefs,
        "global_correlation": correlation,
        "clusters": clusters,
    }


@st.composite
def batteries(draw: st.DrawFn) -> Spec:
    kind, own = draw(
        st.sampled_from(
            [
                ("simple", {"density": share}),
                ("coverage", {"density": share, "coverage": share}),
                ("coverage_as_published", {"density": share, "coverage": share}),
                ("correlated", {"density": share, "correlation": share}),
                ("correlated_as_published", {"density": share, "correlation": share}),
                ("similarity", {"base_probability": share, "dimensions": st.integers(1, 4)}),
            ]
        )
    )
    return {
        "kind": kind,
        "questions": draw(st.integers(1, 12)),
        "held_out": draw(st.integers(0, 4)),
        **draw(blocks(**own)),
    }


@st.composite
def schedules(draw: st.DrawFn) -> Spec:
    kind = draw(st.sampled_from(["interval", "at", "when"]))
    if kind == "interval":
        return {"interval": draw(st.integers(1, 4)), "start": draw(st.integers(0, 3))}
    if kind == "at":
        return {"at": draw(st.lists(st.integers(0, 6), min_size=1, max_size=4))}
    line = draw(st.sampled_from(["above", "below"]))
    measure = draw(st.sampled_from(["proxy", "deceptive_share", "schemers"]))
    return {"when": {"measure": measure, line: draw(st.floats(-1, 1))}}


@st.composite
def interventions(draw: st.DrawFn) -> list[Spec]:
    forms = st.sampled_from(["published", "keep_scale", "exact"])
    chosen = []
    if draw(st.booleans()):
        scored_on = draw(st.sampled_from(["signal", "value"]))
        chosen.append({"kind": "adaptive_test", "scored_on": scored_on, **draw(schedules())})
    if draw(st.booleans()):
        form, rate, target = draw(forms), draw(share), draw(share)
        chosen.append(
            {"kind": "improving_evaluator", "form": form, "rate": rate, "target": target}
            | draw(schedules())
        )
    return chosen


@st.composite
def selections(draw: st.DrawFn) -> Spec:
    kind = draw(
        st.sampled_from(["neutral", "softmax", "tournament", "truncation", "moran", "fermi"])
    )
    if kind == "neutral":
        return {"kind": kind}
    if kind == "tournament":
        return {"kind": kind, "entrants": draw(st.integers(1, 20))}
    if kind == "truncation":
        return {"kind": kind, "share": draw(st.floats(0.01, 1))}
    return {"kind": kind, "beta": draw(st.floats(0, 50))}


@st.composite
def specs(draw: st.DrawFn) -> Spec:
    """Draw a small spec of every mechanism there is."""
    beliefs = draw(st.integers(1, 40))
    genes = draw(st.integers(1, min(beliefs, 8)))
    return {
        "generations": draw(st.integers(1, 7)),
        "population": {
            "size": draw(st.integers(1, 15)),
            "beliefs_per_agent": genes,
            "schemers": draw(share),
            "capability": {"mean": draw(st.floats(0, 100)), "sd": draw(st.floats(0, 60))},
        },
        "landscape": draw(landscapes(beliefs)),
        "battery": draw(batteries()),
        "selection": draw(selections()),
        "reproduction": {
            "mutation_rate": draw(st.sampled_from([0.0, 0.02, 0.3, 1.0])),
            "recombination_rate": draw(st.sampled_from([0.0, 0.0, 0.3, 1.0])),
            "proposal": draw(
                st.sampled_from([{"kind": "uniform"}, {"kind": "adversarial", "bounty": 3.0}])
            ),
        },
        "deployment": {"pressure": draw(st.floats(0, 3)), "shift": draw(st.floats(0, 2))},
        "interventions": draw(interventions()),
        "control": draw(st.sampled_from(["none", "neutral"])),
        "record": {"prevalence": draw(st.floats(0.1, 1))},
    }


seeds = st.integers(0, 2**53 - 1)


def genomes(beliefs: NDArray[np.int32]) -> list[frozenset[int]]:
    return [frozenset(row) for row in beliefs.tolist()]


@few
@given(specs(), seeds)
def test_the_population_keeps_its_shape(spec: Spec, seed: int) -> None:
    """N agents with K different beliefs of B, each descending from a founder."""
    model = PopulationModel(spec, seed=seed)
    size, genes = spec["population"]["size"], spec["population"]["beliefs_per_agent"]
    taken: set[int] = set()
    before: set[int] = set()
    while True:
        population = model.population
        assert population.beliefs.shape == (size, genes)
        assert population.lineage.shape == population.unique_id.shape == (size,)
        assert all(len(genome) == genes for genome in genomes(population.beliefs))
        assert population.beliefs.min() >= 0
        assert population.beliefs.max() < spec["landscape"]["beliefs"]
        assert set(population.lineage.tolist()) <= set(range(size))
        assert set(population.column("schemer")) <= {0.0, 1.0}
        assert (
            (population.column("capability") >= 0) & (population.column("capability") <= 100)
        ).all()
        ids = set(population.unique_id.tolist())
        assert len(ids) == size
        assert ids & taken <= before, "an identity was given again"
        taken |= ids
        before = ids
        if not model.running:
            break
        model.step()
    assert len(model.log) == spec["generations"]


@few
@given(specs(), seeds)
def test_measures_stay_in_their_range(spec: Spec, seed: int) -> None:
    model = PopulationModel(spec, seed=seed).run()
    for measure in all_measures(model.landscape.clusters):
        values = np.append(model.log[measure.name], model.final[measure.name])
        values = values[~np.isnan(values)]
        assert np.isfinite(values).all(), measure.name
        assert (values >= measure.low - 1e-9).all(), measure.name
        assert (values <= measure.high + 1e-9).all(), measure.name
        if measure.unit in ("share", "probability") and not measure.name.startswith("price_"):
            assert ((values >= 0) & (values <= 1 + 1e-12)).all(), measure.name
        if measure.whole:
            assert (values == values.round()).all(), measure.name


@few
@given(specs(), seeds)
def test_a_run_is_determined_by_its_spec_and_seed(spec: Spec, seed: int) -> None:
    one, same = (PopulationModel(spec, seed=seed).run() for _ in range(2))
    assert one.log.equals(same.log)
    assert one.record.events == same.record.events
    assert np.array_equal(one.population.beliefs, same.population.beliefs)
    assert np.array_equal(one.landscape.signal, same.landscape.signal)


@few
@given(specs(), seeds)
def test_without_mutation_every_genome_is_a_parents(spec: Spec, seed: int) -> None:
    """Only mutation makes new genomes; traits are copied as they are."""
    model = PopulationModel({**spec, "reproduction": {}}, seed=seed)
    while model.running:
        before = model.population
        rows = set(
            zip(
                genomes(before.beliefs),
                before.lineage.tolist(),
                before.column("schemer").tolist(),
                before.column("capability").tolist(),
                strict=True,
            )
        )
        model.step()
        after = model.population
        children = zip(
            genomes(after.beliefs),
            after.lineage.tolist(),
            after.column("schemer").tolist(),
            after.column("capability").tolist(),
            strict=True,
        )
        assert set(children) <= rows


@few
@given(specs(), seeds)
def test_mutation_of_those_who_hold_everything_does_nothing(spec: Spec, seed: int) -> None:
    """K = B: there is nothing to mutate to."""
    beliefs = min(spec["landscape"]["beliefs"], 8)
    spec = {
        **spec,
        "landscape": {"kind": "bivariate", "beliefs": beliefs},
        "population": {**spec["population"], "beliefs_per_agent": beliefs},
    }
    still = PopulationModel({**spec, "reproduction": {}}, seed=seed).run()
    mutating = PopulationModel({**spec, "reproduction": {"mutation_rate": 1.0}}, seed=seed).run()
    assert still.log.equals(mutating.log)
    assert np.array_equal(still.population.beliefs, mutating.population.beliefs)


@few
@given(specs(), seeds)
def test_merged_children_hold_what_both_parents_hold(spec: Spec, seed: int) -> None:
    """And nothing that neither does; a slot that was not replaced keeps its occupant whole."""
    reproduction = {"recombination_rate": 1.0}
    model = PopulationModel({**spec, "reproduction": reproduction}, seed=seed)
    while model.running:
        held = genomes(model.population.beliefs)
        ids = model.population.unique_id.copy()
        lineages = model.population.lineage.copy()
        model.step()
        chosen = model.state.arrays.parents
        parents, born, second = chosen.first.parents, chosen.first.born, chosen.second
        assert np.array_equal(second >= 0, born)
        children = genomes(model.population.beliefs)
        for slot, child in enumerate(children):
            if not born[slot]:
                assert child == held[slot]
                assert model.population.unique_id[slot] == ids[slot]
                continue
            one, other = held[parents[slot]], held[second[slot]]
            assert one & other <= child <= one | other
            assert model.population.lineage[slot] == lineages[parents[slot]]
            assert model.population.unique_id[slot] not in ids


@few
@given(specs(), seeds)
def test_new_beliefs_are_none_of_the_parents(spec: Spec, seed: int) -> None:
    """At μ = 1 a child keeps nothing, or, where the pool is small, as little as it can."""
    turnover = {"selection": {"kind": "softmax"}, "reproduction": {"mutation_rate": 1.0}}
    model = PopulationModel({**spec, **turnover}, seed=seed)
    beliefs, genes = spec["landscape"]["beliefs"], spec["population"]["beliefs_per_agent"]
    kept = max(0, 2 * genes - beliefs)
    while model.running:
        parents = {
            lineage: [
                set(row) for row in model.population.beliefs[model.population.lineage == lineage]
            ]
            for lineage in model.population.lineage.tolist()
        }
        model.step()
        for genome, lineage in zip(
            genomes(model.population.beliefs), model.population.lineage.tolist(), strict=True
        ):
            assert kept in {len(genome & parent) for parent in parents[lineage]}


@few
@given(specs(), seeds)
def test_the_price_equation_is_exact(spec: Spec, seed: int) -> None:
    """Selection, drift, transmission and environment sum to the change of the mean."""
    log = PopulationModel(spec, seed=seed).run().log
    for trait in ("true_value", "deceptive_share", "schemers"):
        terms = log[[name for name in log if name.startswith(f"price_{trait}_")]]
        assert terms.iloc[0].isna().all()
        change = np.diff(log[trait])
        np.testing.assert_allclose(terms[1:].sum(axis=1), change, rtol=0, atol=1e-9)


@few
@given(specs(), seeds)
def test_scores_are_means_of_the_beliefs_labels(spec: Spec, seed: int) -> None:
    """P lies among the labels of the agent's beliefs, and is 0 where nothing is asked."""
    model = PopulationModel(spec, seed=seed).run()
    landscape = model.landscape
    for agent in model.agents:
        a, v = landscape.signal[agent.beliefs], landscape.value[agent.beliefs]
        if not model.evaluator.battery.dense()[agent.beliefs].any():
            assert agent.proxy == agent.true_value == 0
            continue
        labels = np.concatenate((a, v)) if model.evaluator.battery.on_value.any() else a
        assert labels.min() - 1e-9 <= agent.proxy <= labels.max() + 1e-9
        assert v.min() - 1e-9 <= agent.true_value <= v.max() + 1e-9
        assert agent.belief_value == pytest.approx(v.mean(), abs=1e-9)
