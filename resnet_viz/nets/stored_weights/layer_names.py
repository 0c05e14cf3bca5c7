"""Layer names in other code bases: templates, tried part by part.

A part is what has one name in a net but for numbers, such as the convolutions of the branches.
{s} is the stage and {b} the block from 0, {n} the convolution's number from 1; {s1} is {s} + 1, and
so on. {c} counts as nn.Sequential does with convolution, norm and activation in turn: 0, 3, 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product

PLACES = (
    "stages.{s}.{b}",  # ours
    "layer{s1}.{b}",  # torchvision, timm, mmpretrain, and most nets for CIFAR
    "layers.{s}.{b}",
    "layer{s}.{b}",
    "stages.{s}.blocks.{b}",  # timm's pre-activation nets
    "encoder.stages.{s}.layers.{b}",  # transformers
    "stages.{s}.layers.{b}",
    "stage{s1}.{b}",
    "stage{s}.{b}",
    "blocks.{s}.{b}",
    "block{s1}.{b}",
    "block{s1}.layer.{b}",  # xternalz/WideResNet-pytorch
    "group{s}.{b}",
    "conv{s2}_x.{b}",  # weiaicunzai/pytorch-cifar100
    "conv{s2}.{b}",
    "res{s2}.{b}",  # detectron2
    "features.stage{s1}.unit{b1}",  # pytorchcv
    "{s4}.{b}",  # nn.Sequential(*resnet.children()): the fifth child on
    "{s3}.{b}",
    "layer{s1}.block{b}",
)
_SEQUENCES = (
    *("residual_function", "left", "block", "residual", "conv", "convs", "branch", "body"),
    *("main", "main_path", "conv_block", "layers", "layer", "net", "seq", "double_conv"),
)
_CONVOLUTIONS = (
    *("branch.conv{n}", "conv{n}", "layer.{n0}.convolution", "convpath.{n0}.0"),
    *("body.conv{n}.conv", "conv{n}.conv", "conv{n}.0", "conv"),
    *(f"{sequence}.{{c}}" for sequence in _SEQUENCES),
)
_NORMS = (
    *("branch.norm{n}", "bn{n}", "norm{n}", "layer.{n0}.normalization", "convpath.{n0}.1"),
    *("body.conv{n}.bn", "conv{n}.bn", "conv{n}.norm", "conv{n}.1", "bn_{n}"),
    *("bn", "norm"),
    *(f"{sequence}.{{c1}}" for sequence in _SEQUENCES),
)
_PROJECTIONS = (
    *("downsample", "shortcut", "idpath", "skip", "identity", "identity_conv", "residual"),
    *("proj", "projection"),
)
_INSIDE: Mapping[str, Sequence[str]] = {
    "branch.conv": _CONVOLUTIONS,
    "branch.norm": _NORMS,
    "preactivation.norm": ("preactivation.norm", "bn1", "norm1", "bn0", "preact.bn"),
    "shortcut.conv": (
        *("shortcut.conv", *(f"{path}.{n}" for path in _PROJECTIONS for n in (0, 1))),
        *("idpath.0.0", "idpath.1.0", "shortcut.convolution", "downsample.conv", "shortcut"),
        *("downsample", "convShortcut", "conv_shortcut", "identity_conv.conv", "skip.conv"),
    ),
    "shortcut.norm": (
        *("shortcut.norm", *(f"{path}.{n}" for path in _PROJECTIONS for n in (1, 2))),
        *("idpath.0.1", "idpath.1.1", "shortcut.normalization", "downsample.norm"),
        *("shortcut.bn", "downsample.bn", "bn_shortcut", "identity_conv.bn", "skip.bn"),
    ),
    "branch.se.reduce": (
        *("branch.se.reduce", "se.fc1", "se_module.fc1", "se.fc.0", "se.conv_reduce", "se.conv1"),
        *("se_layer.conv1.conv", "se.squeeze", "se.0", "se.fc1.0"),
    ),
    "branch.eca.conv": (
        *(
            "branch.eca.conv",
            "se.conv",
            "eca.conv",
            "attn.conv",
            "eca_layer.conv",
            "attention.conv",
        ),
    ),
    "branch.se.expand": (
        *("branch.se.expand", "se.fc2", "se_module.fc2", "se.fc.2", "se.conv_expand", "se.conv2"),
        *("se_layer.conv2.conv", "se.excitation", "se.2", "se.fc2.0"),
    ),
}
_OUTSIDE: Mapping[str, Sequence[str]] = {
    "stem.conv": (
        *("stem.conv", "conv1", "conv", "conv0", "stem.conv1", "conv1.0", "layer0.conv1", "0"),
        *("embedder.embedder.convolution", "features.init_block.conv.conv", "stem.0", "0.0"),
        *("stem.convolution", "init_conv", "conv_1", "conv1.conv", "layer0.0", "pre.0"),
    ),
    "stem.norm": (
        *("stem.norm", "bn1", "bn", "bn0", "norm1", "stem.conv1.norm", "conv1.1", "layer0.bn1"),
        *("embedder.embedder.normalization", "features.init_block.conv.bn", "stem.1", "0.1", "1"),
        *("stem.bn1", "stem.bn", "stem.normalization", "bn_1", "conv1.bn", "layer0.1", "pre.1"),
    ),
    # The deep stem's convolutions: timm, mmpretrain, fastai, and by number.
    "stem.convN": ("stem.conv{n}", "conv1.{c}", "stem.{c}", "{n0}.0", "conv{n}", "0.{c}"),
    "stem.normN": ("stem.norm{n}", "conv1.{c1}", "stem.{c1}", "{n0}.1", "bn{n}", "0.{c1}"),
    # After three convolutions, the fourth stands in the place of timm's pool.
    "stem.conv4": ("stem.conv{n}", "maxpool.0"),
    "stem.norm4": ("stem.norm{n}", "maxpool.1", "maxpool.2"),
    "stem.norm3": ("stem.norm{n}", "bn1", "stem.{c1}", "{n0}.1", "bn{n}", "1"),
    "head.norm": (
        *("head.norm", "bn1", "bn", "norm", "bn2", "final_bn", "bn_final", "bn_last", "last_bn"),
        *("features.post_activ.bn", "norm1"),
    ),
    "head.linear": (
        *("head.linear", "fc", "linear", "classifier", "head", "classifier.1", "head.fc", "output"),
        *("last_linear", "fc1", "fc.0", "fc.1", "out", "dense", "stem.fc", "9", "8", "logits"),
        *("classifier.0", "fc_out", "final", "output_layer", "cls_head.fc", "head.0", "head.1"),
    ),
}
HEAD = "head.linear"
_BLOCK = re.compile(r"stages\.(?P<s>\d+)\.(?P<b>\d+)\.(?P<inside>[a-z.]+?)(?P<n>\d*)")
_STEM = re.compile(r"stem\.(?P<what>conv|norm)(?P<n>\d)")


def parts(paths: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The paths of our modules, by the part of the net that they belong to.

    Projections behind an average pool are a part of their own: others count the pool, too.
    """
    paths_of_parts: dict[str, list[str]] = {}
    all_paths = set(paths)
    for path in all_paths:
        part = _part(path)
        pooled = path.startswith("stages.") and f"{path.rpartition('.')[0]}.pool" in all_paths
        paths_of_parts.setdefault(f"{part} after a pool" if pooled else part, []).append(path)
    return paths_of_parts


