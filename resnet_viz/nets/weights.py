"""Weights in and out: torchvision's names and ours, and files of both."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_viz.arch.config import printable
from resnet_viz.nets.network import ResNet
from resnet_viz.nets.weight_files import STATE, Limits, check_ending, read_state

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


@dataclass(frozen=True)
class WeightReport:
    """What did not fit when weights were loaded, by the names of the module's or the file's keys.

    `missing` are keys of the module that the file has not, `unexpected` those of the file that
    the module has not, `mismatched` those whose shapes differ ("fc.weight: [10, 64] in the file,
    [1000, 64] in the net").
    """

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether every key has its weights and none is left over."""
        return not (self.missing or self.unexpected or self.mismatched)

    def __str__(self) -> str:
        parts = ("missing", self.missing), ("unexpected", self.unexpected)
        lines = [f"{what} keys {_some(keys)}" for what, keys in parts if keys]
        lines += [f"wrong shapes {_some(self.mismatched)}"] if self.mismatched else []
        return printable(", ".join(lines)) or "every key fits"


def save_weights(module: ResNet, path: str | Path) -> None:
    """Write the weights and the config of `module` to a .pth, .pt or .safetensors file.

    Raises:
        ValueError: for another ending.
        OSError: where the file cannot be written.
    """
    path, config = check_ending(Path(path)), module.config.model_dump_json()
    if path.suffix == ".safetensors":
        from safetensors.torch import save  # noqa: PLC0415 - needed for these files alone

        tensors = {key: tensor.contiguous() for key, tensor in module.state_dict().items()}
        path.write_bytes(save(tensors, {"config": config}))
    else:
        with path.open("wb") as file:
            torch.save({"config": config, STATE: module.state_dict()}, file)


def load_weights(module: nn.Module, path: str | Path, *, partial: bool = False) -> WeightReport:
    """Load a .pth, .pt or .safetensors file into a module of ours: all of it, or nothing.

    The file has a state dict under our names or torchvision's, or is of `save_weights`. No code
    in it is run. With `partial` the keys that fit are loaded and the report says which did not.

    Raises:
        ValueError: one sentence, where the file is no such file or, unless `partial`, where keys
            or shapes do not fit. The module is then as it was.
    """
    path, own = Path(path), module.state_dict()
    if any(tensor.is_meta for tensor in own.values()):
        raise ValueError("the net is on the meta device and holds no weights; build it on another")
    state = read_state(path, Limits.of(own))
    names = _names_in(state, own)
    report = _compare(own, state, names)
    if not (partial or report.fits):
        raise ValueError(f"{str(path)!r} does not fit this net: {report}")
    fitting = {
        key: state[name]
        for key, name in names.items()
        if name in state and state[name].shape == own[key].shape
    }
    module.load_state_dict(fitting, strict=False)
    return report


def _names_in(state: Mapping[str, Tensor], own: Collection[str]) -> dict[str, str]:
    """The module's keys with the names they have in `state`: ours or torchvision's."""
    ours = {key: key for key in own}
    try:
        theirs = {key: _translated(key) for key in own}
    except ValueError:  # a net that torchvision has no names for
        return ours
    return max((ours, theirs), key=lambda names: len(state.keys() & set(names.values())))


def _compare(
    own: Mapping[str, Tensor], state: Mapping[str, Tensor], names: Mapping[str, str]
) -> WeightReport:
    shapes = [
        (name, own[key].shape, state[name].shape) for key, name in names.items() if name in state
    ]
    expected = set(names.values())
    return WeightReport(
        missing=tuple(name for name in names.values() if name not in state),
        unexpected=tuple(key for key in state if key not in expected),
        mismatched=tuple(
            f"{name}: {list(there)} in the file, {list(here)} in the net"
            for name, here, there in shapes
            if here != there
        ),
    )


def _some(keys: Collection[str]) -> str:
    """The first few of `keys`, none of them longer than a line."""
    shown = ", ".join(key if len(key) <= 100 else f"{key[:97]}..." for key in list(keys)[:3])
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"[{shown}]{more}"


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
