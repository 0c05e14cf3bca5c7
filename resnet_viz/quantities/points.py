"""Points: the places in a net in training at which quantities are measured; no torch.

A point gives one tensor for each name along its axis. In a quantity's file the parameters of
`measure` are named after the points they are to be given. What a point is, is said here once;
training/probes.py takes the tensors.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from resnet_viz.arch.operations import WEIGHTED, Operation
from resnet_viz.arch.plan import NetworkPlan
from resnet_viz.quantities.quantity import Along, Axis, Quantity, When


class Point(NamedTuple):
    """A point: its axis, when it is measured, and what is there."""

    axis: Axis
    when: When
    description: str


POINTS: Mapping[str, Point] = {
    "weight": Point("layer", "each step", "a convolution's kernel or a matrix, before the update"),
    "gradient": Point("layer", "each step", "the loss's gradient by that weight"),
    "measured_gradient": Point("layer", "measured steps", "the same gradient, less often"),
    "update": Point("layer", "each step", "the weight before the update less that after it"),
    "parameter_gradients": Point(
        "net",
        "each step",
        "the loss's gradient by every parameter, a list for the net, its vectors put into one",
    ),
    "state": Point("layer", "changes", "whether the layer is measured, and why not"),
    "response": Point(
        "layer",
        "measured steps",
        "what a 3x3 convolution of the main path gives, after the norm that follows it "
        "directly, if one does, and before the nonlinearity",
    ),
    "activation": Point(
        "layer",
        "measured steps",
        "what the nonlinearity gives that follows a 3x3 convolution of the main path before "
        "the next convolution, if one does; after the addition where it stands there",
    ),
    "branch": Point("block", "measured steps", "F(x) as it is added (in a plain net: passed on)"),
    "shortcut": Point("block", "measured steps", "the shortcut of x, as it is added"),
    "output": Point("block", "measured steps", "what the block passes on"),
    "grad_input": Point("block", "measured steps", "the loss's gradient by the block's input"),
    "grad_shortcut": Point(
        "block",
        "measured steps",
        "the part of grad_input that comes through the shortcut and, where there is one, the "
        "gate: grad_shortcut + grad_branch = grad_input",
    ),
    "grad_branch": Point(
        "block", "measured steps", "the part of grad_input that comes through the branch"
    ),
    "held_out_logits": Point("net", "evaluations", "the net's answers to held-out images"),
    "held_out_labels": Point("net", "evaluations", "the classes of those images"),
    "end": Point("final", "the end", "how the net does after the last update, a number each"),
}

FINAL = "final"
"""The quantity that is taken at the end."""

FINAL_NAMES = (
    *("train_loss", "train_loss_se", "train_accuracy", "train_images"),
    *("eval_loss", "eval_loss_se", "eval_accuracy", "eval_images"),
)
"""What is known of a net at the end, in this order. Of images that it was trained on, and of those
that it was not (NaN where a data set has none): the mean cross-entropy in nats, its standard error
over the images, the share of right answers, and how many images there were."""

OF_WEIGHTS = frozenset({"weight", "update"})
"""The points that are looked at every few steps where a net has many weights (every.py)."""

OF_LAYERS = frozenset({"measured_gradient"})
"""The points of measured steps that every trained layer has, whatever passes in the net."""

GRADIENTS = frozenset({"grad_input", "grad_shortcut", "grad_branch"})
"""The points that are passed in backward."""


def place(quantity: Quantity) -> tuple[Axis, When]:
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
    """The names along a quantity, given those at each point: those that all its points have."""
    first, *others = (names[point] for point in quantity.points)
    common = set(first).intersection(*others)
    return Along(place(quantity)[0], tuple(name for name in first if name in common))


class Responding(NamedTuple):
    """A 3x3 convolution of the main path, and the modules whose outputs are its response (its own,
    or that of the norm that takes it) and its activation; all by their paths."""

    layer: str
    response: str
    activation: str | None


def responding(network: NetworkPlan) -> tuple[Responding, ...]:
    """The 3x3 convolutions of the main path of one of our nets, in forward order."""
    stretches: list[list[_Step]] = []
    for step in _main_path(network):
        if step.operation.kind in WEIGHTED:
            stretches.append([])
        stretches[-1].append(step)  # a net begins with a convolution
    return tuple(
        _responding(layer.name, after)
        for layer, *after in stretches
        if layer.operation.kind == "conv" and layer.operation.kernel == 3
    )


class _Step(NamedTuple):
    """An operation, its path, and the path of the operation whose output it takes (first)."""

    name: str
    takes: str
    operation: Operation


def _main_path(network: NetworkPlan) -> Iterator[_Step]:
    before = "input"
    for path, unit in network.units:
        for operation in unit.operations:
            source = operation.inputs[0]
            if not operation.is_beside:
                takes = before if source == "in" else f"{path}.{source}"
                yield _Step(f"{path}.{operation.name}", takes, operation)
        before = f"{path}.{unit.operations[-1].name}"


def _responding(layer: str, after: Sequence[_Step]) -> Responding:
    norms = [step.name for step in after if step.operation.kind == "norm" and step.takes == layer]
    activations = [step.name for step in after if step.operation.kind == "activation"]
    return Responding(layer, (*norms, layer)[0], (*activations, None)[0])


def names_in(network: NetworkPlan) -> Mapping[str, Sequence[str]]:
    """The names at each point of one of our nets: paths of layers and blocks, in forward order."""
    layers = [layer.name for layer in network.weighted_layers]
    blocks = [block.name for block in network.blocks]
    with_shortcut = [block.name for block in network.blocks if block.shortcut != "none"]
    responses = responding(network)
    own: Mapping[str, Sequence[str]] = {
        "weight": layers,
        "gradient": layers,
        "measured_gradient": layers,
        "update": layers,
        "shortcut": with_shortcut,
        "grad_shortcut": with_shortcut,
        "response": [one.layer for one in responses],
        "activation": [one.layer for one in responses if one.activation],
    }
    default: Mapping[Axis, Sequence[str]] = {
        "layer": layers,
        "block": blocks,
        "net": ("net",),
        "final": FINAL_NAMES,
    }
    return {point: own.get(point, default[POINTS[point].axis]) for point in POINTS}
