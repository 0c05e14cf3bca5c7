"""Presets: named networks, one row each, with the source of its numbers; no torch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from resnet_viz.arch.config import ResNetConfig, differences
from resnet_viz.arch.field_words import VALUES, text_of
from resnet_viz.arch.fields import BRANCH_LAYERS, Block
from resnet_viz.text import unknown_name

HE_2015 = "He et al. 2015, arXiv:1512.03385"
HE_2016 = "He et al. 2016, arXiv:1603.05027"
TORCHVISION = "torchvision.models.resnet"

Row = tuple[str, str, dict[str, Any]]

_IMAGENET_DEPTHS: dict[int, tuple[str, tuple[int, ...]]] = {
    18: ("basic", (2, 2, 2, 2)),
    34: ("basic", (3, 4, 6, 3)),
    50: ("bottleneck", (3, 4, 6, 3)),
    101: ("bottleneck", (3, 4, 23, 3)),
    152: ("bottleneck", (3, 8, 36, 3)),
}
_DATA_FIELDS = ("in_channels", "num_classes", "image_size")
"""What follows from the data; the rest is the net."""
_CIFAR_DEPTHS = (20, 32, 44, 56, 110, 1202)


def _imagenet(depth: int, **changes: Any) -> dict[str, Any]:
    block, depths = _IMAGENET_DEPTHS[depth]
    return {"block": block, "depths": depths} | changes


def _cifar(depth: int, block: Block = "basic", **changes: Any) -> dict[str, Any]:
    """He 2015, sec. 4.2: depth = 6n + 2 with basic blocks (He 2016: 9n + 2 with bottlenecks, 3n + 2
    with blocks of one layer)."""
    blocks = (depth - 2) // (3 * BRANCH_LAYERS[block])
    shape = {"block": block, "depths": (blocks,) * 3, "widths": (16, 32, 64), "stem": "cifar"}
    return shape | {"shortcut": "zero_pad", "num_classes": 10, "image_size": 32} | changes


def _rows() -> Iterator[Row]:
    table1 = f"{HE_2015}, Table 1; stride on the 3x3 as in {TORCHVISION}"
    for depth in _IMAGENET_DEPTHS:
        yield f"resnet{depth}", table1, _imagenet(depth)
    for depth in (18, 34):
        plain = f"{HE_2015}, Table 1 and sec. 3.3 (plain network)"
        yield f"plain{depth}", plain, _imagenet(depth, shortcut="none")
    for depth in (50, 101, 152):
        v1 = f"{HE_2015}, Table 1, stride on the first 1x1 as in the authors' Caffe release"
        yield f"resnet{depth}-v1", v1, _imagenet(depth, stride_on="1x1")
    yield from _grouped_rows()
    for kind, shortcut in (("resnet", "zero_pad"), ("plain", "none")):
        for depth in _CIFAR_DEPTHS:
            source = f"{HE_2015}, sec. 4.2 and Table 6; {VALUES['shortcut', shortcut]}"
            yield f"{kind}{depth}-cifar", source, _cifar(depth, shortcut=shortcut)
    yield from _preactivation_rows()
    yield from _later_rows()
    yield from _seed_rows()


def _grouped_rows() -> Iterator[Row]:
    resnext = f"Xie et al. 2016, arXiv:1611.05431; {TORCHVISION}"
    wide = f"Zagoruyko & Komodakis 2016, arXiv:1605.07146; {TORCHVISION}"
    for name, depth, cardinality, group_width, source in (
        ("resnext50_32x4d", 50, 32, 4, resnext),
        ("resnext101_32x8d", 101, 32, 8, resnext),
        ("resnext101_64x4d", 101, 64, 4, resnext),
        ("wide_resnet50_2", 50, 1, 128, wide),
        ("wide_resnet101_2", 101, 1, 128, wide),
    ):
        yield name, source, _imagenet(depth, cardinality=cardinality, group_width=group_width)


def _preactivation_rows() -> Iterator[Row]:
    order: dict[str, Any] = {"activation_order": "full_preactivation"}
    source = f"{HE_2016}, Fig. 4e and Table 3"
    yield "preact110-cifar", source, _cifar(110, shortcut="projection", **order)
    for depth in (164, 1001):
        net = _cifar(depth, "bottleneck", shortcut="projection", **order)
        yield f"preact{depth}-cifar", source, net
    one_layer = f"{HE_2016}, Table 3: residual units of one layer"
    yield "resnet110-1layer-cifar", one_layer, _cifar(110, "one_layer")
    net = _cifar(110, "one_layer", shortcut="projection", **order)
    yield "preact110-1layer-cifar", one_layer, net
    for depth in (18, 34, 50):
        yield f"preact{depth}", f"{HE_2016}, Fig. 4e; shape of {HE_2015}", _imagenet(depth, **order)


def _later_rows() -> Iterator[Row]:
    """Wide, squeeze-and-excitation and ResNet-D nets."""
    wide = (
        "Zagoruyko & Komodakis 2016, arXiv:1605.07146, Table 1; szagoruyko/wide-residual-networks"
    )
    for depth, k in ((16, 4), (16, 8), (28, 10), (40, 4)):
        blocks = ((depth - 4) // 6,) * 3
        shape = {"depths": blocks, "widths": (16 * k, 32 * k, 64 * k), "stem_width": 16}
        order = {"activation_order": "full_preactivation", "shortcut": "projection"}
        yield f"wrn{depth}-{k}", wide, _cifar(depth) | shape | order
    se = "Hu et al. 2018, arXiv:1709.01507, Table 1, reduction 16"
    yield "seresnet50", se, _imagenet(50, attention="se")
    resnet_d = "He et al. 2018, arXiv:1812.01187, Fig. 2 (ResNet-D: deep stem, pooled projections)"
    yield "resnet50d", resnet_d, _imagenet(50, stem="deep", shortcut="avgpool_projection")


def _seed_rows() -> Iterator[Row]:
    notebook = (
        "the study notebook's ResNet-34 as its author means it: depths (3, 4, 6, 6) as written "
        "there (the paper has 3 in the last stage), no norm, biased convolutions; as written, its "
        "stem has a norm and its projections a ReLU"
    )
    bare = {"depths": (3, 4, 6, 6), "norm": "none", "conv_bias": True}
    yield "notebook34", notebook, bare
    blog = "dnddnjs/pytorch-cifar10, resnet/model.py: the linked blog post's ResNet-32"
    yield "dnddnjs32-cifar", blog, _cifar(32)
    course = (
        "GunhoChoi/PyTorch-FastCampus, 04_CNN_Advanced/3_ResNet.ipynb: the linked notebook's "
        "ResNet-50, whose stages halve the resolution in their last block"
    )
    last = {"final_activation": False, "downsample_at": "last", "stride_on": "1x1"}
    yield "fastcampus50", course, _imagenet(50, norm="none", conv_bias=True, num_classes=2, **last)


_ROWS = tuple(_rows())
PRESETS: Mapping[str, ResNetConfig] = MappingProxyType(
    {name: ResNetConfig(**fields) for name, _, fields in _ROWS}
)
SOURCES: Mapping[str, str] = MappingProxyType({name: source for name, source, _ in _ROWS})
_NAMES: Mapping[ResNetConfig, str] = MappingProxyType(
    {config: name for name, config in reversed(tuple(PRESETS.items()))}
)


def preset(name: str) -> ResNetConfig:
    """The config of the preset called `name`.

    Raises:
        ValueError: for an unknown name, with near ones suggested.
    """
    if name not in PRESETS:
        raise ValueError(unknown_name("preset", name, tuple(PRESETS)))
    return PRESETS[name]


def preset_name(config: ResNetConfig) -> str | None:
    """The first preset that equals `config`, if any."""
    return _NAMES.get(config)


@lru_cache(maxsize=1024)
def label(config: ResNetConfig) -> str:
    """The label of a net; two nets that differ in any field have different labels.

    A preset's name; one made for other data is "resnet50, num_classes 10". Any other net has a
    made one, such as "ResNet-56 basic 16-32-64 zero_pad, norm none": blocks, widths and shortcut,
    then what these words do not tell (see `_usual`).
    """
    if config in _NAMES:
        return _NAMES[config]
    data = {field: getattr(config, field) for field in _DATA_FIELDS}
    for name, preset_config in PRESETS.items():
        if preset_config.model_copy(update=data) == config:
            return ", ".join((name, *_words(differences(config, preset_config))))
    usual = _usual(config)
    depth = sum(config.depths) * BRANCH_LAYERS[config.block] + 2
    shape = f"{depth} {config.block} {'-'.join(map(str, config.widths))}"
    start = f"Plain-{shape}" if config.shortcut == "none" else f"ResNet-{shape} {config.shortcut}"
    return ", ".join((start, *_words(differences(config, usual))))


def _usual(config: ResNetConfig) -> ResNetConfig:
    """What the first words of a made label stand for: a net like He et al. 2015's.

    Three stages are a CIFAR net, others one for ImageNet; the blocks are as in their Table 1, or
    as many in every stage.
    """
    stages, blocks = len(config.depths), sum(config.depths)
    published = (depths for block, depths in _IMAGENET_DEPTHS.values() if block == config.block)
    alike = (depths for depths in published if (len(depths), sum(depths)) == (stages, blocks))
    fields: dict[str, Any] = {"depths": next(alike, (blocks // stages,) * stages)}
    fields |= {field: getattr(config, field) for field in ("block", "widths", "shortcut")}
    fields |= {"stem": "cifar", "num_classes": 10, "image_size": 32} if stages == 3 else {}
    return ResNetConfig.model_construct(**fields)


def _words(values: Mapping[str, object]) -> Iterator[str]:
    """Fields and their values, such as "norm none", "no final_activation", "depths 2-2-3-2"."""
    for field, value in values.items():
        if isinstance(value, bool):
            yield field if value else f"no {field}"
        else:
            yield f"{field} {text_of(field, value)}"
