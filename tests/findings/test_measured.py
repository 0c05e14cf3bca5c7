"""What is said of results, in both directions, and what their pictures hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike

from resnet_viz.arch.config import plain_twin
from resnet_viz.arch.plan import plan
from resnet_viz.figures.measurement_charts import figure
from resnet_viz.findings.colours import PLAIN, RESIDUAL
from resnet_viz.findings.measured import Net, said
from resnet_viz.measurements import measurement, measurements, why_not
from resnet_viz.nets.network import build_resnet
from resnet_viz.store.measurement_results import Measured
from resnet_viz.training.perform import perform
from tests.measurements.test_measurements import QUICK, SMALL, batch

NAMES = tuple(block.name for block in plan(SMALL).blocks)


def net(name: str, found: Mapping[str, ArrayLike], step: int = 0, **settings: Any) -> Net:
    """A net of which this was found."""
    about = measurement(name)
    arrays = {key: np.asarray(value, np.float64) for key, value in found.items()}
    result = Measured(step, name, about.checked(settings), 0.1, arrays)
    return Net("a<b>", RESIDUAL, NAMES, (), result, chance=2.3)


@pytest.mark.parametrize(
    ("name", "found", "word", "part"),
    [
        ("shattering", {"cosine": 0.8}, "smooth", "mean cosine of 0.800."),
        ("shattering", {"cosine": 0.01}, "noise", "0.0100"),
        ("shattering", {"cosine": 0.3}, "rough", "0.300"),
        ("shattering", {"cosine": np.nan}, "not finite", "inf or NaN"),
        ("shares", {"share": [0.9, 0.7]}, "through the shortcuts", "80%"),
        ("shares", {"share": [0.1, 0.3]}, "through the branches", "20%"),
        ("variance", {"times_k": [1.1, 0.9]}, "adds about 1/k", "1.0/k"),
        ("variance", {"times_k": [9, 9]}, "adds much", "9.0/k"),
        ("variance", {"times_k": [0.1, 0.1]}, "adds little", "0.10/k"),
        ("rank_cka", {"rank": [30, 25], "cka": [0.9, 0.5]}, "alive", "27.5 directions"),
        ("rank_cka", {"rank": [1.2, 1.4], "cka": [0.9, 0.1]}, "few directions", "CKA of 0.100"),
        ("path_lengths", {"low": 0, "high": 1, "paths": [1, 3, 3, 1]}, "short paths", "0 to 1"),
        ("path_lengths", {"low": 2, "high": 3, "paths": [1, 3, 3, 1]}, "long paths", "2 to 3 of"),
        ("path_lengths", {"low": 3, "high": 3, "paths": [0, 0, 0, 1]}, "one path", "all 3"),
        ("lesions", {"error": [0.05, 0.5, 0.04], "whole_error": 0.01}, "hardly missed", "5.0%"),
        ("lesions", {"error": [0.9, 0.8, np.nan], "whole_error": 0.01}, "missed", "85.0%"),
        (
            "lesions",
            {"error": [0.9] * 3, "whole_error": 0.88},
            "says nothing",
            "88.0% of the answers are wrong",
        ),
        ("hessian", {"eigenvalue": -1e6, "residual": 0.1}, "1.0e6", "but for 10%"),
        ("hessian", {"eigenvalue": -50.0, "residual": 0}, "50", "of any rate leads away"),
        ("hessian", {"eigenvalue": 200.0, "residual": 0}, "200", "2 / λ = 0.0100 overshoot"),
        ("landscape", {"nonconvex": 0.1, "loss": np.eye(3)}, "mostly a bowl", "10% of"),
        ("landscape", {"nonconvex": 0.9, "loss": np.eye(3)}, "mostly no bowl", "is 1.00"),
        ("landscape", {"nonconvex": 0.1, "loss": 2 * np.eye(3)}, "says little", "it says little"),
        ("gradients", {"ratio": 3000}, "explodes", "3,000 times"),
        ("gradients", {"ratio": 30}, "grows", "30.0 times"),
        ("gradients", {"ratio": 0.001}, "vanishes", "0.00100 times"),
    ],
)
def test_a_result_is_said_with_its_numbers(
    name: str, found: Mapping[str, ArrayLike], word: str, part: str
) -> None:
    verdict = said(net(name, found))
    assert verdict.word == word.replace("1.0e6", "1,000,000") or verdict.word == word
    assert part in verdict.sentence


def test_of_few_images_nobody_says_that_their_features_collapse() -> None:
    verdict = said(net("rank_cka", {"rank": [2.8], "cka": [0.9]}, images=4))
    assert verdict.word == "too few images"


def test_of_a_trained_net_it_is_said_that_collapse_looks_smooth() -> None:
    assert "collapsed" in said(net("shattering", {"cosine": 0.8}, step=60)).sentence
    assert "collapsed" not in said(net("shattering", {"cosine": 0.8})).sentence


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
        result = Measured(0, name, about.checked(settings), 0.1, found)
        layers = tuple(layer.name for layer in network.weighted_layers)
        nets.append(Net(colour, colour, NAMES, layers, result))
    drawn = figure(nets)
    rows = 2 if name == "rank_cka" else 1
    assert len(drawn.data) == rows * len(nets)
    for trace, one in zip(drawn.data, rows * nets, strict=True):
        if name == "landscape":
            np.testing.assert_allclose(10 ** np.array(trace.z).T, one.array("loss"))
            continue
        assert trace.line.color == one.colour
        held = {key: np.abs(array) for key, array in one.result.found.items()}
        assert any(
            array.shape == trace.y.shape and np.allclose(np.abs(trace.y), array, equal_nan=True)
            for array in held.values()
        )
    assert drawn.layout.xaxis.title.text
    assert drawn.layout.yaxis.title.text
    assert said(nets[0]).sentence.endswith(".")


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
