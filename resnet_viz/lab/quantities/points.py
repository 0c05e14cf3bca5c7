"""The points of a net in training that quantities are measured at; no torch.

A point gives one tensor for each name along its axis. In a quantity's file the parameters of
`measure` are named after the points they are to be given. What a point is, is said here once;
lab/instruments.py takes the tensors.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.lab.quantities.quantity import Along, Axis, Quantity, Taken


class Point(NamedTuple):
    """Along which axis a point lies, when it is looked at, and what is there."""

    axis: Axis
    taken: Taken
    what: str


POINTS: Mapping[str, Point] = MappingProxyType(
    {
        "weight": Point(
            "layer", "each step", "a convolution's kernel or a matrix, before the update"
        ),
        "gradient": Point("layer", "each step", "the loss's gradient by that weight"),
        "update": Point("layer", "each step", "the weight before the update less that after it"),
        "parameter_gradients": Point(
            "net", "each step", "the loss's gradient by every parameter, a list for the net"
        ),
        "response": Point(
            "layer",
            "measured steps",
            "what a 3x3 convolution of the main path gives, after the norm that follows it "
            "directly, if one does, and before the nonlinearity",
        ),
        "activation": Point(
            "layer",
            "measured steps",
            "what the nonlinearity that follows a 3x3 convolution of the main path gives; after "
            "the addition where it stands there",
        ),
        "branch": Point(
            "block", "measured steps", "F(x) as it is added (in a plain net: passed on)"
        ),
        "shortcut": Point("block", "measured steps", "the shortcut of x, as it is added"),
        "output": Point("block", "measured steps", "what the block passes on"),
        "grad_input": Point("block", "measured steps", "the loss's gradient by the block's input"),
        "grad_shortcut": Point(
            "block", "measured steps", "the part of grad_input that comes through the shortcut"
        ),
        "grad_branch": Point(
            "block", "measured steps", "the part of grad_input that comes through the branch"
        ),
        "held_out_logits": Point("net", "evaluations", "the net's answers to held-out images"),
        "held_out_labels": Point("net", "evaluations", "the classes of those images"),
    }
)


def place(quantity: Quantity) -> tuple[Axis, Taken]:
    """The axis of a quantity, and when it is taken.

    Raises:
        ValueError: where its points are unknown, or do not lie along one axis at one time.
    """
    unknown = [point for point in quantity.points if point not in POINTS]
    if unknown or not quantity.points:
        raise ValueError(
            f"the quantity {quantity.name!r} is measured at {unknown or 'no point'}; allowed are "
            f"{', '.join(POINTS)}"
        )
    places = {POINTS[point][:2] for point in quantity.points}
    if len(places) > 1:
        raise ValueError(
            f"the quantity {quantity.name!r} is measured at points that do not go together: "
            f"{', '.join(quantity.points)}"
        )
    return places.pop()


def along(quantity: Quantity, names: Mapping[str, Sequence[str]]) -> Along:
    """A quantity's names, given those at each point: those that all of its points have."""
    first, *others = (names[point] for point in quantity.points)
    common = set(first).intersection(*others)
    return Along(place(quantity)[0], tuple(name for name in first if name in common))


def names_in(network: NetworkPlan) -> Mapping[str, Sequence[str]]:
    """The names at each point of one of our nets: paths of layers and blocks, in forward order."""
    layers = [layer.name for layer in network.weighted_layers]
    blocks = [block.name for block in network.blocks]
    with_shortcut = [block.name for block in network.blocks if block.shortcut != "none"]
    own: Mapping[str, Sequence[str]] = {
        "weight": layers,
        "gradient": layers,
        "update": layers,
        "shortcut": with_shortcut,
        "grad_shortcut": with_shortcut,
        "response": (),
        "activation": (),
    }
    default: Mapping[Axis, Sequence[str]] = {"layer": layers, "block": blocks, "net": ("net",)}
    return {point: own.get(point, default[POINTS[point].axis]) for point in POINTS}
