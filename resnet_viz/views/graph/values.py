"""Costs of a graph's nodes, from the plan: what a graph can be coloured by."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import NamedTuple

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.arch.receptive import receptive_fields

BYTES = 4
"""Of a float32."""


class NodeValues(NamedTuple):
    """Values of one quantity by node id: stem, blocks, head, and their operations if they have
    any."""

    title: str
    unit: str
    is_log: bool
    of: Mapping[str, float]


def node_costs(net: NetworkPlan) -> Mapping[str, NodeValues]:
    """Parameters, MACs, activation memory and receptive field, by name; zeros left out."""
    return {
        "parameters": NodeValues("parameters", "", True, _counted(net, "params")),
        "MACs": NodeValues("MACs of one image", "", True, _counted(net, "macs")),
        "activation memory": NodeValues(
            "memory that one image's activations take until the backward pass",
            "bytes",
            True,
            activation_bytes(net),
        ),
        "receptive field": NodeValues(
            "receptive field", "pixels a side", False, dict(receptive_fields(net))
        ),
    }


def activation_bytes(net: NetworkPlan) -> dict[str, float]:
    """Bytes that autograd keeps of each unit for one image, batch statistics included; a unit's
    output counts as its own. The image, which the stem keeps, is "input"."""
    units = list(net.units)
    image = net.stem.in_elements * net.stem.keeps_input
    elements = {path: unit.kept_inside + unit.kept_per_batch for path, unit in units}
    for (path, unit), (_, after) in pairwise(units):
        elements[path] += unit.out_elements * (unit.keeps_output or after.keeps_input)
    return {
        path: float(BYTES * count) for path, count in ({"input": image} | elements).items() if count
    }


def _counted(net: NetworkPlan, attribute: str) -> dict[str, float]:
    counts = {path: getattr(unit, attribute) for path, unit in net.units}
    counts |= {operation.name: getattr(operation, attribute) for operation in net.operations}
    return {name: float(count) for name, count in counts.items() if count}
