"""The scatter of all presets."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from resnet_viz.arch.config import revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.figures.design_space import (
    FAMILIES,
    HIGHLIGHT,
    Axis,
    at_the_place_of,
    design_point,
    design_space,
    family,
)

POINTS = tuple(design_point(name, config) for name, config in PRESETS.items())
CURRENT = design_point("mine", revise(preset("resnet50"), depths=(1, 2, 3, 1)))


@pytest.mark.parametrize("x", ["params", "activation_bytes"])
def test_every_preset_is_there_once_at_its_numbers(x: Axis) -> None:
    figure = design_space(POINTS, CURRENT, x)
    assert (figure.layout.xaxis.type, figure.layout.yaxis.type) == ("log", "log")
    shown = {}
    for trace in figure.data[:-1]:
        for name, *place in zip(trace.customdata, trace.x, trace.y, strict=True):
            assert name[0] not in shown
            shown[name[0]] = tuple(place)
    plans = {name: plan(config) for name, config in PRESETS.items()}
    expected = {
        "params": {name: (p.params, p.macs) for name, p in plans.items()},
        "activation_bytes": {name: (p.activation_bytes(1), p.macs) for name, p in plans.items()},
    }
    assert shown == expected[x]


def test_axes_have_several_labels_even_where_the_range_is_small() -> None:
    """With the 224 pixel nets' activation memory there was one tick an axis, in "M"."""
    large = [point for point in POINTS if point.image_size == 224]
    layout = design_space(large, CURRENT, "activation_bytes").layout
    for axis, unit in ((layout.xaxis, " MB"), (layout.yaxis, " G")):
        low, high = axis.range
        ticks = zip(axis.tickvals, axis.ticktext, strict=True)
        seen = [text for value, text in ticks if low <= np.log10(value) <= high and text]
        assert len(seen) >= 3
        assert [text for text in seen if text.endswith(unit)]


def test_the_current_net_is_a_star_on_top() -> None:
    star = design_space(POINTS, CURRENT, "params").data[-1]
    assert star.marker.symbol == HIGHLIGHT
    assert star.text == ("mine",)
    assert (star.x, star.y) == ((CURRENT.params,), (CURRENT.macs,))


def test_families_differ_in_colour_and_in_shape() -> None:
    traces = design_space(POINTS, CURRENT, "params").data[:-1]
    assert [trace.name for trace in traces] == list(FAMILIES)
    assert len({trace.marker.color for trace in traces}) == len(FAMILIES)
    assert len({trace.marker.symbol for trace in traces}) == len(FAMILIES)


def test_nets_at_one_place_are_named_together() -> None:
    """A zero-padded net and its plain twin have the same costs: neither may hide the other."""
    hovers = {}
    for trace in design_space(POINTS, CURRENT, "params").data:
        hovers |= {
            name[0]: text for name, text in zip(trace.customdata, trace.hovertext, strict=True)
        }
    for name in ("resnet56-cifar", "plain56-cifar"):
        assert "resnet56-cifar" in hovers[name]
        assert "plain56-cifar" in hovers[name]
        assert f"{plan(preset(name)).params:,} parameters" in hovers[name]
        assert "at 32 pixels" in hovers[name]
    assert "plain" not in hovers["resnet50"]


def test_who_stands_at_one_place() -> None:
    here = [point.name for point in at_the_place_of("plain32-cifar", POINTS, "params")]
    assert here == ["resnet32-cifar", "plain32-cifar", "dnddnjs32-cifar"]
    assert [p.name for p in at_the_place_of("resnet50", POINTS, "params")] == ["resnet50"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet50-v1", "ResNet"),
        ("plain20-cifar", "plain"),
        ("preact164-cifar", "pre-activation"),
        ("wrn28-10", "Wide ResNet"),
        ("wide_resnet50_2", "Wide ResNet"),
        ("resnext101_64x4d", "ResNeXt"),
        ("seresnet50", "ResNet-D, SE"),
        ("resnet50d", "ResNet-D, SE"),
        ("fastcampus50", "without norm"),
    ],
)
def test_families(name: str, expected: str) -> None:
    assert family(preset(name)) == expected


def test_a_figure_waits_for_a_page_that_is_importing_pandas() -> None:
    """Streamlit's table imports it in one session's thread; plotly looks at it in another's."""
    script = (
        "import threading, time, sys\n"
        "thread = threading.Thread(target=lambda: __import__('pandas'))\n"
        "thread.start()\n"
        "while 'pandas' not in sys.modules: time.sleep(0.001)\n"
        "from resnet_viz.figures.design_space import design_point, design_space\n"
        "from resnet_viz.arch.presets import preset\n"
        "point = design_point('resnet18', preset('resnet18'))\n"
        "design_space([point], point, 'params')\n"
        "thread.join()\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=120)