def _part(path: str) -> str:
    block, stem = _BLOCK.fullmatch(path), _STEM.fullmatch(path)
    if block:
        return block["inside"]
    if stem:
        return path if path in _OUTSIDE else f"stem.{stem['what']}N"
    return path


def templates(part: str) -> Iterator[str]:
    """The templates for names in a part, ours first."""
    part = part.removesuffix(" after a pool")
    if part in _OUTSIDE:
        yield from _OUTSIDE[part]
    elif part in _INSIDE:
        yield from (f"{place}.{inside}" for inside, place in product(_INSIDE[part], PLACES))
    else:
        yield "{path}"


@lru_cache(maxsize=32)
def inside_names(part: str) -> frozenset[str]:
    """The names of a block's part that have no number, such as "downsample.0"."""
    return frozenset(name for name in _INSIDE[part] if "{" not in name)


def named(template: str, path: str) -> str:
    """The name of our module at `path` under the template."""
    return template.format_map(_numbers(path))


@lru_cache(maxsize=100_000)
def _numbers(path: str) -> Mapping[str, object]:
    block, stem = _BLOCK.fullmatch(path), _STEM.fullmatch(path)
    numbers: dict[str, object] = {"path": path}
    if block:
        for letter in "sb":
            number = int(block[letter])
            numbers |= {letter: number} | {f"{letter}{plus}": number + plus for plus in range(1, 5)}
    n = (block or stem or {"n": ""})["n"]
    if n:
        # A norm that stands alone before the convolutions, bn1, is not counted here.
        numbers |= {"n": int(n), "n0": int(n) - 1, "c": 3 * int(n) - 3, "c1": 3 * int(n) - 2}
    return numbers
