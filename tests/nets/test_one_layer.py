"""Blocks of one layer (He et al. 2016, Table 3) against a net written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

from resnet_viz.arch.config import ResNetConfig, plain_twin, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import build_resnet

SMALL = revise(preset("resnet110-1layer-cifar"), depths=(2, 2), widths=(4, 8), image_size=8)
Layer = Callable[[Tensor], Tensor]
ORDERS: Mapping[str, tuple[str, Callable[[Layer, Layer, Tensor, Tensor], Tensor]]] = {
    "original": ("branch.norm1", lambda conv, norm, x, path: F.relu(norm(conv(x)) + path)),
    "norm_after_addition": (
        "after.norm",
        lambda conv, norm, x, path: F.relu(norm(conv(x) + path)),
    ),
    "relu_before_addition": (
        "branch.norm1",
        lambda conv, norm, x, path: F.relu(norm(conv(x))) + path,
    ),
    "relu_only_preactivation": (
        "branch.norm1",
        lambda conv, norm, x, path: norm(conv(F.relu(x))) + path,
    ),
    "full_preactivation": (
        "preactivation.norm",
        lambda conv, norm, x, path: conv(F.relu(norm(x))) + path,
    ),
}
"""Where the norm's weights are, and He et al. 2016, Fig. 4, with one weight layer."""


def _norm(weights: Mapping[str, Tensor], name: str) -> Layer:
    return lambda x: F.batch_norm(
        x, None, None, weights[f"{name}.weight"], weights[f"{name}.bias"], training=True
    )


def _by_hand(config: ResNetConfig, weights: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """The logits of a net of two stages of two blocks, from the weights under our names."""
    is_first = config.activation_order == "full_preactivation"
    x = F.conv2d(x, weights["stem.conv.weight"], padding=1)
    x = x if is_first else F.relu(_norm(weights, "stem.norm")(x))
    place, unit = ORDERS[config.activation_order]
    for stage, block in ((0, 0), (0, 1), (1, 0), (1, 1)):
        name = f"stages.{stage}.{block}"
        kernel, stride = (
            weights[f"{name}.branch.conv1.weight"],
            2 if (stage, block) == (1, 0) else 1,
        )

        def conv(at: Tensor, kernel: Tensor = kernel, stride: int = stride) -> Tensor:
            return F.conv2d(at, kernel, stride=stride, padding=1)

        path = x
        if config.shortcut == "none":
            path = torch.zeros(())
        elif stride == 2 and config.shortcut == "zero_pad":
            path = F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 4))
        elif stride == 2:  # He 2016, appendix: of the pre-activation, and without a norm
            path = F.relu(_norm(weights, f"{name}.{place}")(x)) if is_first else x
            path = F.conv2d(path, weights[f"{name}.shortcut.conv.weight"], stride=2)
            path = path if is_first else _norm(weights, f"{name}.shortcut.norm")(path)
        x = unit(conv, _norm(weights, f"{name}.{place}"), x, path)
    x = F.relu(_norm(weights, "head.norm")(x)) if is_first else x
    return F.linear(x.mean((2, 3)), weights["head.linear.weight"], weights["head.linear.bias"])


@pytest.mark.parametrize(
    "changes",
    [
        *({"activation_order": order} for order in ORDERS),
        {"shortcut": "projection"},
        {"shortcut": "projection", "activation_order": "full_preactivation"},
        *({"shortcut": "none", "activation_order": order} for order in ORDERS),
    ],
    ids=str,
)
def test_a_net_computes_what_the_paper_writes(changes: dict[str, object]) -> None:
    config = revise(SMALL, **changes)
    network = build_resnet(config, seed=0).double()
    ours = dict(network.named_parameters())
    copies = {name: value.detach().clone().requires_grad_() for name, value in ours.items()}
    images = torch.randn(4, 3, 8, 8, dtype=torch.float64)
    logits, wanted = network(images), _by_hand(config, copies, images)
    torch.testing.assert_close(logits, wanted)
    for made in (logits, wanted):
        made.square().sum().backward()
    for name, copy in copies.items():
        assert copy.grad is not None, f"{name} is not used by hand"
        torch.testing.assert_close(ours[name].grad, copy.grad)


def test_110_layers_make_108_units_with_the_weights_of_two_layer_units() -> None:
    """Without projections the layers are those of ResNet-110, so the weights are as many; and
    without shortcuts the two nets are one."""
    net, usual = preset("resnet110-1layer-cifar"), preset("resnet110-cifar")
    assert plan(net).depth == 110
    assert plan(net).shortcuts == {"identity": 106, "zero_pad": 2}
    layers = [(16, 16)] * 36 + [(16, 32)] + [(32, 32)] * 35 + [(32, 64)] + [(64, 64)] * 35
    by_hand = sum(9 * a * b + 2 * b for a, b in [(3, 16), *layers]) + 64 * 10 + 10
    assert plan(net).params == plan(usual).params == by_hand
    assert plan(net).macs == plan(usual).macs
    pre = preset("preact110-1layer-cifar")
    assert (plan(pre).depth, plan(pre).shortcuts["projection"]) == (110, 2)


def test_its_plain_twin_is_that_of_two_layer_units() -> None:
    one, two = (
        plain_twin(revise(SMALL, block=block, depths=depths))
        for block, depths in (("one_layer", (4, 4)), ("basic", (2, 2)))
    )
    first, second = (build_resnet(config, seed=0) for config in (one, two))
    for a, b in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(a, b)
    images = torch.randn(4, 3, 8, 8)
    assert torch.equal(first(images), second(images))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expansion": 2}, "expansion = 2 needs a second convolution.* allowed: 1 or null"),
        ({"dropout": 0.3}, "dropout = 0.3 needs a second convolution.* allowed: 0"),
        ({"antialias": "blurpool"}, "antialias = 'blurpool' needs a second .* allowed: 'none'"),
        ({"init": "fixup", "norm": "none"}, "init = 'fixup' needs a second .* any other init"),
        ({"cardinality": 4}, "cardinality = 4 needs block = 'bottleneck'; block = 'one_layer'"),
    ],
    ids=str,
)
def test_what_needs_more_layers_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        revise(SMALL, **changes)
    assert revise(SMALL, expansion=1).block_expansion == 1
