"""Key maps to and from the state dicts of torchvision's ResNets."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

# (ours, theirs), each a pattern that also serves as the other's replacement.
_RULES = (
    (r"stem\.conv\.(.+)", r"conv1.\1"),
    (r"stem\.norm\.(.+)", r"bn1.\1"),
    (r"head\.linear\.(.+)", r"fc.\1"),
    (r"stages\.(\d+)\.(\d+)\.branch\.conv(\d)\.(.+)", r"layer\1.\2.conv\3.\4"),
    (r"stages\.(\d+)\.(\d+)\.branch\.norm(\d)\.(.+)", r"layer\1.\2.bn\3.\4"),
    (r"stages\.(\d+)\.(\d+)\.shortcut\.conv\.(.+)", r"layer\1.\2.downsample.0.\3"),
    (r"stages\.(\d+)\.(\d+)\.shortcut\.norm\.(.+)", r"layer\1.\2.downsample.1.\3"),
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
    for ours, theirs in _RULES:
        if match := re.fullmatch(ours, key):
            stage_from_1 = key.startswith("stages.")
            renamed = match.expand(theirs)
            return _shift_stage(renamed) if stage_from_1 else renamed
    raise ValueError(f"{key!r} has no name in torchvision's ResNets")


def _shift_stage(key: str) -> str:
    """Our stages count from 0, torchvision's layers from 1."""
    return re.sub(r"^layer(\d+)", lambda match: f"layer{int(match[1]) + 1}", key)
