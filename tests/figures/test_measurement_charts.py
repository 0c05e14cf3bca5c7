"""Pictures of results: what they hold, and where."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.plan import plan
from resnet_viz.figures.measurement_charts import figure
from resnet_viz.findings.colours import PLAIN, RESIDUAL
from resnet_viz.measurements import measurement, measurements, why_not
from resnet_viz.measurements.base.figure import Points
from resnet_viz.measurements.base.result import MeasuredNet, MeasurementResult
from resnet_viz.nets.network import build_resnet
from resnet_viz.training.perform import perform
from tests.measurements.made import NAMES, net, verdict
from tests.measurements.test_measurements import QUICK, SMALL, batch


@pytest.mark.parametrize("name", measurements())
def test_a_picture_holds_what_was_found_of_every_net(name: str) -> None:
    """Of real results: a net in its colour each, and the numbers that were measured."""
    about, nets = measurement(name), []
    for config, colour in ((SMALL, RESIDUAL), (plain_twin(SMALL), PLAIN)):
        network = plan(config)
        if why_not(about, network):
            continue
        images, labels = batch()
        settings = QUICK.get(name, {})
        found = perform(
            about, build_resnet(config, seed=0), images.float(), labels, settings=settings
        )
        result = MeasurementResult(0, name, about.checked(settings), 0.1, found)
        layers = tuple(layer.name for layer in network.weighted_layers)
        nets.append(MeasuredNet(colour, colour, NAMES, layers, result))
    drawn = figure(nets)
    rows = 2 if name == "rank_cka" else 1
    assert len(drawn.data) == rows * len(nets)
    for trace, one in zip(drawn.data, rows * nets, strict=True):
        if name == "landscape":
            np.testing.assert_allclose(10 ** np.array(trace.z).T, one.array("loss"))
            continue
        if isinstance(about.drawing, Points):
            assert trace.marker.color == one.colour
            assert list(trace.y) == [one.scalar(about.drawing.values)]
            continue
        assert trace.line.color == one.colour
        held = {key: np.abs(array) for key, array in one.result.found.items()}
        assert any(
            array.shape == trace.y.shape and np.allclose(np.abs(trace.y), array, equal_nan=True)
            for array in held.values()
        )
    assert drawn.layout.xaxis.title.text
    assert drawn.layout.yaxis.title.text
    assert verdict(nets[0]).sentence.endswith(".")


def test_a_point_of_lesions_says_what_it_is_of_and_a_deleted_block_is_marked() -> None:
    nets = [
        replace(net("lesions", {"error": [0.1, 0.2, 0.3], "whole_error": 0}), id="a-run"),
        replace(net("lesions", {"error": [0.4, 0.5, np.nan], "whole_error": 0}), id="other"),
    ]
    one, other, mark = figure(nets, ["", NAMES[1]]).data
    assert list(one.customdata) == [f"a-run:{name}" for name in NAMES]
    assert list(other.customdata) == [f"other:{name}" for name in NAMES]
    assert (list(mark.x), list(mark.y)) == ([2], [0.5])
    assert len(figure(nets).data) == 2


def test_what_an_axis_cannot_show_is_counted() -> None:
    drawn = figure([net("rank_cka", {"rank": [np.nan, 3, 2], "cka": [1, 1, 1]})])
    assert [a.text for a in drawn.layout.annotations] == ["a&lt;b&gt;: 1 not there or not finite"]
    fine = figure([net("rank_cka", {"rank": [4, 3, 2], "cka": [1, 1, 1]})])
    assert not fine.layout.annotations


@pytest.mark.parametrize(
    ("low", "high"), [(2.3, 2.301), (2.2, 3.1), (0.9, 1.2), (1.9, 9.6), (6, 40), (1e-3, 1e8)]
)
def test_the_bar_of_a_landscape_has_some_ticks_within_its_ends(low: float, high: float) -> None:
    found = {"loss": np.geomspace(low, high, 9).reshape(3, 3), "at": [-1, 0, 1], "nonconvex": 0.0}
    axis = figure([net("landscape", found)]).layout.coloraxis
    bar = axis.colorbar
    assert 3 <= len(bar.tickvals) <= 10
    assert axis.cmin - 1e-9 <= min(bar.tickvals) < max(bar.tickvals) <= axis.cmax + 1e-9
    np.testing.assert_allclose([float(text) for text in bar.ticktext], 10 ** np.array(bar.tickvals))
    assert bar.title.text == "loss [nats]"


@pytest.mark.parametrize("total", [1, 2, 3, 6])
def test_maps_lie_beside_and_below_each_other(total: int) -> None:
    found = {"loss": np.ones((3, 3)), "at": [-1, 0, 1], "nonconvex": 0.0}
    drawn = figure([net("landscape", found)] * total)
    for layout in (drawn.layout.to_plotly_json(), drawn.layout.meta["narrow"]):
        boxes = []
        for number in range(total):
            own = "" if number == 0 else str(number + 1)
            x, y = (layout[f"{axis}axis{own}"]["domain"] for axis in "xy")
            assert 0 <= x[0] < x[1] <= 1
            assert 0 <= y[0] < y[1] <= 1
            boxes.append((*x, *y))
        for one in boxes:
            for other in boxes:
                left, low = one[1] < other[0], one[3] < other[2]
                apart = left or other[1] < one[0] or low or other[3] < one[2]
                assert one == other or apart
        assert len(set(boxes)) == total
    assert {(box[0], box[1]) for box in boxes} == {(0, 1)}  # below each other on a phone
