"""Words of the Architecture page about a net, computed from it; no Streamlit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from resnet_viz.arch.plan import BlockPlan, NetworkPlan

PLAIN = (
    "A plain network: every block's output is its branch **F** alone, and no path goes around it. "
    "Turn on *Shortcuts* to add them."
)
BLOCK = "**F** is the block's convolutions; **+** adds the shortcut."

_TRANSFORMS = {
    "identity": "",
    "scaled": "Where it would be an identity, shortcut and branch are both halved.",
    "exclusive_gate": "Where it would be an identity, a gate g(x) weighs the branch and 1 - g(x) "
    "the shortcut.",
    "shortcut_only_gate": "Where it would be an identity, 1 - g(x) of a gate weighs the shortcut.",
    "conv1x1": "Where it would be an identity, it is a 1x1 convolution.",
    "dropout": "Where it would be an identity, training drops half of it.",
}


def shortcut_words(network: NetworkPlan) -> str:
    """The shortcuts of a net, in words (Markdown)."""
    config = network.config
    if config.shortcut == "none":
        return PLAIN
    return " ".join(filter(None, (BLOCK, _option(network), _TRANSFORMS[config.shortcut_transform])))


def _option(network: NetworkPlan) -> str:
    projections = [block for block in network.blocks if block.shortcut == "projection"]
    match network.config.shortcut:
        case "zero_pad":
            changes = sum(block.in_shape != block.out_shape for block in network.blocks)
            return (
                "Option A: the shortcut passes x unchanged. Where the shape changes "
                f"({_places(changes)}) it skips pixels and pads new channels with zeros, so it has "
                "no weights."
            )
        case "projection":
            where = _where("a 1x1 convolution (projection) adapts", projections)
            return f"Option B: the shortcut passes x unchanged, except {where}."
        case "projection_all":
            return "Option C: every shortcut is a 1x1 convolution (projection)."
    where = _where("an average pool and a 1x1 convolution (projection) adapt", projections)
    return f"ResNet-D: the shortcut passes x unchanged, except {where}."


def _where(adapts: str, projections: Sequence[BlockPlan]) -> str:
    """Where a 1x1 convolution stands: where the shape changes, and elsewhere if it does."""
    same = [block for block in projections if block.in_shape == block.out_shape]
    changes = f"where the shape changes ({_places(len(projections) - len(same))})"
    also = " and ".join(f"block {block.index + 1} of stage {block.stage + 1}" for block in same)
    more = f", and in {also}, which keeps its shape" if same else ""
    return f"{changes}{more}: {adapts} it there"


def _places(number: int) -> str:
    return {0: "nowhere in this net", 1: "in 1 block"}.get(number, f"in {number} blocks")


def depth_words(network: NetworkPlan, title: str) -> str:
    """The reason why `title` names another number of layers than the net's depth; "" if it does
    not."""
    number = re.search(r"\d+", title)
    if number is None or int(number[0]) == network.depth:
        return ""
    named, depth = int(number[0]), network.depth
    begin = f"Depth {depth}, though it is called {title}:"
    beside = sum(layer.is_beside for layer in network.weighted_layers)
    convolutions = len(network.weighted_layers) - 1
    if network.config.stem in ("deep", "tiered") and named == depth - 2:
        return f"{begin} the name counts the three convolutions of its stem as one."
    if named == convolutions and beside:
        return (
            f"{begin} Wide ResNets are named after their convolutions, the {beside} projections "
            "included and the linear layer not (Zagoruyko 2016)."
        )
    blocks = "-".join(map(str, network.config.depths))
    return f"{begin} its blocks by stage, {blocks}, have more or fewer layers than the name says."
