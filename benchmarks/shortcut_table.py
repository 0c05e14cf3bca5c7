"""The shortcuts found in well-known nets beside those of their papers, as a table for docs/.

    python -m benchmarks.shortcut_table > table.md

Eleven of them are tested always (tests/traced/test_shortcuts.py).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import torch

from resnet_viz.traced.examples import example_for
from resnet_viz.traced.libraries import named_net
from resnet_viz.traced.passes import shortcuts

EXPECTED = {
    "torchvision:alexnet": 0,
    "torchvision:vgg16": 0,
    "torchvision:googlenet": 0,
    "torchvision:squeezenet1_1": 0,
    "torchvision:densenet121": 0,
    "torchvision:shufflenet_v2_x1_0": 0,
    "timm:vovnet39a": 0,
    "torchvision:resnet18": 8,
    "torchvision:resnet50": 16,
    "torchvision:resnext50_32x4d": 16,
    "torchvision:wide_resnet50_2": 16,
    "timm:resnet50d": 16,
    "timm:resnetv2_50": 16,
    "timm:seresnet50": 16,
    "timm:skresnet18": 8,
    "timm:resnest14d": 4,
    "timm:nfnet_l0": 12,
    "timm:inception_resnet_v2": 40,
    "timm:xception41": 12,
    "torchvision:regnet_y_400mf": 16,
    "timm:repvgg_a0": 22,  # in 5 of them a 1x1 convolution is the shortcut, where the shape changes
    "torchvision:mobilenet_v2": 10,
    "torchvision:mobilenet_v3_small": 6,
    "torchvision:mobilenet_v3_large": 10,
    "torchvision:mnasnet1_0": 10,
    "torchvision:efficientnet_b0": 9,
    "torchvision:efficientnet_v2_s": 35,
    "timm:ghostnet_100": 16,
    "timm:rexnet_100": 11,
    "torchvision:convnext_tiny": 18,
    "timm:convnext_atto": 12,
    "timm:convnextv2_atto": 12,
    "torchvision:vit_b_16": 24,
    "timm:vit_tiny_patch16_224": 24,
    "timm:deit_tiny_patch16_224": 24,
    "timm:beit_base_patch16_224": 24,
    "timm:cait_xxs24_224": 52,
    "torchvision:swin_t": 24,
    "torchvision:swin_v2_t": 24,
    "torchvision:maxvit_t": 55,
    "timm:pvt_v2_b0": 16,
    "timm:mixer_s32_224": 16,
    "timm:resmlp_12_224": 24,
    "timm:poolformer_s12": 24,
    "timm:levit_128s": 20,
    "timm:focalnet_tiny_srf": 24,
    "timm:res2net50_26w_4s": 16,
}
"""A net, and the shortcuts that its paper has: a block's each, attention's and MLP's each."""


def table() -> Iterator[str]:
    """The rows: net, shortcuts found by kind, and the paper's."""
    yield "| net | found | identity | projection | its paper |"
    yield "|---|---:|---:|---:|---:|"
    for name, expected in EXPECTED.items():
        net = named_net(name)
        settings = getattr(net, "default_cfg", None)
        example = example_for(net) if settings else torch.randn(1, 3, 224, 224)
        found = shortcuts(net, example)
        kinds = [one.kind for one in found]
        counts = (len(found), kinds.count("identity"), kinds.count("projection"))
        mark = "" if len(found) == expected else " *"
        yield f"| {name} | {' | '.join(map(str, counts))} | {expected}{mark} |"


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for row in table():
        print(row, flush=True)
