"""The graph of a net that was watched: its blocks, shortcuts and layers in the colours measured."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

import pytest
import torch
from torch import Tensor, nn

from resnet_viz.figures.graph_colouring import line_values, node_values
from resnet_viz.findings.contestant import Contestant, contestants_in
from resnet_viz.lab.lab import Lab
from resnet_viz.lab.race_feed import Feed
from resnet_viz.views.graph.found_net import FoundNet, graph_of, units_of
from resnet_viz.views.graph.layout import common_grid
from resnet_viz.views.graph.svg import write_svg
from tests.training.watched import norm
from tests.ui.race.conftest import errors, race_page, shown, text

HOSTILE = 'x"><b onload=alert(1)>'


class Mixed(nn.Module):
    """A stem, a block whose shortcut is projected, one that begins with a dash, and a head."""

    def __init__(self, last: str = "layers-2") -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.norm = nn.Linear(6, 6), nn.LayerNorm(6)
        self.layers = nn.ModuleDict({"first": Widening(), last: nn.Linear(8, 8)})
        self.head = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Tensor:
        first, last = self.layers.values()
        x = first(self.norm(self.stem(x)))
        return self.head(x + torch.tanh(last(x)))


class Widening(nn.Module):
    """A block that projects."""

    def __init__(self) -> None:
        super().__init__()
        self.inner, self.outer, self.beside = nn.Linear(6, 8), nn.Linear(8, 8), nn.Linear(6, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.outer(torch.relu(self.inner(x))) + self.beside(x)


def _watched(lab: Lab, net: nn.Module) -> tuple[str, dict[str, float]]:
    """A run of one step, and the norms of its gradients by the layers' names."""
    with lab.watch(net, "mine") as watched:
        net(torch.randn(8, 6)).square().mean().backward()
        watched.step(1.0)
    named = net.named_parameters()
    return watched.run_id, {
        name.removesuffix(".weight"): norm(p.grad) for name, p in named if p.dim() > 1
    }


def _contestant(lab: Lab, run_id: str) -> Contestant:
    (one,) = contestants_in(Feed(lab, run_id).look())
    return one


def _graph(one: Contestant, *opened: str) -> tuple[list[str], list[tuple[str, str, str]]]:
    assert isinstance(one.drawn_net, FoundNet)
    graph = graph_of(one.drawn_net, frozenset(opened))
    return [node.id for node in graph.nodes], [edge[:3] for edge in graph.edges]


def test_the_graph_has_the_blocks_and_the_shortcuts_that_were_found(lab: Lab) -> None:
    one = _contestant(lab, _watched(lab, Mixed())[0])
    nodes, edges = _graph(one)
    first, last = "layers.first", "layers.layers-2"
    assert nodes == ["input", "stem", first, f"{first}.add", last, f"{last}.add", "head"]
    assert ("stem", f"{first}.add", "projection") in edges
    assert (f"{first}.add", f"{last}.add", "identity") in edges
    assert len(edges) == 6 + 2


def test_an_opened_block_shows_its_layers_and_those_beside_them(lab: Lab) -> None:
    run_id, _ = _watched(lab, Mixed())
    nodes, edges = _graph(_contestant(lab, run_id), "layers.first")
    inner, outer = (f"layers.first.branch.layers.first.{name}" for name in ("inner", "outer"))
    beside, end = "layers.first.shortcut.layers.first.beside", "layers.first.add"
    assert nodes[2:6] == [inner, outer, beside, end]
    assert [("stem", beside, "projection"), (beside, end, "projection")] == [
        edge for edge in edges if beside in edge
    ]
    assert ("stem", end, "projection") not in edges
    assert (outer, end, "main") in edges


def test_colours_are_the_gradients_that_autograd_gives(lab: Lab) -> None:
    run_id, norms = _watched(lab, Mixed())
    one = _contestant(lab, run_id)
    values = node_values(one, 0).of
    of_first = [norms[f"layers.first.{name}"] for name in ("inner", "outer", "beside")]
    assert values["layers.first"] == pytest.approx(max(of_first), rel=1e-4)
    assert values["layers.layers-2"] == pytest.approx(norms["layers.layers-2"], rel=1e-4)
    beside = "layers.first.shortcut.layers.first.beside"
    assert values[beside] == pytest.approx(norms["layers.first.beside"], rel=1e-4)
    assert {"stem", "head"} <= set(values)
    flows = {f"{block}.{part}" for block in one.blocks for part in ("input", "shortcut", "branch")}
    assert set(line_values(one, 0).of) == flows
    svg = write_svg(graph_of(one.drawn_net), coloured=True)  # type: ignore[arg-type]
    assert set(re.findall('data-flow="([^"]+)"', svg)) == flows


@pytest.mark.parametrize("net", [nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 2)), nn.Linear(6, 2)])
def test_a_net_without_shortcuts_is_a_chain(net: nn.Module, lab: Lab) -> None:
    one = _contestant(lab, _watched(lab, nn.Sequential(net))[0])
    assert isinstance(one.drawn_net, FoundNet)
    graph = graph_of(one.drawn_net)
    assert {edge.kind for edge in graph.edges} == {"main"}
    for opened in (frozenset[str](), frozenset(units_of(one.drawn_net))):
        own = graph_of(one.drawn_net, opened)
        ElementTree.fromstring(write_svg(own, common_grid([own], 0.3), coloured=True))


def test_a_modules_name_is_text(lab: Lab) -> None:
    one = _contestant(lab, _watched(lab, Mixed(HOSTILE.replace(".", "")))[0])
    assert one.drawn_net is not None
    for opened in (frozenset[str](), frozenset(units_of(one.drawn_net))):
        svg = write_svg(graph_of(one.drawn_net, opened), coloured=True)
        assert "<b" not in svg
        ElementTree.fromstring(svg)


def test_the_race_page_draws_and_colours_it(lab: Lab) -> None:
    run_id, _ = _watched(lab, Mixed())
    app = race_page(run_id)
    app.toggle(key="race_panel_graphs").set_value(True).run()
    assert errors(app) == []
    assert "has no graph" not in text(app)
    chart = shown(app, "graph_chart")
    assert 'data-node="layers.first"' in chart["svg"]
    told = json.loads(shown(app, "graph_values")["graphs"])
    names, values = told["of"][chart["member"]]["nodes"]
    assert "layers.first" in told["names"][names].split("\n")
    assert all(value > 0 for value in values)
