"""A plain net in the places of its residual twin."""

from __future__ import annotations

import pytest

from resnet_viz.arch.config import plain_twin, revise
from resnet_viz.arch.presets import preset
from resnet_viz.views.graph.graph import shortcut_graph
from resnet_viz.views.graph.layout import FOOT, lay_out
from resnet_viz.views.graph.plain_layout import lay_out_like


@pytest.mark.parametrize(
    ("name", "opened"),
    [
        ("resnet34", frozenset()),
        ("resnet50", frozenset({"stages.1.0", "stem"})),
        ("seresnet50", frozenset({"stages.0.0"})),
        ("preact110-cifar", frozenset()),
        ("resnet50d", frozenset({"stages.3.2"})),
    ],
)
def test_every_block_stays_and_every_line_goes_from_box_to_box(
    name: str, opened: frozenset[str]
) -> None:
    residual = lay_out(shortcut_graph(preset(name), opened))
    graph = shortcut_graph(plain_twin(preset(name)), opened)
    plain = lay_out_like(graph, residual)
    assert plain
    for node in graph.nodes:
        assert plain.boxes[node.id].middle == residual.boxes[node.id].middle
    for line in plain.lines:
        source, target = plain.boxes[line.edge.source], plain.boxes[line.edge.target]
        (x, y), (right, level) = line.points[0], line.points[-1]
        assert x == pytest.approx(source.middle[0])
        assert 0 <= y - source.bottom <= FOOT  # a second path from a box leaves below it
        assert (right, level) in ((target.middle[0], target.top), (target.right, target.middle[1]))


def test_another_net_has_a_layout_of_its_own() -> None:
    other = lay_out(shortcut_graph(preset("resnet18")))
    assert lay_out_like(shortcut_graph(preset("plain34")), other) is None
    deeper = revise(preset("resnet34"), depths=(3, 4, 6, 4))
    assert lay_out_like(shortcut_graph(preset("plain34")), lay_out(shortcut_graph(deeper)))
