"""Fits against made data, and the Initialisation page's figures and sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.figures import at_initialisation_charts as plots
from resnet_viz.findings.theory import mean_field
from resnet_viz.findings.theory.new_net import New
from resnet_viz.measurements.base.fits import better, exponential, power

NET = revise(preset("resnet20-cifar"), in_channels=1, image_size=8)
X = np.array([8.0, 14, 20, 32, 56, 110])


def made(inputs: list[float], *, plain: bool = False, depth: int = 20) -> New:
    config = revise(NET, depths=((depth - 2) // 6,) * 3)
    found = {"gradients": {"inputs": inputs}}
    if not plain:
        k = [1, 2, 3] * 3
        found["variance"] = {"times_k": [1.5] * 9, "k": k}  # type: ignore[dict-item]
    name = "plain twin" if plain else "residual net"
    return New.of(name, "#000000", plain_twin(config) if plain else config, found, 64)


def test_fits_find_what_the_data_were_made_of() -> None:
    noise = np.exp(np.random.default_rng(0).normal(0, 0.05, len(X)))
    grown = exponential(X, 2 * 1.16**X * noise)
    assert grown is not None
    assert grown.rate == pytest.approx(1.16, rel=0.01)
    slope, start = np.polyfit(X, np.log(2 * 1.16**X * noise), 1)
    assert (grown.rate, grown.scale) == pytest.approx((np.exp(slope), np.exp(start)))
    assert grown.explained == pytest.approx(np.corrcoef(X, np.log(2 * 1.16**X * noise))[0, 1] ** 2)
    law = power(X, 3 * X**1.15)
    assert law is not None
    assert (law.scale, law.rate, law.explained) == pytest.approx((3, 1.15, 1))
    np.testing.assert_allclose(law.at(X), 3 * X**1.15)
    assert better(X, 3 * X**1.15) == law
    assert better(X, 2 * 1.16**X) == exponential(X, 2 * 1.16**X)


def test_fits_leave_out_what_has_no_logarithm() -> None:
    y = 2 * 1.1**X
    spoilt = np.concatenate([y, [np.nan, np.inf, 0, -1]])
    fit = exponential(np.concatenate([X, [1, 2, 3, 4]]), spoilt)
    assert fit is not None
    assert fit.rate == pytest.approx(1.1)
    assert exponential(X[:2], y[:2]) is None
    assert power(np.ones(5), np.arange(1.0, 6)) is None
    assert better(X, np.full(len(X), np.nan)) is None


def test_a_new_net_knows_how_many_layers_are_left() -> None:
    one = made([9.0 - i for i in range(9)])
    assert one.left.tolist() == [19, 17, 15, 13, 11, 9, 7, 5, 3]
    assert one.ratio == 9
    np.testing.assert_allclose(one.per_layer[0], np.sqrt(9 / 8))
    assert one.predicted is None
    assert made([1.0] * 9, plain=True).predicted is not None


def test_the_profile_shows_nets_fits_theory_and_other_depths() -> None:
    plain = made([1.2 ** (2 * (8 - i)) for i in range(9)], plain=True)
    residual = made([float(9 - i) for i in range(9)])
    earlier = made([1.0] * 3, depth=8)
    figure = plots.profile((residual, plain), (earlier,))
    names = [trace.name for trace in figure.data]
    assert names[:2] == ["depth 8", "residual net"]
    assert "fit: 1.200^(layers left)" in names
    assert names[-1] == "theory"
    drawn = {trace.name: trace for trace in figure.data}
    np.testing.assert_allclose(drawn["plain twin"].y, plain.inputs)
    assert "1.200x per layer (theory: 1.211x)." in plots.story(plain)
    assert plots.story(residual).startswith("Residual net, depth 20: the gradient at the first")
    assert "9.00 times as large" in plots.story(residual)
    law = made([(19.0 - 2 * i) ** 1.5 for i in range(9)])
    assert "It grows with the layers left to the power 1.50." in plots.story(law)
    uneven = made([60.0, 50, 40, 30, 20, 2, 1.5, 1.2, 1])
    assert "No single factor per layer fits (R² 0.9" in plots.story(uneven)


def test_what_is_not_finite_is_said() -> None:
    assert "not finite, or exactly 0" in plots.story(made([np.inf] + [1.0] * 8))
    assert "not finite, or exactly 0" in plots.story(made([0.0] * 9, plain=True))
    plots.profile((made([0.0] * 9), made([np.inf] * 9, plain=True)), ())


def test_the_depths_law_is_named_from_three_on() -> None:
    families = [
        made([1.2**depth] + [1.0] * (3 * n - 1), plain=True, depth=depth)
        for n, depth in ((1, 8), (2, 14), (3, 20))
    ]
    assert plots.depth_story(families[:2]) == ""
    assert plots.depth_story(families).startswith("Through the plain twins goes 1.200^(depth): ")
    figure = plots.by_depth([families])
    assert list(figure.data[0].x) == [8, 14, 20]
    assert figure.data[1].name == "1.200^(depth)"


def test_branches_stand_beside_what_theory_says_of_them() -> None:
    figure = plots.branches(made([1.0] * 9))
    assert [trace.name for trace in figure.data] == ["stage 1", "stage 2", "stage 3"]
    np.testing.assert_allclose(figure.data[0].y, 1.5 / np.array([1, 2, 3]))
    one = made([1.0] * 9)
    theirs = replace(one, config=revise(one.config, activation_order="full_preactivation"))
    expected = mean_field.branch_ratios(theirs.config)
    assert expected is not None
    drawn = [trace for trace in plots.branches(theirs).data if trace.name == "theory"]
    np.testing.assert_allclose(np.concatenate([trace.y for trace in drawn]), expected)
    assert [trace.showlegend for trace in drawn] == [True, False, False]


def test_shattering_is_a_map_for_each_net() -> None:
    figure = plots.shattering([np.eye(3), np.ones((3, 3))], ["a", "b"])
    assert [trace.type for trace in figure.data] == ["heatmap", "heatmap"]
    np.testing.assert_array_equal(figure.data[0].z, np.eye(3))
