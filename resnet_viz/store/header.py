"""A run's header: which quantities it holds, along which axis, and the names along it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import cast

from resnet_viz.quantities.quantity import Along, Axis

# What version 1 held; its names are those of the spec's layers.
_OF_FIRST = ("grad_norm", "weight_norm", "update_ratio")


def write(held: Mapping[str, Along], beside: Collection[str] = ()) -> str:
    """As JSON, each list of names once: {"axes": [[axis, names], ...], "held": {name: index}}, and
    where layers of a watched net lie beside its main path, "beside": their names."""
    axes = list(dict.fromkeys(held.values()))
    said: dict[str, object] = {
        "axes": [[along.axis, along.names] for along in axes],
        "held": {name: axes.index(along) for name, along in held.items()},
    }
    if beside:
        said["beside"] = sorted(beside)
    return json.dumps(said, separators=(",", ":"))


def beside(text: str) -> frozenset[str]:
    """The layers that `write` was told to lie beside the main path; none for a text without."""
    try:
        return frozenset(map(str, json.loads(text).get("beside", ())))
    except (ValueError, TypeError, AttributeError):
        return frozenset()


def read(text: str, layer_names: Sequence[str]) -> Mapping[str, Along]:
    """What `write` wrote; "" is the header of a run of version 1 with these layers.

    Raises:
        ValueError: for text that is no header.
    """
    if not text:
        return dict.fromkeys(_OF_FIRST, Along("layer", tuple(layer_names)))
    try:
        said = json.loads(text)
        axes = [Along(cast(Axis, str(axis)), tuple(names)) for axis, names in said["axes"]]
        return MappingProxyType({str(name): axes[index] for name, index in said["held"].items()})
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
        raise ValueError(f"the run's header is none: {error}") from error
