"""Header of a run: its quantities, the axis of each, and the names along it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, cast

from resnet_viz.quantities.quantity import Along, Axis

# What version 1 held; its names are those of the spec's layers.
_OF_FIRST = ("grad_norm", "weight_norm", "update_ratio")
_MOST = 1_000_000
"""Steps of a run, and so from one value to the next."""
_DAMAGES = (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError)


class FoundShortcut(NamedTuple):
    """A shortcut found in a watched net: its kind, and the layers that its block holds."""

    kind: str
    layers: tuple[str, ...]


Shortcuts = Mapping[str, FoundShortcut]
"""The shortcuts of a watched net, by the names of their blocks."""


def write(
    held: Mapping[str, Along], beside: Collection[str] = (), shortcuts: Shortcuts | None = None
) -> str:
    """The header as JSON, each list of names once: {"axes": [[axis, names], ...], "held": {name:
    index}}; of what is not taken at each step, "every": {name: steps}; and "beside": the names of
    layers beside the main path of a watched net, and "shortcuts", {block: [kind, layers]}, if
    any."""
    axis_of = {name: (along.axis, along.names) for name, along in held.items()}
    axes = list(dict.fromkeys(axis_of.values()))
    header: dict[str, object] = {
        "axes": axes,
        "held": {name: axes.index(own) for name, own in axis_of.items()},
    }
    if every := {name: along.every for name, along in held.items() if along.every != 1}:
        header["every"] = every
    if beside:
        header["beside"] = sorted(beside)
    if shortcuts:
        header["shortcuts"] = shortcuts
    return json.dumps(header, separators=(",", ":"))


def beside(text: str) -> frozenset[str]:
    """The layers beside the main path, from a header; none if it does not say."""
    try:
        return frozenset(map(str, json.loads(text).get("beside", ())))
    except (ValueError, TypeError, AttributeError):
        return frozenset()


def shortcuts(text: str) -> Shortcuts:
    """The shortcuts that were found, from a header; none if it does not say."""
    try:
        given = json.loads(text).get("shortcuts", {}).items()
        return {
            str(block): FoundShortcut(str(kind), tuple(map(str, layers)))
            for block, (kind, layers) in given
        }
    except (ValueError, TypeError, AttributeError):
        return {}


def read(text: str, layer_names: Sequence[str]) -> Mapping[str, Along]:
    """The quantities in a header; "" is the header of a run of version 1 with these layers.

    Raises:
        ValueError: for text that is no header.
    """
    if not text:
        return dict.fromkeys(_OF_FIRST, Along("layer", tuple(layer_names)))
    try:
        header = json.loads(text)
        axes = [(cast(Axis, str(axis)), tuple(names)) for axis, names in header["axes"]]
        every = {str(name): int(steps) for name, steps in header.get("every", {}).items()}
        held = {str(name): Along(*axes[index]) for name, index in header["held"].items()}
        slow = {name: min(max(1, every[name]), _MOST) for name in held if name in every}
        return MappingProxyType(
            held | {name: replace(held[name], every=steps) for name, steps in slow.items()}
        )
    except _DAMAGES as error:
        raise ValueError(f"the run's header is none: {error}") from error
