from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures import style
from resnet_viz.figures.heat_maps.heat_maps import heat_maps
from resnet_viz.figures.layer_profile import profile
from resnet_viz.figures.training_curves import extremes, training_curves
from resnet_viz.findings.contestant import Contestant, decades, thinned
from resnet_viz.quantities.records import History, StepRecord
from resnet_viz.text import compact
from tests.findings.made import Norm, contestant

BROKEN = {0: np.nan, 1: np.inf, 2: 0.0}


def _broken(step: int, column: int) -> float:
    return BROKEN.get(column, 1.0)


def _texts(figure: go.Figure) -> str:
    return " ".join(note.text.replace("<br>", " ") for note in figure.layout.annotations)


def _shown(figure: go.Figure) -> list[go.Scatter]:
    """The nets' own traces: neither the layers' names nor the first step's lines."""
    return [t for t in figure.data if t.name != "layer names" and t.legendgroup != "ghost"]


def _figures(contestants: list[Contestant]) -> list[go.Figure]:
    step = max((len(c.history) for c in contestants), default=1) - 1
    by_layer = profile(contestants, step)
    return [by_layer, heat_maps(contestants), training_curves(contestants)]


def test_the_profile_shows_the_history() -> None:
    net = contestant("resnet18", 6)
    main, beside = _shown(profile([net], 4))
    is_beside = np.array([layer.is_beside for layer in net.layers])
    np.testing.assert_array_equal(main.y, net.history.series("grad_norm").values[4][~is_beside])
    np.testing.assert_array_equal(beside.y, net.history.series("grad_norm").values[4][is_beside])
    assert list(main.x) == list(range(1, 19))
    assert list(beside.x) == [7, 11, 15]
    assert list(main.text) == [layer.name for layer in net.layers if not layer.is_beside]
    assert (main.mode, beside.mode) == ("lines+markers", "markers")
    assert beside.marker.symbol.endswith("-open")


def test_a_net_that_is_behind_is_shown_at_its_newest_step_and_says_so() -> None:
    ahead, behind = contestant("plain20-cifar", 9), contestant("plain20-cifar", 4, name="slow")
    traces = _shown(profile([ahead, behind], 8))
    assert [trace.name for trace in traces] == ["plain20-cifar", "slow (step 3)"]
    np.testing.assert_array_equal(traces[1].y, behind.history.series("grad_norm").values[3])


def test_contestants_differ_without_colour() -> None:
    one, two = _shown(profile([contestant("plain20-cifar", 2)] * 2, 1))
    assert one.marker.symbol != two.marker.symbol
    assert one.line.dash != two.line.dash


def test_what_a_log_axis_cannot_show_is_counted() -> None:
    figure = profile([contestant("plain20-cifar", 3, norm=_broken)], 2)
    (line,) = _shown(figure)
    assert np.isnan(line.y[:3]).all()
    assert (line.y[3:] == 1).all()
    assert "not shown of plain20-cifar: 2 layers not finite, 1 layer exactly 0" in _texts(figure)
    heat = heat_maps([contestant("plain20-cifar", 3, norm=_broken)])
    assert np.isnan(heat.data[0].z[:3]).all()
    assert "6 not finite (red); not shown: 3 exactly 0" in _texts(heat)
    colours, red = heat.data
    is_broken = np.isin(np.arange(20), [0, 1])[:, None].repeat(3, axis=1)
    np.testing.assert_array_equal(np.isfinite(red.z), is_broken)
    np.testing.assert_array_equal(np.isnan(colours.z), is_broken | (np.arange(20) == 2)[:, None])
    assert red.hovertemplate.endswith(": not finite")


def test_nothing_but_broken_norms_still_gives_a_figure() -> None:
    figure = profile([contestant("plain20-cifar", 2, norm=lambda s, c: np.nan)], 1)
    assert "20 layers not finite" in _texts(figure)
    assert np.isfinite(figure.layout.yaxis.range).all()


def test_limits_hold_every_step_and_only_widen() -> None:
    norms = np.random.default_rng(0).normal(0, 2, (30, 20))
    limits = []
    for steps in range(1, 31):
        net = contestant("plain20-cifar", steps, norm=lambda s, c: float(10 ** norms[s, c]))
        low, high = decades([net])
        assert low <= norms[:steps].min()
        assert norms[:steps].max() <= high
        limits.append((low, high))
    assert all(b[0] <= a[0] and a[1] <= b[1] for a, b in pairwise(limits))


