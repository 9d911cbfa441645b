"""The seven published scenarios, 200 fresh runs each, against the published runs.

Family-wise error 0.01 for each of the two families (Holm 1979): with a right
model and other seeds, one time in a hundred a family would fail. The seed is
fixed, so the outcome is too.
"""

import pytest

from peckham.analysis import compare_with_published, load
from peckham.analysis.published.comparison import compare_trajectories
from peckham.experiments import run

pytestmark = pytest.mark.statistical

LEVEL = 0.01
SEED = 20261


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """The run folder with 200 replicates of each scenario."""
    return run(
        "eicher2026-scenarios",
        out=tmp_path_factory.mktemp("published") / "fresh",
        overrides={"record.measures": "published"},
        seed=SEED,
        replicates=200,
        workers=2,
    )


def test_final_measures_are_distributed_as_published(fresh):
    found = compare_with_published(fresh)
    compared = found[found["p"].notna()]
    assert len(found) == 7 * 3
    assert len(compared) == 5 * 3  # the runs of two conditions are not part of the package
    assert (compared["runs"] == 200).all()
    assert (compared["published_runs"] == 50).all()
    assert compared["p_holm"].min() > LEVEL, compared.sort_values("p").head()


def test_mean_trajectories_are_the_published_ones(fresh):
    found = compare_trajectories(fresh)
    assert len(found) == 5 * 3 * 4
    assert found["p_holm"].min() > LEVEL, found.sort_values("p").head()


@pytest.mark.parametrize(
    "wrong",
    [
        {"selection.beta": 2.0},
        {"reproduction.mutation_rate": 0.002},
        {"population.size": 100},
        {"landscape.clusters.Neutral.share": 0.3},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_setting_would_be_seen(wrong, tmp_path):
    """The same comparison rejects a baseline with one parameter off."""
    from peckham.analysis.published.comparison import compared, holm
    from peckham.analysis.published.figures import figures

    folder = run(
        {"conditions": {"wrong": wrong}, "record": {"measures": "published"}, "replicates": 200},
        out=tmp_path / "wrong",
        seed=SEED,
    )
    runs, published = load(folder).runs, figures("final")
    baseline = published[published["condition"] == "scenario_Baseline"]
    p = [
        compared(runs[measure], baseline[measure])["p"]
        for measure in ("proxy", "true_value", "deceptive_share", "belief_alignment")
    ]
    assert holm(p).min() < LEVEL
