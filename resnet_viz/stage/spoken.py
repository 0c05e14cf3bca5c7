"""Spoken message: a whole stage message with its words, titles and labels in another language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from resnet_viz.stage.words import LABELS, SEEDS, WORDS
from resnet_viz.text import Words


def spoken(message: Mapping[str, Any], say: Words) -> dict[str, Any]:
    """The whole message in the words of `say`."""
    return {
        **message,
        "words": {name: say(text) for name, text in WORDS.items()},
        "quantities": [about | _about(about, say) for about in message["quantities"]],
        "nets": [net | _labels(net, say) for net in message["nets"]],
    }


def _about(about: Mapping[str, Any], say: Words) -> dict[str, Any]:
    return {"title": say(about["title"]), "usual_of": _name(about["usual_of"], say)}


def _name(net: str, say: Words) -> str:
    """Such as "ResNet-20, 3 seeds"; the name of a net alone stays."""
    found = re.fullmatch(r"(.+), (\d+) seeds", net)
    return say(SEEDS).format(net=found[1], number=found[2]) if found else net


def _labels(net: Mapping[str, Any], say: Words) -> dict[str, Any]:
    boxes = [box | {"label": _label(box["label"], say)} for box in net["boxes"]]
    return {
        "name": _name(net["name"], say),
        "boxes": boxes,
        "stages": [_stage(stage, say) for stage in net["stages"]],
    }


def _stage(stage: Sequence[Any], say: Words) -> Sequence[Any]:
    return [_label(stage[0], say), *stage[1:]]


def _label(text: str, say: Words) -> str:
    """Such as "stage 1, block 2"; a layer's name stays."""
    if text in LABELS:
        return say(LABELS[text])
    return re.sub(
        r"\b(stage|block) (\d+)", lambda of: say(LABELS[of[1]]).format(number=of[2]), text
    )
