"""The bars of the Compare page."""

from __future__ import annotations

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.figures.cost_by_stage import TITLES, Compared, Cost, cost_by_stage
from resnet_viz.findings.colours import PLAIN, RESIDUAL

NAMES = ("resnet50", "plain34", "resnet56-cifar", "resnet50")


def _nets() -> list[Compared]:
    return [Compared(f"{i}: {name}", plan(preset(name))) for i, name in enumerate(NAMES)]


@pytest.mark.parametrize("cost", ["macs", "params"])
def test_bars_sum_to_the_net(cost: Cost) -> None:
    figure = cost_by_stage(_nets(), cost)
    assert figure.layout.barmode == "group"
    assert figure.layout.yaxis.title.text == TITLES[cost]
    for bars, net in zip(figure.data, _nets(), strict=True):
        assert sum(height or 0 for height in bars.y) == getattr(net.plan, cost)
        assert bars.name == net.name
    assert list(figure.data[0].x) == ["stem", "stage 1", "stage 2", "stage 3", "stage 4", "head"]
    assert figure.data[2].y[4] is None  # a CIFAR net has no stage 4


def test_nets_differ_in_colour_and_in_hatching() -> None:
    bars = cost_by_stage(_nets(), "macs").data
    assert bars[0].marker.color == RESIDUAL
    assert bars[1].marker.color == PLAIN
    assert len({bar.marker.color for bar in bars}) == len(NAMES)
    assert len({bar.marker.pattern.shape for bar in bars}) == len(NAMES)


def test_names_are_no_markup() -> None:
    figure = cost_by_stage([Compared("<b>x</b>", plan(preset("resnet18")))], "params")
    assert figure.data[0].name == "&lt;b&gt;x&lt;/b&gt;"
    assert not figure.layout.showlegend
