"""Which class of blocks.py makes a block. No torch here: exported files read it, too."""

from __future__ import annotations

from resnet_viz.arch.operations import Unit


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
