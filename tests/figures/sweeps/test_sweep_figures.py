"""Figures of a sweep: what they draw, against the numbers of a real one read by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from resnet_viz.figures.sweeps.along_axis import along_axis
from resnet_viz.figures.sweeps.axes import MOST_TICKS, names_in_a_row, swept_axis
from resnet_viz.figures.sweeps.curves import curves
from resnet_viz.figures.sweeps.heat_map import heat_map
from resnet_viz.figures.sweeps.parallel import parallel
from resnet_viz.figures.sweeps.seeds import seeds
from resnet_viz.findings.colours import PLAIN, RESIDUAL
from resnet_viz.findings.sweeps.grid import ENDS, Axis, grid_of
from tests.findings.swept import ends, trained

DEPTHS = (8, 20, 56)


def titles(figure: go.Figure) -> tuple[str, str]:
    return figure.layout.xaxis.title.text, figure.layout.yaxis.title.text


@pytest.mark.parametrize("is_log", [False, True])
def test_of_many_values_some_have_a_tick(is_log: bool) -> None:
    numbers = (
        tuple(float(n) for n in range(60, 0, -1)) if is_log else tuple(map(float, range(11, 71)))
    )
    axis = Axis("lr", "rate", tuple(f"{n:g}" for n in numbers), numbers, "rate")
    assert axis.is_log == is_log
    for layout in (swept_axis(axis), names_in_a_row(axis)):
        at, texts = np.array(layout["tickvals"]), layout["ticktext"]
        assert 10 < len(at) <= MOST_TICKS + 1
        places = numbers if layout.get("range")[0] != -0.5 else range(60)
        assert {at.min(), at.max()} == {min(places), max(places)}
        assert {texts[0], texts[-1]} == {f"{min(numbers):g}", f"{max(numbers):g}"}
        seen = np.log10(at) if layout.get("type") == "log" else at
        assert np.diff(seen).min() >= (seen[-1] - seen[0]) / MOST_TICKS


def test_loss_against_depth() -> None:
    figure = along_axis(grid_of(trained()[0]), "depths", "train_loss")
    assert titles(figure) == ("depth [weighted layers]", "training loss at the end [nats]")
    assert figure.layout.xaxis.tickvals == DEPTHS
    assert figure.layout.yaxis.type == "log"
    lines = [trace for trace in figure.data if trace.mode == "lines"]
    assert [(line.name, line.line.color) for line in lines] == [
        ("residual nets", RESIDUAL),
        ("plain nets", PLAIN),
    ]
    for line, plain in zip(lines, (False, True), strict=True):
        every = [ends(depth, plain=plain) for depth in DEPTHS]
        assert line.x == DEPTHS
        assert line.y == pytest.approx([np.median(one) for one in every])
        tops = np.array(line.y) + line.error_y.array
        assert tops == pytest.approx([one.max() for one in every])
        lows = np.array(line.y) - line.error_y.arrayminus
        assert lows == pytest.approx([one.min() for one in every])
    points = [trace for trace in figure.data if trace.mode == "markers"]
    assert sorted(int(n) for trace in points for n in trace.customdata) == list(range(30))


def test_a_heat_map_has_the_medians_and_says_what_is_missing() -> None:
    made = grid_of(trained(lambda cell: cell.number != 0 and cell.values["depths"] != (9, 9, 9))[0])
    (cells,) = heat_map(made, "depths", "plain", "eval_accuracy").data
    assert np.array(cells.z)[0, :2] == pytest.approx(
        [
            np.median(ends(8, plain=False, name="eval_accuracy")[1:]),
            np.median(ends(20, plain=False, name="eval_accuracy")),
        ]
    )
    assert np.isnan(np.array(cells.z)[:, 2]).all()
    assert cells.text[0][0].endswith("median of 4 runs")
    assert cells.text[0][2] == ""
    losses = heat_map(grid_of(trained()[0]), "depths", "plain", "train_loss")
    z = np.array(losses.data[0].z)
    assert z[1, 2] == pytest.approx(np.log10(np.median(ends(56, plain=True))))
    assert losses.layout.coloraxis.cmin == pytest.approx(z.min())


def test_the_distribution_shows_each_run_once() -> None:
    figure = seeds(grid_of(trained()[0]), "depths", "train_loss")
    assert [len(trace.x) for trace in figure.data] == [15, 15]
    assert len({round(x, 6) for trace in figure.data for x in trace.x}) == 30  # none hides another
    assert [bar.y0 for bar in figure.layout.shapes[:3]] == pytest.approx(
        [np.median(ends(depth, plain=False)) for depth in DEPTHS]
    )


def test_curves_are_one_a_run_in_panels_of_one_scale() -> None:
    cells, histories = trained()
    figure = curves(grid_of(cells), histories, "depths")
    assert len(figure.data) == 30
    assert {trace.xaxis for trace in figure.data} == {"x", "x2", "x3"}
    ranges = {tuple(figure.layout[f"yaxis{n}"].range) for n in ("", "2", "3")}
    assert len(ranges) == 1
    loss = histories["run 0"].loss
    assert figure.data[0].y[-1] == pytest.approx(loss[-5:].mean())
    assert sum(trace.showlegend for trace in figure.data) == 2


def test_parallel_lines_have_a_colour_and_a_gap_each() -> None:
    figure = parallel(grid_of(trained()[0]), "train_loss")
    numbers = [n for trace in figure.data if trace.customdata for n in trace.customdata]
    assert sorted(int(n) for n in numbers if n is not None) == sorted(list(range(30)) * 3)
    assert numbers.count(None) == 30


@pytest.mark.parametrize("end", list(ENDS))
def test_any_end_of_a_sweep_that_has_not_begun(end: str) -> None:
    """Axes stand there before the first cell comes."""
    cells, histories = trained(lambda cell: False)
    made = grid_of(cells)
    drawn: list[Any] = [
        along_axis(made, "depths", end),
        heat_map(made, "depths", "plain", end),
        seeds(made, "plain", end),
        parallel(made, end),
        curves(made, histories, "plain"),
    ]
    assert all(figure.to_json() for figure in drawn)
