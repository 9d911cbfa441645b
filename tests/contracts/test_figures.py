"""What every figure promises: it pools nothing without saying so, and draws where it is told.

The tests run over `FIGURES`, and a function of `peckham.analysis.plots` that
returns Axes must be listed there, so that a new figure is held to them.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D
from scipy import stats

from peckham.analysis import Log, load
from peckham.analysis import plots as package
from peckham.analysis.groups import as_text, by_key, kinds_of_run
from peckham.analysis.plots.figures import FIGURES
from peckham.analysis.plots.style import MOST_LINES, lines
from peckham.analysis.plots.trajectories import bootstrapped
from peckham.experiments import ExperimentError, run

mpl.use("agg")

SMALL: dict[str, Any] = {
    "generations": 5,
    "replicates": 2,
    "population": {"size": 8, "beliefs_per_agent": 3},
    "landscape": {"kind": "clustered", "beliefs": 40},
    "battery": {"questions": 6},
    "record": {"agents_at": [0, 4]},
}
SWEEP = {
    "population.capability.mean": [20.0, 80.0],
    "oversight.level": [0.0, 0.5],
    "deployment.pressure": [0.5, 1.0],
}
"""Every path that a figure needs, so that none can excuse itself."""

Figure = Callable[..., Axes]

DRAWN: dict[str, Figure] = FIGURES | {
    "frontier": functools.wraps(FIGURES["frontier"])(
        # nobody deceives among eight agents, so their safety is undefined
        functools.partial(FIGURES["frontier"], safety="commission_harm")
    )
}


@pytest.fixture(autouse=True)
def closed() -> Any:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Return runs of two conditions, eight sweep points, twins and two replicates."""
    spec = {
        **SMALL,
        "controls": ["neutral"],
        "conditions": {"calm": {}, "keen": {"selection.beta": 12.0}},
        "sweep": SWEEP,
    }
    return load(run(spec, out=tmp_path_factory.mktemp("mixed") / "out"))


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Return one run of one kind and one generation, which every figure can show."""
    sweep = {path: values[:1] for path, values in SWEEP.items()}
    record = {"agents_at": [0]}
    spec = {**SMALL, "generations": 1, "replicates": 1, "sweep": sweep, "record": record}
    return load(run(spec, out=tmp_path_factory.mktemp("single") / "out"))


# ------------------------------------------------------------ which figures there are


def figures_of_the_package() -> dict[str, Figure]:
    """Return the functions of the package that return Axes and are asked for a run."""
    found = {}
    for module in pkgutil.iter_modules(package.__path__):
        place = importlib.import_module(f"{package.__name__}.{module.name}")
        for name, function in inspect.getmembers(place, inspect.isfunction):
            signature = inspect.signature(function)
            if "run" in signature.parameters and signature.return_annotation == "Axes":
                found[name] = function
    return found


def test_every_figure_is_listed() -> None:
    assert figures_of_the_package() == FIGURES


@pytest.mark.parametrize("figure", DRAWN.values(), ids=DRAWN.keys())
def test_figures_take_axes_and_a_choice_of_runs(figure: Figure) -> None:
    parameters = inspect.signature(figure).parameters
    assert parameters["ax"].default is None
    assert parameters["where"].default is None


# ------------------------------------------------------------ pooling


def words_of(ax: Axes) -> str:
    """Return all text in a figure."""
    figure = ax.get_figure(root=True)
    assert figure is not None
    return " ".join(text.get_text().replace("\n", " ") for text in figure.findobj(mpl.text.Text))


def names_in_legend(ax: Axes) -> list[str]:
    legend = ax.get_legend()
    return [text.get_text() for text in legend.get_texts()] if legend else []


AXIS = {"deployment.pressure": "optimisation pressure p"}
"""Keys that an axis shows, by its label."""


def check_nothing_is_pooled(draw: Figure, log: Log) -> None:
    """Check that a figure has a line per kind of run, or says what it pools, or refuses.

    Each key that varies must stand in the figure: in the title of the legend, with
    one entry per combination of values; on an axis; or in the caption.
    """
    try:
        ax, refusal = draw(log), ""
    except ExperimentError as error:
        ax, refusal = None, str(error)
    if ax is None:
        assert re.search(r"--(where|by)\b", refusal), refusal
        return
    words = words_of(ax)
    legend = ax.get_legend()
    title = legend.get_title().get_text().replace("\n", " ") if legend else ""
    kinds = kinds_of_run(log)
    by = []
    for key in kinds[0].key:
        short = ".".join(key.split(".")[-2:])
        on_axis = key in AXIS and ax.get_xlabel() == AXIS[key]
        assert short in words or on_axis, f"the figure says nothing of {key}"
        if short in title.split(", "):
            by.append(key)
    combinations = {", ".join(as_text(kind.key[key]) for key in by) for kind in kinds}
    shown = names_in_legend(ax)
    assert not by or combinations <= set(shown), "lines are missing"
    assert len(shown) == len(set(shown)), "two lines have the same name"


@pytest.mark.parametrize("figure", DRAWN.values(), ids=DRAWN.keys())
def test_figures_pool_nothing_without_saying_so(figure: Figure, mixed: Log) -> None:
    check_nothing_is_pooled(figure, mixed)


@pytest.mark.parametrize("by", ["condition", "oversight.level,control", "replicate"])
def test_trajectories_say_what_they_pool(by: str, mixed: Log) -> None:
    check_nothing_is_pooled(lambda log: FIGURES["trajectories"](log, by=by), mixed)


def pool_all(log: Log) -> Axes:
    """Draw one mean over everything."""
    _, ax = plt.subplots()
    rows = by_key(log.generations, ["generation"])["proxy"].mean()
    ax.plot(rows.index, rows, label="proxy")
    ax.legend(title="measure")
    return ax


def pool_sweep(log: Log) -> Axes:
    """Draw one mean per condition, as if there were no sweep and no twins."""
    _, ax = plt.subplots()
    for (name,), group in by_key(log.generations, ["condition"]):
        rows = by_key(group, ["generation"])["proxy"].mean()
        ax.plot(rows.index, rows, label=name)
    ax.legend(title="condition")
    return ax


def lose_a_line(log: Log) -> Axes:
    """Draw a line per kind of run, but leave one out."""
    ax = FIGURES["fixation"](log)
    title = ax.get_legend().get_title().get_text()
    ax.lines[3].remove()
    ax.legend(title=title)
    return ax


@pytest.mark.parametrize("planted", [pool_all, pool_sweep, lose_a_line])
def test_a_planted_pooled_figure_is_found(planted: Figure, mixed: Log) -> None:
    with pytest.raises(AssertionError):
        check_nothing_is_pooled(planted, mixed)


def test_a_refusal_must_name_the_way_out(mixed: Log) -> None:
    def refuse(log: Log) -> Axes:
        raise ExperimentError("this cannot be drawn")

    with pytest.raises(AssertionError):
        check_nothing_is_pooled(refuse, mixed)


WHERE = {
    "condition": "keen",
    "control": "none",
    "population.capability.mean": 80.0,
    "oversight.level": 0.5,
    "deployment.pressure": 1.0,
}


@pytest.mark.parametrize("figure", DRAWN.values(), ids=DRAWN.keys())
def test_figures_show_the_runs_that_are_chosen(figure: Figure, mixed: Log) -> None:
    _, given = plt.subplots()
    ax = figure(mixed, where=WHERE, ax=given)
    assert ax is given
    with pytest.raises(ExperimentError, match="where: must be one of condition, "):
        figure(mixed, where={"seed": 1})


def test_bands_count_runs_that_share_a_seed_once(mixed: Log) -> None:
    """A pooled line has the mean of the replicates' means, and its band is over replicates."""
    ax = FIGURES["trajectories"](mixed, "proxy", by="condition", band=0.95)
    rows = mixed.generations.query("control == 'none' and condition == 'keen' and generation == 4")
    each = [rows.loc[rows["replicate"] == k, "proxy"].mean() for k in (0, 1)]
    line = next(line for line in ax.lines if line.get_label() == "keen")
    assert line.get_ydata()[-1] == pytest.approx(np.mean(each))
    band = ax.collections[list(ax.lines).index(line)].get_paths()[0].vertices
    at_end = band[band[:, 0] == 4, 1]
    # of two numbers, 95 % of the resampled means reach from the one to the other
    assert [at_end.min(), at_end.max()] == pytest.approx(sorted(each), rel=1e-9)


