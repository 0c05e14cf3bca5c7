"""Strip: the boxes of a net in one row along the axis of depth, from input to output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from resnet_viz.arch.plan import WeightedLayer, plan
from resnet_viz.findings.contestant import Contestant


class StripBox(NamedTuple):
    """A box of a strip: the layers `first` to `last` of the main path, counted from 1.

    `name` is the path of a block, or "" for layers that lie in none; `shortcut` is the kind of a
    block's shortcut, "none" in a plain net, "" outside of blocks and where it is not known.
    """

    name: str
    label: str
    first: int
    last: int
    stage: int | None = None
    shortcut: str = ""


def strip(contestant: Contestant) -> Sequence[StripBox]:
    """The boxes of a net. Layers in no block, such as the stem's, share a box with neighbours that
    lie in none; a net without blocks has one box per layer."""
    main = [layer for layer in contestant.layers if not layer.is_beside]
    if not contestant.blocks:
        return [_alone(layer) for layer in main]
    shortcuts = _shortcuts(contestant)
    boxes: list[StripBox] = []
    found = bool(contestant.shortcuts)
    for of, own in groupby(main, key=lambda layer: contestant.block_of[layer.name]):
        layers = list(own)
        # A found block may have further layers after those of others.
        block = "" if found and of in (box.name for box in boxes) else of
        first, last, stage = layers[0].position, layers[-1].position, layers[0].stage
        label = block or ("stem" if not boxes else "head" if layers[-1] is main[-1] else "layers")
        boxes.append(StripBox(block, label, first, last, stage, shortcuts.get(block, "")))
    return boxes if found else list(_numbered(boxes))


def stages(boxes: Sequence[StripBox]) -> Sequence[tuple[str, int, int]]:
    """The stages of a strip: name, first and last layer."""
    inside = [box for box in boxes if box.name and box.stage is not None]
    spans = []
    for stage, own in groupby(inside, key=lambda box: box.stage):
        blocks = list(own)
        spans.append((f"stage {(stage or 0) + 1}", blocks[0].first, blocks[-1].last))
    return spans


def _alone(layer: WeightedLayer) -> StripBox:
    return StripBox("", layer.name, layer.position, layer.position, layer.stage)


def _shortcuts(contestant: Contestant) -> dict[str, str]:
    if contestant.config is None:
        return {block: one.kind for block, one in contestant.shortcuts.items()}
    return {block.name: block.shortcut for block in plan(contestant.config).blocks}


def _numbered(boxes: Sequence[StripBox]) -> Iterator[StripBox]:
    """Blocks by stage and number, as people count them."""
    count: dict[int | None, int] = {}
    for box in boxes:
        if not box.name:
            yield box
            continue
        count[box.stage] = number = count.get(box.stage, 0) + 1
        start = "" if box.stage is None else f"stage {box.stage + 1}, "
        yield box._replace(label=f"{start}block {number}")
