"""Header of a run: its quantities, the axis of each, and the names along it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import cast

from resnet_viz.quantities.quantity import Along, Axis

# What version 1 held; its names are those of the spec's layers.
_OF_FIRST = ("grad_norm", "weight_norm", "update_ratio")


def write(held: Mapping[str, Along], beside: Collection[str] = ()) -> str:
    """The header as JSON, each list of names once: {"axes": [[axis, names], ...], "held": {name:
    index}}, and "beside": the names of layers beside the main path of a watched net, if any."""
    axes = list(dict.fromkeys(held.values()))
    header: dict[str, object] = {
        "axes": [[along.axis, along.names] for along in axes],
        "held": {name: axes.index(along) for name, along in held.items()},
    }
    if beside:
        header["beside"] = sorted(beside)
    return json.dumps(header, separators=(",", ":"))


def beside(text: str) -> frozenset[str]:
    """The layers beside the main path, from a header; none if it does not say."""
    try:
        return frozenset(map(str, json.loads(text).get("beside", ())))
    except (ValueError, TypeError, AttributeError):
        return frozenset()


def read(text: str, layer_names: Sequence[str]) -> Mapping[str, Along]:
    """The quantities in a header; "" is the header of a run of version 1 with these layers.

    Raises:
        ValueError: for text that is no header.
    """
    if not text:
        return dict.fromkeys(_OF_FIRST, Along("layer", tuple(layer_names)))
    try:
        header = json.loads(text)
        axes = [Along(cast(Axis, str(axis)), tuple(names)) for axis, names in header["axes"]]
        return MappingProxyType({str(name): axes[index] for name, index in header["held"].items()})
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"the run's header is none: {error}") from error
