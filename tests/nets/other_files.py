"""Weights of our nets under the names of other trainers, and the formats they write."""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import ResNet, build_resnet

State = dict[str, Tensor]
SMALL = revise(preset("resnet20-cifar"), depths=(2, 1, 1), shortcut="projection")
BOTTLENECK = revise(SMALL, block="bottleneck")


def source(config: ResNetConfig = SMALL) -> ResNet:
    """The net whose weights are written: no two of its tensors are alike."""
    net = build_resnet(config, seed=3)
    generator = torch.Generator().manual_seed(4)
    for tensor in net.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand(tensor.shape, generator=generator))
    return net


def renamed(state: Mapping[str, Tensor], *rules: tuple[str, str | Callable[[Any], str]]) -> State:
    """Our names, one rule after the other: a regular expression and what stands in its place."""
    made: State = {}
    for key, tensor in state.items():
        name = key
        for pattern, other in rules:
            name = re.sub(pattern, other, name)
        made[name] = tensor
    return made


def stage(plus: int, text: str) -> Callable[[Any], str]:
    return lambda found: text.format(int(found[1]) + plus)


CIFAR = (
    (r"stem\.conv\.", "conv1."),
    (r"stem\.norm\.", "bn1."),
    (r"stages\.(\d+)", stage(1, "layer{}")),
    (r"branch\.conv", "conv"),
    (r"branch\.norm", "bn"),
    (r"shortcut\.conv", "shortcut.0"),
    (r"shortcut\.norm", "shortcut.1"),
    (r"head\.linear", "linear"),
)
"""akamaster/pytorch_resnet_cifar10 and kuangliu/pytorch-cifar."""
TORCHVISION = (*CIFAR, (r"shortcut\.(\d)", r"downsample.\1"), (r"^linear", "fc"))
PYTORCH_CIFAR100 = (
    (r"stem\.conv\.", "conv1.0."),
    (r"stem\.norm\.", "conv1.1."),
    (r"stages\.(\d+)", stage(2, "conv{}_x")),
    (r"branch\.conv(\d)", lambda m: f"residual_function.{3 * int(m[1]) - 3}"),
    (r"branch\.norm(\d)", lambda m: f"residual_function.{3 * int(m[1]) - 2}"),
    (r"shortcut\.conv", "shortcut.0"),
    (r"shortcut\.norm", "shortcut.1"),
    (r"head\.linear", "fc"),
)
TRANSFORMERS = (
    (r"stem\.conv\.", "resnet.embedder.embedder.convolution."),
    (r"stem\.norm\.", "resnet.embedder.embedder.normalization."),
    (r"stages\.(\d+)\.(\d+)", r"resnet.encoder.stages.\1.layers.\2"),
    (r"branch\.conv(\d)", lambda m: f"layer.{int(m[1]) - 1}.convolution"),
    (r"branch\.norm(\d)", lambda m: f"layer.{int(m[1]) - 1}.normalization"),
    (r"shortcut\.conv", "shortcut.convolution"),
    (r"shortcut\.norm", "shortcut.normalization"),
    (r"head\.linear", "classifier.1"),
)
DETECTRON = (
    (r"stem\.conv\.", "stem.conv1."),
    (r"stem\.norm\.", "stem.conv1.norm."),
    (r"stages\.(\d+)", stage(2, "res{}")),
    (r"branch\.conv(\d)", r"conv\1"),
    (r"branch\.norm(\d)", r"conv\1.norm"),
    (r"shortcut\.conv", "shortcut"),
    (r"shortcut\.norm", "shortcut.norm"),
    (r"head\.linear", "stem.fc"),
)
CHILDREN = (
    *TORCHVISION,
    (r"^conv1", "0"),
    (r"^bn1", "1"),
    (r"layer(\d+)", stage(3, "{}")),
    (r"^fc", "9"),
)
"""nn.Sequential(*resnet.children()), as many cut a net."""


def prefixed(prefix: str, state: Mapping[str, Tensor]) -> State:
    return {prefix + key: tensor for key, tensor in state.items()}


def trained() -> tuple[ResNet, Any]:
    """Our net and its Adam, after a step."""
    net = source()
    before = {key: tensor.clone() for key, tensor in net.state_dict().items()}
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.randn(2, 3, 32, 32)).sum().backward()
    optimizer.step()
    net.load_state_dict(before)
    return net, optimizer


def whole(file: Path, value: object) -> None:
    torch.save(value, file)


def old(file: Path, value: object) -> None:
    """As PyTorch wrote it before 1.6."""
    torch.save(value, file, _use_new_zipfile_serialization=False)


def pickled(file: Path, value: object) -> None:
    file.write_bytes(pickle.dumps(value, 4))


def safe(file: Path, value: State) -> None:
    save_file({key: tensor.contiguous() for key, tensor in value.items()}, file)


def theirs(rules: Any = CIFAR, config: ResNetConfig = SMALL) -> State:
    return renamed(source(config).state_dict(), *rules)


def arrays(state: Mapping[str, Tensor]) -> dict[str, Any]:
    return {key: tensor.numpy() for key, tensor in state.items()}