def test_heat_maps_share_one_scale_and_show_the_history() -> None:
    first = contestant("resnet18", 5)
    second = contestant("plain18", 7, norm=lambda s, c: 2e-5)
    figure = heat_maps([first, second])
    assert {trace.coloraxis for trace in figure.data} == {"coloraxis"}
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-5, 1.5)
    main = [i for i, layer in enumerate(first.layers) if not layer.is_beside]
    np.testing.assert_allclose(
        10 ** figure.data[0].z, first.history.series("grad_norm").values[:, main].T, 1e-5
    )
    np.testing.assert_allclose(figure.data[1].z, np.log10(2e-5), rtol=1e-5)
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert "without 3 projections" in _texts(figure)


def test_a_big_map_is_thinned_evenly_and_says_so() -> None:
    big = contestant("plain110-cifar", 900, norm=lambda s, c: 1.0)
    figure = heat_maps([big])
    assert figure.data[0].z.size <= 40_000
    steps = figure.data[0].x
    (gap,) = set(np.diff(steps))  # of one width, which the browser draws at once
    assert steps[0] == 0
    assert 0 <= 899 - steps[-1] < gap
    assert f"every {'2nd' if gap == 2 else f'{gap:.0f}th'} step" in _texts(figure)
    deep = heat_maps([contestant("plain1202-cifar", 2, norm=lambda s, c: 1.0)])
    assert "400 of 1,202 layers" in _texts(deep)


