"""Weights in and out of a net: our names and others', and files of both."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig, differences
from resnet_viz.nets.network import ResNet
from resnet_viz.nets.stored_weights import weight_files
from resnet_viz.nets.stored_weights.misfits import Misfit, how_read
from resnet_viz.nets.stored_weights.state_dicts import COUNTER, Reading, fits, read_names
from resnet_viz.nets.stored_weights.stored_tensors import Stored
from resnet_viz.text import printable

_OUTSIDE = {"stem.conv": "conv1", "stem.norm": "bn1", "head.linear": "fc"}
_INSIDE = {
    "branch.conv": "conv",
    "branch.norm": "bn",
    "shortcut.conv": "downsample.0",
    "shortcut.norm": "downsample.1",
}
_OF_TRAINING = (
    *("init", "zero_init_residual", "gate_bias", "dropout", "stochastic_depth"),
    "image_size",
)
"""Fields in which two nets may differ that compute the same from the same weights."""
_NOT_SAID = (
    "The file does not say what its net is: only names and shapes were compared, not strides, "
    "activations or shortcuts without weights"
)
_BLOCK_KEY = re.compile(
    r"stages\.(?P<stage>\d+)\.(?P<block>\d+)\.(?P<part>\w+\.[a-z]+)(?P<number>\d*)\.(?P<leaf>\w+)"
)

State = Mapping[str, Tensor]
"""Tensors by name."""


@dataclass(frozen=True)
class WeightReport:
    """The keys that did not fit when weights were loaded, under the module's or the file's names.

    `missing` are keys of the module that the file has not, `unexpected` those of the file that
    the module has not, `mismatched` those whose shapes or types differ ("fc.weight: [10, 64] in
    the file, [1000, 64] in the net"). `different` is what the file says of its net that is not so
    in this one. `causes` say in sentences why it does not fit, and `reading` how the file was read.
    """

    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    mismatched: tuple[str, ...] = ()
    different: tuple[str, ...] = ()
    causes: tuple[str, ...] = field(default=(), compare=False)
    reading: tuple[str, ...] = field(default=(), compare=False)

    @property
    def fits(self) -> bool:
        """Whether every key has its weights, none is left over, and the file belongs to this
        net."""
        return not (self.missing or self.unexpected or self.mismatched or self.different)

    def __str__(self) -> str:
        parts = ("missing", self.missing), ("unexpected", self.unexpected)
        lines = [f"the file is of another net ({_some(self.different)})"] if self.different else []
        lines += self.causes
        lines += [f"{adjective} keys {_some(keys)}" for adjective, keys in parts if keys]
        lines += [f"wrong shapes {_some(self.mismatched)}"] if self.mismatched else []
        return printable(", ".join(lines)) or "every key fits"


def save_weights(module: ResNet, path: str | Path) -> None:
    """Write the weights and the config of `module` to a .pth, .pt or .safetensors file.

    Raises:
        ValueError: for another ending.
        OSError: where the file cannot be written.
    """
    write_weights(module.state_dict(), module.config, path)


def write_weights(state: State, config: ResNetConfig, path: str | Path) -> None:
    """Write weights of a net, perhaps not all, and its config, as `save_weights` does."""
    path, config_json = weight_files.check_ending(Path(path)), config.model_dump_json()
    if path.suffix == ".safetensors":
        from safetensors.torch import save  # noqa: PLC0415 - needed for these files alone

        tensors = {key: tensor.contiguous() for key, tensor in state.items()}
        path.write_bytes(save(tensors, {weight_files.CONFIG: config_json}))
    else:
        with path.open("wb") as file:
            torch.save({weight_files.CONFIG: config_json, weight_files.STATE: dict(state)}, file)


def load_weights(module: nn.Module, path: str | Path, *, partial: bool = False) -> WeightReport:
    """Load a file of weights into a module of ours: all of it, or nothing.

    It is read as `fitting_weights` does. With `partial` the keys that fit are loaded and the report
    says which did not.

    Raises:
        ValueError: one sentence, where the file is no such file or, unless `partial`, where keys
            or shapes do not fit, or the file is of another net. The module is then as it was.
    """
    state, report = fitting_weights(module, path)
    if not (partial or report.fits):
        raise ValueError(f"{str(path)!r} does not fit this net: {report}")
    module.load_state_dict(state, strict=False)
    return report


def fitting_weights(module: nn.Module, path: str | Path) -> tuple[dict[str, Tensor], WeightReport]:
    """The weights in a file that fit a module of ours, under our names, and what does not fit.

    The file is torch.save's, a pickle, or of safetensors, whatever its ending, and holds a state
    dict or a whole module: alone, in a training checkpoint, or in several of either. The names may
    have a prefix, and be ours or of those who have written ResNets before (layer_names.py). No
    code in the file is run.

    Raises:
        ValueError: one sentence, where it is no such file.
    """
    path, own = Path(path), module.state_dict()
    if any(tensor.is_meta for tensor in own.values()):
        raise ValueError("the net is on the meta device and holds no weights; build it on another")
    with weight_files.open_weights(path, weight_files.Limits.of(own)) as held:
        reading = read_names(held.tensors, own)
        state = {
            key: held.tensors[name].read().reshape(own[key].shape)
            for key, name in reading.names.items()
            if fits(held.tensors[name], own[key])
        }
    config = getattr(module, "config", None)
    different = _differences(held.config, config) if isinstance(config, ResNetConfig) else ()
    report = replace(_compare(own, held.tensors, reading), different=different)
    causes = () if report.fits else Misfit(own, held.tensors, reading).causes()
    sentences = [*how_read(own, held.tensors, reading), *_cautions(held, state)]
    return state, replace(report, causes=tuple(causes), reading=tuple(sentences))


def _compare(
    own: Mapping[str, Tensor], tensors: Mapping[str, Stored], reading: Reading
) -> WeightReport:
    wrong = {
        key: tensors[name]
        for key, name in reading.names.items()
        if not fits(tensors[name], own[key])
    }
    missing = [key for key in own if key not in reading.names and not key.endswith(COUNTER)]
    return WeightReport(
        missing=tuple(reading.expected[key] for key in missing),
        unexpected=tuple(name.removeprefix(reading.prefix) for name in reading.left),
        mismatched=tuple(
            f"{reading.expected[key]}: {_unfit(tensor, own[key])}" for key, tensor in wrong.items()
        ),
    )


def _unfit(tensor: Stored, own: Tensor) -> str:
    if not tensor.is_real and own.is_floating_point():
        return f"{tensor.words} in the file; allowed: a dense one of real numbers"
    return f"{list(tensor.shape)} in the file, {list(own.shape)} in the net"


def _cautions(held: weight_files.HeldWeights, state: Mapping[str, Tensor]) -> Iterator[str]:
    """What the file leaves open, and what is wrong with the numbers in it."""
    if not _config_in(held.config):
        yield _NOT_SAID
    broken = [key for key, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        have = "tensor has" if len(broken) == 1 else "tensors have"
        yield f"{len(broken)} {have} values that are inf or NaN: {', '.join(broken[:3])}"


def _config_in(text: str) -> ResNetConfig | None:
    try:
        return ResNetConfig.model_validate_json(text)
    except ValueError:
        return None


def _differences(text: str, own: ResNetConfig) -> tuple[str, ...]:
    """What the config in a file of ours says otherwise; nothing where there is none of ours."""
    theirs = _config_in(text) or own
    return tuple(
        f"{name} {value} in the file, {getattr(own, name)} in this net"
        for name, value in differences(theirs, own).items()
        if name not in _OF_TRAINING
    )


def _some(keys: Collection[str]) -> str:
    """The first few of `keys`, none of them longer than a line."""
    shown = ", ".join(key if len(key) <= 100 else f"{key[:97]}..." for key in list(keys)[:3])
    more = f" and {len(keys) - 3} more" if len(keys) > 3 else ""
    return f"[{shown}]{more}"


def load_torchvision(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy a state dict of torchvision into a module of ours.

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
