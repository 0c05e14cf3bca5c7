"""Key maps to and from the state dicts of torchvision's ResNets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

_OUTSIDE = {"stem.conv": "conv1", "stem.norm": "bn1", "head.linear": "fc"}
_INSIDE = {
    "branch.conv": "conv",
    "branch.norm": "bn",
    "shortcut.conv": "downsample.0",
    "shortcut.norm": "downsample.1",
}
_BLOCK_KEY = re.compile(
    r"stages\.(?P<stage>\d+)\.(?P<block>\d+)\.(?P<part>\w+\.[a-z]+)(?P<number>\d*)\.(?P<leaf>\w+)"
)


def to_torchvision(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A state dict of ours under torchvision's names; tensors are shared, not copied.

    Raises:
        ValueError: for a key that torchvision's ResNets have no name for.
    """
    return {_translated(key): tensor for key, tensor in state.items()}


def load_torchvision(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy a state dict of torchvision's into a module of ours.

    Raises:
        ValueError: where keys are missing or unexpected.
    """
    names = {_translated(key): key for key in module.state_dict()}
    missing, unexpected = sorted(names.keys() - state.keys()), sorted(state.keys() - names.keys())
    if missing or unexpected:
        raise ValueError(
            f"state_dict: missing keys {missing[:5]}, unexpected keys {unexpected[:5]}; "
            "allowed: exactly the keys of torchvision's model of the same config"
        )
    module.load_state_dict({names[key]: tensor for key, tensor in state.items()})


def _translated(key: str) -> str:
    path, _, leaf = key.rpartition(".")
    if path in _OUTSIDE:
        return f"{_OUTSIDE[path]}.{leaf}"
    match = _BLOCK_KEY.fullmatch(key)
    if match is None or match["part"] not in _INSIDE:
        raise ValueError(f"{key!r} has no name in torchvision's ResNets")
    # Our stages count from 0, torchvision's layers from 1.
    place = f"layer{int(match['stage']) + 1}.{match['block']}"
    return f"{place}.{_INSIDE[match['part']]}{match['number']}.{match['leaf']}"