def test_bands_are_percentiles_of_resampled_means() -> None:
    """Held to scipy's percentile bootstrap; bands of shares stay in 0..1."""
    rng = np.random.default_rng(3)
    values = np.column_stack([rng.normal(size=40), rng.random(40) < 0.15, rng.random(40)])
    low, high = bootstrapped(values, 0.95)
    for k, column in enumerate(values.T):
        of_scipy = stats.bootstrap(
            (column,), np.mean, method="percentile", n_resamples=9999, rng=rng
        ).confidence_interval
        width = of_scipy.high - of_scipy.low
        assert abs(low[k] - of_scipy.low) <= 0.15 * width
        assert abs(high[k] - of_scipy.high) <= 0.15 * width
    assert low[1] >= 0.0
    holes = values.copy()
    holes[:35, 0] = np.nan  # of which five remain
    assert np.diff(bootstrapped(holes, 0.95), axis=0)[0, 0] > 0
    assert (bootstrapped(values[:1], 0.95) == values[0]).all()  # one replicate has no spread


def test_kinds_of_run_without_the_measure_are_named(tmp_path: Path) -> None:
    """Agents without beliefs have no deceptive share and no diversity of beliefs."""
    spec = {**SMALL, "sweep": {"population.beliefs_per_agent": [0, 3]}}
    log = load(run(spec, out=tmp_path / "out"))
    for name in ("trajectories", "heterozygosity"):
        ax = FIGURES[name](log)
        assert [n for n in names_in_legend(ax) if n != "drift alone"] == ["3"]
        assert "not shown" in ax.get_title("left")
        assert ax.get_title("left").endswith(": 0")


