"""Class names of blocks and layers. No torch here: exported files read it, too."""

from __future__ import annotations

from collections.abc import Mapping

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.operations import Operation, Unit

STANDING_IN_A_FORWARD = ("add", "multiply", "complement")
"""Kinds of operations that are no layers of a block, but signs in its forward."""
ACTIVATIONS: Mapping[str, str] = {
    "relu": "ReLU",
    "leaky_relu": "LeakyReLU",
    "elu": "ELU",
    "gelu": "GELU",
    "silu": "SiLU",
}
"""The classes of torch.nn."""


def dropout_rate(operation: Operation, config: ResNetConfig) -> float:
    """The dropout rate: half of the shortcut in He et al. 2016, Fig. 2f; the config's in a
    branch."""
    return 0.5 if operation.name.startswith("shortcut.") else config.dropout


def block_class(unit: Unit) -> str:
    """The name of the class whose forward is the block's; its parameters are the block's parts."""
    if unit.shortcut == "exclusive_gate":
        return "ExclusiveGateBlock"
    if unit.shortcut == "shortcut_only_gate":
        return "ShortcutOnlyGateBlock"
    if not unit.part("preactivation"):
        return "PlainBlock" if unit.shortcut == "none" else "ResidualBlock"
    if unit.shortcut == "none":
        return "PlainPreactivationBlock"
    return "SharedPreactivationBlock" if unit.shares_preactivation else "PreactivationBlock"