@pytest.mark.parametrize(("count", "most"), [(0, 5), (1, 5), (5, 5), (6, 5), (1000, 7)])
def test_thinning_keeps_the_ends(count: int, most: int) -> None:
    kept = thinned(count, most)
    assert min(count, (most - 1) // 2) <= len(kept) <= most
    gaps = set(np.diff(kept[:-1]).tolist())
    assert len(gaps) <= 1
    assert all(gap & (gap - 1) == 0 for gap in gaps), "a power of two"
    assert set(kept) <= set(range(count))
    assert not count or (kept[0], kept[-1]) == (0, count - 1)


def test_training_curves_show_the_history() -> None:
    nets = [contestant("resnet18", 5), contestant("plain18", 3)]
    loss, accuracy, other, _ = training_curves(nets).data
    np.testing.assert_array_equal(loss.y, nets[0].history.loss.astype(np.float32))
    np.testing.assert_array_equal(accuracy.y, nets[0].history.accuracy.astype(np.float32))
    assert (loss.yaxis, accuracy.yaxis) == (None, "y2")
    assert list(other.x) == [0, 1, 2]


def test_a_loss_that_is_not_finite_is_said() -> None:
    net = contestant("plain20-cifar", 6, loss=lambda s: np.inf if s == 3 else 1.0)
    figure = training_curves([net])
    assert np.isnan(figure.data[0].y).tolist() == [False, False, False, True, False, False]
    assert "loss not finite at step 3" in _texts(figure)


def test_a_quantity_that_is_first_measured_later_does_not_wait_for_a_press() -> None:
    texts = _texts(profile([contestant("resnet18", 2)], 1, "output_rms"))
    assert "Not measured at this step, or before" in texts
    assert "Empty until the first step" not in texts


def test_before_the_first_step() -> None:
    waiting = [contestant("resnet18", 0), contestant("plain18", 0)]
    for figure in _figures(waiting):
        assert "Empty until the first step" in _texts(figure)
    curves = training_curves(waiting).layout
    (words,) = [a for a in curves.annotations if a.text == "Empty until the first step"]
    low, high = curves.yaxis2.domain  # the accuracies', where no line of guessing is
    assert low < words.y < high < curves.yaxis.domain[0]
    one_started = [contestant("resnet18", 2), contestant("plain18", 0)]
    assert len(_shown(profile(one_started, 1))) == 2
    for figure in (*_figures(one_started), *_figures([])):
        json.loads(figure.to_json())


def test_common_style() -> None:
    nets = [contestant("resnet18", 3), contestant("plain18", 2, norm=_broken)]
    for figure in _figures(nets):
        layout = figure.layout
        assert layout.uirevision in ("race", "grad_norm")
        assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
        assert layout.font.size >= 14
        assert layout.font.color is None
        assert not layout.template.layout.to_plotly_json()
        assert all(a.font.color is None for a in layout.annotations)


def test_names_are_not_markup() -> None:
    net = contestant("plain20-cifar", 2, name='<a href="x">plain</a>', norm=_broken)
    for figure in _figures([net]):
        assert "<a" not in figure.to_json().replace("\\u003c", "<")


def test_the_first_step_stays_as_a_thin_line() -> None:
    nets = [contestant("resnet20-cifar", 9), contestant("plain20-cifar", 9)]
    ghosts = [t for t in profile(nets, 5).data if t.legendgroup == "ghost"]
    for ghost, net in zip(ghosts, nets, strict=True):
        np.testing.assert_array_equal(ghost.y, net.history.series("grad_norm").values[0, net.main])
        assert ghost.hoverinfo == "skip"
    assert [(ghost.name, ghost.showlegend) for ghost in ghosts] == [
        ("step 0", True),
        ("step 0", False),
    ]
    assert not [t for t in profile(nets, 0).data if t.legendgroup == "ghost"]


def test_one_hover_shows_all_nets_and_the_layer_s_name_once() -> None:
    same = profile([contestant("resnet20-cifar", 2), contestant("plain20-cifar", 2)], 1)
    assert same.layout.hovermode == "x unified"
    assert same.data[0].text[1] == "stages.0.0.branch.conv1"
    other = profile([contestant("resnet18", 2), contestant("resnet50", 2)], 1)
    assert other.data[0].text[3] == "stages.0.1.branch.conv1, stages.0.0.branch.conv3"
    assert training_curves([contestant("resnet18", 2)]).layout.hoversubplots == "axis"


def test_layers_beside_the_main_path_are_named_by_what_they_are() -> None:
    gated = revise(preset("resnet20-cifar"), shortcut_transform="exclusive_gate")
    for config, kinds in (
        (preset("seresnet50"), ["projections", "SE layers"]),
        (gated, ["gates"]),
    ):
        layers = plan(config).weighted_layers
        history = History(
            [StepRecord(0, 1.0, 0.5, 0.1, {"grad_norm": np.ones(len(layers), np.float32)})]
        )
        net = Contestant("net", "#0072B2", layers, history)
        names = [trace.name for trace in _shown(profile([net], 0))]
        assert sorted(names[1:]) == sorted(f"net, {kind}" for kind in kinds)
        assert ("projection" in _texts(heat_maps([net]))) == ("projections" in kinds)


def test_a_peak_does_not_squash_the_loss_axis() -> None:
    """Losses near 0 and up to 48 in one figure, and an axis that only widens."""
    net = contestant("resnet20-cifar", 60, loss=lambda s: 48.0 if s == 3 else 2.4 * 0.9**s)
    axis = training_curves([replace(net, classes=10)]).layout.yaxis
    assert axis.type == "log"
    low, high = axis.range
    assert 10**low <= 2.4 * 0.9**59 < 48 <= 10**high
    assert np.log10(48) - np.log10(2.4 * 0.9**59) > 0.7 * (high - low)
    line = training_curves([replace(net, classes=10)]).layout.shapes[0]
    assert line.y0 == line.y1 == pytest.approx(np.log(10))
    limits = []
    for steps in range(1, 30):
        part = contestant("resnet20-cifar", steps, loss=lambda s: 48.0 if s == 3 else 2.4 * 0.9**s)
        limits.append(training_curves([part]).layout.yaxis.range)
    assert all(b[0] <= a[0] and a[1] <= b[1] for a, b in pairwise(limits))


def test_losses_beyond_the_axis_are_said() -> None:
    losses = {2: 1e30, 4: 0.0}
    figure = training_curves([contestant("resnet20-cifar", 9, loss=lambda s: losses.get(s, 1.0))])
    assert "loss above 1,000 at step 2, below 0.0001 at step 4" in _texts(figure)
    assert figure.layout.yaxis.range[1] <= 1


def test_a_few_extremes_do_not_set_the_colours() -> None:
    norm: Norm = lambda s, c: 1e12 if s == c == 0 else 10.0 ** (-(c % 3))  # noqa: E731
    figure = heat_maps([contestant("plain20-cifar", 60, norm=norm)])
    assert (figure.layout.coloraxis.cmin, figure.layout.coloraxis.cmax) == (-2, 0)
    assert "0.1% of the cells lie beyond the colours' scale" in _texts(figure)
    assert "1.0e-02 to 1.0e+12" in _texts(figure)


def test_maps_lie_below_each_other_where_the_chart_is_narrow() -> None:
    figure = heat_maps([contestant("plain20-cifar", 3)] * 2)
    narrow = figure.layout.meta["narrow"]
    assert figure.layout.xaxis.domain[1] < figure.layout.xaxis2.domain[0]
    assert narrow["xaxis"]["domain"] == narrow["xaxis2"]["domain"] == [0, 1]
    assert narrow["yaxis2"]["domain"][1] < narrow["yaxis"]["domain"][0]
    wide, tall = figure.layout.meta["heights"]
    assert wide == 1 < tall


def test_what_is_otherwise_in_narrow_maps_stays_while_a_race_goes_on() -> None:
    """Their axes moved with each step: the whole figure was drawn anew, on wide screens too."""
    earlier, later = (
        heat_maps([contestant("plain20-cifar", n, norm=lambda s, c: 1.0 + c)] * 3) for n in (70, 90)
    )
    assert earlier.layout.xaxis.range != later.layout.xaxis.range
    assert earlier.layout.meta == later.layout.meta


@pytest.mark.parametrize(("value", "text"), [(1e8, "100 MB"), (2.5e3, "2.5 kB"), (5, "5 B")])
def test_units(value: float, text: str) -> None:
    assert compact(value, "B") == text


def test_ticks() -> None:
    few = style.log_ticks(2e7, 9e8, "B")
    labels = dict(zip(few["tickvals"], few["ticktext"], strict=True))
    assert (labels[5e7], labels[1e8], labels[2e8]) == ("50 MB", "100 MB", "200 MB")
    many = style.log_ticks(1e5, 1e9)
    assert "5 M" not in many["ticktext"]
    assert "10 M" in many["ticktext"]
    line = style.linear_ticks(2.4e9, "B")
    assert line["ticktext"][:3] == ["0 B", "500 MB", "1 GB"]
    assert line["tickvals"][-1] >= 2.4e9


@pytest.mark.parametrize("total", [1, 2, 4, 6, 12, 30])
def test_maps_of_many_nets_lie_within_the_figure_and_apart(total: int) -> None:
    """Twelve raised, and six lay upside down in a narrow window."""
    maps = heat_maps([contestant("resnet20-cifar", 2, name=f"net {i}") for i in range(total)])
    for layout in (maps.layout.to_plotly_json(), maps.layout.meta["narrow"]):
        domains = {tuple(v["domain"]) for k, v in layout.items() if k.startswith("yaxis")}
        rows = sorted(domains)
        assert all(0 <= low < high <= 1 for low, high in rows)
        assert all(below[1] < above[0] for below, above in pairwise(rows))


def test_a_window_of_a_thinned_picture_has_all_its_steps() -> None:
    net = contestant("plain110-cifar", 6000, norm=lambda s, c: 1.0 + s)
    whole, close = heat_maps([net]), heat_maps([net], window=(1000, 1100))
    assert whole.layout.meta["thinned"]
    assert len(whole.data[0].x) < 400
    x, z = close.data[0].x, close.data[0].z
    inside = (x >= 1000) & (x <= 1100)
    assert x[inside].tolist() == list(range(1000, 1101))
    np.testing.assert_allclose(10 ** z[3, inside], 1.0 + x[inside], 1e-5)
    assert close.layout.coloraxis.cmax == whole.layout.coloraxis.cmax
    curves = training_curves([net], window=(1000, 1100)).data[0]
    assert set(range(1000, 1101)) <= set(curves.x.tolist())
    assert not heat_maps([contestant("plain20-cifar", 50)]).layout.meta["thinned"]


def test_a_map_without_values_keeps_the_axes_of_all() -> None:
    """plotly would leave out a map without a number, and draw its neighbours' axes at none."""
    nets = [
        contestant("resnet20-cifar", 2),
        contestant("plain20-cifar", 2, norm=lambda s, c: np.nan),
        contestant("plain20-cifar", 0),
    ]
    for order in (nets, nets[::-1], nets[1:]):
        traces = heat_maps(order).data
        axes = [f"{axis}{i + 1 if i else ''}" for i in range(len(order)) for axis in "xy"]
        assert [axis for trace in traces for axis in (trace.xaxis, trace.yaxis)] == axes
        drawn = [trace for trace in traces if trace.type == "heatmap"]
        assert len(drawn) == len(order) - 1  # one has not begun
        assert all(np.isfinite(trace.z).any() for trace in drawn)
        assert not any(trace.type == "scatter" and trace.showlegend for trace in traces)


def test_extremes_keep_every_peak_and_every_gap() -> None:
    random = np.random.default_rng(0)
    lines = [random.normal(size=10_007) for _ in range(2)]
    lines[0][4321], lines[1][9000], lines[0][700:900] = 1e6, -1e6, np.nan
    rows = extremes(lines, 800)
    assert {0, 4321, 9000, 10_006} <= set(rows.tolist())
    assert len(rows) < 4 * 800 + 20
    for line in lines:
        for stretch in np.array_split(np.arange(10_007), 800):
            own = line[np.intersect1d(stretch, rows)]
            assert np.isnan(own).any() == np.isnan(line[stretch]).any()
            if not np.isnan(line[stretch]).all():
                assert np.nanmax(own) == np.nanmax(line[stretch])
                assert np.nanmin(own) == np.nanmin(line[stretch])
    assert extremes([lines[0][:1600]], 800).tolist() == list(range(1600))
