"""Receptive fields against gradients: which pixels of the image an output pixel depends on."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.arch.receptive import receptive_fields
from resnet_viz.nets.network import build_resnet

NET = ResNetConfig(depths=(1, 2), widths=(2, 4), norm="none", image_size=128)
BOTTLENECK = revise(NET, block="bottleneck", depths=(2, 2))
CONFIGS = {
    "basic": NET,
    "plain": revise(NET, shortcut="none"),
    "zero-padded, cifar stem": revise(NET, shortcut="zero_pad", stem="cifar"),
    "stride on the 3x3": BOTTLENECK,
    "stride on the 1x1": revise(BOTTLENECK, stride_on="1x1"),
    "halved in the last block": revise(BOTTLENECK, downsample_at="last", stride_on="1x1"),
    "deep stem, average pool": revise(NET, stem="deep", shortcut="avgpool_projection"),
    "preactivation": revise(NET, activation_order="full_preactivation"),
    "taller than wide": revise(NET, image_size=(160, 128)),
    "gated": revise(NET, shortcut_transform="exclusive_gate"),
}


def seen_pixels(config: ResNetConfig) -> dict[str, tuple[int, int]]:
    """Height and width of the image's pixels that move the middle pixel after each unit.

    All weights are positive and the image is too, so that nothing cancels and no ReLU is shut; the
    stem pools by the average, since a maximum has a gradient in one pixel of its window alone.
    """
    net = build_resnet(config)
    if "pool" in dict(net.stem.named_children()):
        net.stem.pool = nn.AvgPool2d(3, 2, 1)
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.fill_(0.1)
    seen = {}
    out = image = torch.rand(1, *config.image_shape, requires_grad=True)
    for path in receptive_fields(plan(config)):
        out = net.get_submodule(path)(out)
        _, _, height, width = out.shape
        score = out[0, :, height // 2, width // 2].sum()
        (gradient,) = torch.autograd.grad(score, image, retain_graph=True)
        moved = gradient[0].abs().sum(0) > 0
        seen[path] = extent(moved.any(1)), extent(moved.any(0))
    return seen


def extent(line: Tensor) -> int:
    """From the first to the last that is true."""
    places = line.nonzero()
    return int(places[-1] - places[0] + 1)


@pytest.mark.parametrize("config", CONFIGS.values(), ids=CONFIGS)
def test_fields_are_the_pixels_with_a_gradient(config: ResNetConfig) -> None:
    fields = receptive_fields(plan(config))
    assert max(fields.values()) < min(config.image_shape[1:]), "or the border would cut them off"
    assert seen_pixels(config) == {path: (pixels, pixels) for path, pixels in fields.items()}


def last_field(config: ResNetConfig) -> int:
    return list(receptive_fields(plan(config)).values())[-1]


def test_published_fields() -> None:
    """Araujo et al. 2019, table of receptive fields: resnet_v1_50, 101 and 152 of TF-Slim.

    Those halve in the last 3x3 of a stage, which sees as much as halving in the next 1x1.
    """
    for depth, pixels in (("50", 483), ("101", 1027), ("152", 1507)):
        assert last_field(preset(f"resnet{depth}-v1")) == pixels
        assert last_field(revise(preset(f"resnet{depth}"), downsample_at="last")) == pixels


def test_every_block_sees_at_least_what_the_one_before_saw() -> None:
    for config in PRESETS.values():
        fields = list(receptive_fields(plan(config)).values())
        assert fields == sorted(fields)
        assert len(fields) == 1 + sum(config.depths)
