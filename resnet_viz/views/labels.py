# ruff: noqa: RUF001, RUF002
"""Labels of operations, units and shapes, shared by the graph and the tables."""

from __future__ import annotations

import re
from collections.abc import Mapping

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Shape, Unit
from resnet_viz.arch.plan import StagePlan

SHORTCUT_NAMES: Mapping[str, str] = {
    "identity": "identity",
    "zero_pad": "zero-padded",
    "projection": "projection",
    "scaled": "halved",
    "exclusive_gate": "exclusively gated",
    "shortcut_only_gate": "gated",
    "conv1x1": "1×1 convolution",
    "dropout": "dropout",
}


_OUR_BLOCK = re.compile(r"stages\.\d+\.\d+(-\d+)?")


def size(shape: Shape) -> str:
    """Height and width, such as "56×56"."""
    return f"{shape[1]}×{shape[2]}"


def kernel(operation: Operation) -> str:
    """Kernel and output channels as in He 2015, Table 1, such as "3×3, 64"."""
    return f"{operation.kernel}×{operation.kernel}, {operation.out_shape[0]}"


def halving(operation: Operation) -> str:
    """The stride as in the papers' figures: ", /2", or nothing if it is 1."""
    return f", /{operation.stride}" if operation.stride > 1 else ""


def groups(operation: Operation) -> str:
    """The cardinality as in ResNeXt's Table 1: ", C=32", or nothing if it is 1."""
    return f", C={operation.groups}" if operation.groups > 1 else ""


def operation_label(operation: Operation, config: ResNetConfig) -> str:
    """One operation in words, such as "conv 3×3, 64, /2"."""
    channels = operation.out_shape[0]
    texts = {
        "conv": f"conv {kernel(operation)}{halving(operation)}{groups(operation)}",
        "norm": f"{config.norm} norm",
        "activation": config.activation.replace("_", " "),
        "max_pool": f"max pool {operation.kernel}×{operation.kernel}{halving(operation)}",
        "zero_pad": f"zero-padded, {operation.in_shape[0]} to {channels}{halving(operation)}",
        "avg_pool": f"average pool {operation.kernel}×{operation.kernel}{halving(operation)}",
        "blur_pool": f"blur pool {operation.kernel}×{operation.kernel}{halving(operation)}",
        "dropout": "dropout",
        "relu": "relu",
        "sigmoid": "sigmoid",
        "complement": "1 - g",
        "multiply": "×",
        "scale": "× 0.5",
        "skipinit": "× α",
        "stochastic_depth": "stochastic depth",
        "add": "+",
        "global_avg_pool": "global average pool",
        "linear": f"linear, {channels}",
        "channel_conv": f"conv over {operation.kernel} channels",
    }
    return texts[operation.kind]


def place(path: str) -> str:
    """A unit in words: "stage 2, block 2" for "stages.1.1", "stage 1, blocks 2 to 8" for a run.

    A block of a net that is not ours keeps its path.
    """
    if not _OUR_BLOCK.fullmatch(path):
        return path
    _, stage, block = path.split(".")
    first, _, last = block.partition("-")
    blocks = f"blocks {int(first) + 1} to {int(last) + 1}" if last else f"block {int(first) + 1}"
    return f"stage {int(stage) + 1}, {blocks}"


def place_and_path(path: str) -> str:
    """A unit in words and the path of its module: "stage 2, block 2 (stages.1.1)"."""
    return f"{place(path)} ({path})" if "." in path else path


def cost(
    name: str,
    unit: Unit | Operation | StagePlan,
    count: int = 1,
    receptive_field: int | None = None,
) -> str:
    """A tooltip: `name`, output, parameters and MACs of a unit, an operation or a stage
    (`count` times).

    `receptive_field`: the receptive field of its output, in pixels a side, where it is known.
    """
    channels = unit.out_shape[0]
    field = f"; receptive field {receptive_field:,}×{receptive_field:,}" if receptive_field else ""
    return (
        f"{name}: {channels:,} channels, {size(unit.out_shape)}; "
        f"{count * unit.params:,} parameters, {count * unit.macs:,} MACs{field}"
    )
