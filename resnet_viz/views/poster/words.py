# ruff: noqa: RUF001, RUF002
"""Words in figures, as the papers write them: "3×3 conv, 64, /2", "pool, /2", "fc, 1000"."""

from __future__ import annotations

from collections.abc import Iterator

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Unit
from resnet_viz.views import labels
from resnet_viz.views.graph.block_words import ACTIVATIONS, NORMS

CHANGED = ("projection", "zero_pad")
"""Kinds of shortcuts whose lines are dotted: they change the shape, or could."""
_DRAWN = ("conv", "linear", "max_pool", "avg_pool", "blur_pool", "global_avg_pool")
_POOLS = {"max_pool": "pool", "avg_pool": "avg pool", "blur_pool": "blur pool"}


def layers(unit: Unit) -> Iterator[Operation]:
    """The operations of the main path that Fig. 3 of He et al. 2015 has boxes for."""
    for operation in unit.operations:
        if operation.name.startswith(("shortcut.", "gate.")):
            continue
        if operation.attention:
            if operation.kind == "multiply":  # its last: one box for all of it
                yield operation
        elif operation.kind in _DRAWN:
            yield operation


def layer_words(operation: Operation) -> str:
    """The text of such a box."""
    channels, halving = operation.out_shape[0], labels.halving(operation)
    if operation.attention:
        return operation.attention.upper()
    if operation.kind == "linear":
        return f"fc, {channels}"
    if operation.kind == "global_avg_pool":
        return "avg pool"
    if operation.kind in _POOLS:
        return f"{_POOLS[operation.kind]}{halving}"
    return f"{conv_words(operation)}, {channels}{halving}{labels.groups(operation)}"


def short_words(operation: Operation) -> str:
    """The text of a box in Fig. 5 there: a convolution is its kernel and channels, "3×3, 64"."""
    return layer_words(operation).replace(" conv,", ",")


def conv_words(operation: Operation) -> str:
    """A convolution by its kernel: "3×3 conv"."""
    return f"{operation.kernel}×{operation.kernel} conv"


def operation_words(operation: Operation, config: ResNetConfig) -> str:
    """Any operation, as in the figures of He et al. 2016: "BN", "ReLU", "3×3 conv, 64"."""
    texts = {
        "norm": NORMS[config.norm],
        "activation": ACTIVATIONS[config.activation],
        "relu": "ReLU",
        "add": "addition",
        "scale": "0.5",
        "complement": "1 −",
        "skipinit": "α",
        "zero_pad": f"zero-pad{labels.halving(operation)}",
    }
    if operation.kind in texts:
        return texts[operation.kind]
    if operation.kind in _DRAWN or operation.attention:
        return layer_words(operation)
    return labels.operation_label(operation, config)
