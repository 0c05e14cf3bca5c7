"""What nodes are coloured by: their sums are the plan's, and their parts their own."""

from __future__ import annotations

import pytest

from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.views.graph.graph import shortcut_graph
from resnet_viz.views.graph.values import activation_bytes, node_costs

NETS = ("resnet18", "resnet50", "plain20-cifar", "preact164-cifar", "seresnet50", "notebook34")


@pytest.mark.parametrize("name", NETS)
def test_units_add_up_to_the_net(name: str) -> None:
    net = plan(preset(name))
    units = [path for path, _ in net.units]
    costs = node_costs(net)
    assert sum(costs["parameters"].of[unit] for unit in units) == net.params
    assert sum(costs["MACs"].of.get(unit, 0) for unit in units) == net.macs
    assert sum(activation_bytes(net).values()) == net.activation_bytes(1)


@pytest.mark.parametrize("name", NETS)
def test_operations_add_up_to_their_unit(name: str) -> None:
    net = plan(preset(name))
    of = node_costs(net)["parameters"].of
    for path, unit in net.units:
        own = [of.get(f"{path}.{operation.name}", 0) for operation in unit.operations]
        assert sum(own) == of[path]


def test_names_are_those_of_the_graph_s_nodes() -> None:
    net = plan(preset("resnet50"))
    paths = frozenset(path for path, _ in net.units)
    config = net.config
    nodes = {
        node.id
        for graph in (shortcut_graph(config), shortcut_graph(config, paths))
        for node in graph.nodes
    }
    for values in node_costs(net).values():
        assert set(values.of) <= nodes
        assert all(value > 0 for value in values.of.values())


def test_receptive_field_is_that_of_the_table() -> None:
    net = plan(preset("resnet34"))
    assert node_costs(net)["receptive field"].of == receptive_fields(net)