# ------------------------------------------------------------ empty and tiny


@pytest.mark.parametrize("figure", DRAWN.values(), ids=DRAWN.keys())
def test_figures_of_a_single_point_show_it(figure: Figure, single: Log) -> None:
    """Whatever is drawn has an extent or a marker."""
    if figure.__name__ in ("forest", "slopes"):
        with pytest.raises(ExperimentError, match="nothing to compare"):
            figure(single)
        return
    ax = figure(single)
    low, high = ax.get_xlim()
    assert high > low
    for line in ax.lines:
        if len(line.get_xdata()) == 1:
            assert line.get_marker() not in ("", "None", None)
            assert line.get_markevery() is None
    for mesh in ax.collections:
        if hasattr(mesh, "get_coordinates"):
            corners = mesh.get_coordinates().reshape(-1, 2)
            assert (np.ptp(corners, axis=0) > 0).all()


# ------------------------------------------------------------ readable


@pytest.mark.parametrize("count", [2, 7, 8, 30, MOST_LINES])
def test_lines_are_distinct_in_grey(count: int) -> None:
    looks = list(lines(count))
    assert len({(str(look["linestyle"]), look["marker"]) for look in looks}) == count
    for look in looks:
        Line2D([], [], **look)
        red, green, blue = to_rgb(look["color"])
        assert 0.2126 * red + 0.7152 * green + 0.0722 * blue < 0.72  # visible on white


def test_more_lines_than_can_be_told_apart_are_refused() -> None:
    with pytest.raises(ExperimentError, match=r"at most 56 can; choose some .* --where"):
        list(lines(MOST_LINES + 1))


@pytest.mark.parametrize("name", ["fixation", "heterozygosity", "trajectories"])
def test_a_long_legend_fits_into_its_figure(name: str, mixed: Log) -> None:
    ax = FIGURES[name](mixed)
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()
    legend = ax.get_legend().get_window_extent()
    assert legend.y0 >= -1
    assert legend.x1 <= figure.bbox.width + 1
    assert ax.get_window_extent().width > 200


# ------------------------------------------------------------ names


@pytest.mark.parametrize("name", ["_slow", r"$\foo$", "a $1 and $2", "$"])
@pytest.mark.parametrize("figure", DRAWN.values(), ids=DRAWN.keys())
def test_names_are_drawn_as_they_are_written(figure: Figure, name: str, named: Log) -> None:
    where = {"condition": name, "control": "none"} | {
        path: values[0] for path, values in SWEEP.items()
    }
    if figure.__name__ in ("goodhart", "threshold"):  # they show swept paths along an axis
        where = {"condition": name, "deployment.pressure": 0.5}
        if figure.__name__ == "goodhart":
            where = {"condition": name}
    options: dict[str, Any] = {}
    if figure.__name__ in ("forest", "slopes"):
        options["baseline"] = "$" if name != "$" else "_slow"
    if figure.__name__ == "phase":
        where = {"condition": name, "deployment.pressure": 0.5}
    ax = figure(named, where=where, **options)
    drawn = ax.get_figure(root=True)
    assert drawn is not None
    drawn.canvas.draw()  # raises where a name is read as a formula
    texts = [t for t in drawn.findobj(mpl.text.Text) if name in t.get_text()]
    assert not any(text.get_parse_math() for text in texts)


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """Return runs of conditions whose names matplotlib would read otherwise."""
    names = ["_slow", r"$\foo$", "a $1 and $2", "$"]
    conditions = {name: {"selection.beta": place + 1} for place, name in enumerate(names)}
    spec = {**SMALL, "replicates": 1, "conditions": conditions, "sweep": SWEEP}
    return load(run(spec, out=tmp_path_factory.mktemp("named") / "out"))


def test_every_condition_is_in_the_legend(named: Log) -> None:
    where = {path: values[0] for path, values in SWEEP.items()}
    ax = FIGURES["trajectories"](named, where=where)
    found = [entry.strip() for entry in names_in_legend(ax)]
    assert found == ["_slow", r"$\foo$", "a $1 and $2", "$"]
