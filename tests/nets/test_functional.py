"""A second version of the residual units, written from the papers' figures.

It reads weights by name from the state dict and knows nothing of plans, units or modules.
"""

from __future__ import annotations

from typing import get_args

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.fields import ActivationOrder, ShortcutTransform
from resnet_viz.nets.layers import BlurPool
from resnet_viz.nets.network import build_resnet

Weights = dict[str, Tensor]
ORDERS = get_args(ActivationOrder)
TRANSFORMS = get_args(ShortcutTransform)


def _conv(w: Weights, name: str, x: Tensor, stride: int = 1, groups: int = 1) -> Tensor:
    weight = w[f"{name}.weight"]
    padding = weight.shape[-1] // 2
    return F.conv2d(x, weight, w.get(f"{name}.bias"), stride, padding, groups=groups)


def _norm(w: Weights, name: str, x: Tensor) -> Tensor:
    """Batch norm by its running statistics."""
    mean, var = w[f"{name}.running_mean"], w[f"{name}.running_var"]
    return F.batch_norm(x, mean, var, w[f"{name}.weight"], w[f"{name}.bias"])


def _branch(w: Weights, name: str, x: Tensor, order: str, stride: int) -> Tensor:
    """He 2016, Fig. 4, the right-hand path of a unit of two 3x3 convolutions."""
    c1, n1, c2, n2 = (f"{name}.branch.{part}" for part in ("conv1", "norm1", "conv2", "norm2"))
    if order == "original":  # a
        return _norm(w, n2, _conv(w, c2, F.relu(_norm(w, n1, _conv(w, c1, x, stride)))))
    if order == "norm_after_addition":  # b
        return _conv(w, c2, F.relu(_norm(w, n1, _conv(w, c1, x, stride))))
    if order == "relu_before_addition":  # c
        return F.relu(_norm(w, n2, _conv(w, c2, F.relu(_norm(w, n1, _conv(w, c1, x, stride))))))
    if order == "relu_only_preactivation":  # d
        x = F.relu(x)
        return _norm(w, n2, _conv(w, c2, F.relu(_norm(w, n1, _conv(w, c1, x, stride)))))
    x = _before(w, name, x)  # e
    return _conv(w, c2, F.relu(_norm(w, n2, _conv(w, c1, x, stride))))


def _before(w: Weights, name: str, x: Tensor) -> Tensor:
    return F.relu(_norm(w, f"{name}.preactivation.norm", x))


def _projected(w: Weights, name: str, x: Tensor, order: str, stride: int) -> Tensor:
    """Option B; the full pre-activation unit shares norm and activation with its projection."""
    if order == "full_preactivation":
        return _conv(w, f"{name}.shortcut.conv", _before(w, name, x), stride)
    out = _conv(w, f"{name}.shortcut.conv", x, stride)
    return out if order == "relu_only_preactivation" else _norm(w, f"{name}.shortcut.norm", out)


def _added(w: Weights, name: str, f: Tensor, x: Tensor, config: ResNetConfig) -> Tensor:
    """He 2016, Fig. 2 a to f, in evaluation (where dropout is the identity)."""
    order, transform = config.activation_order, config.shortcut_transform
    if transform in ("identity", "dropout"):
        return x + f
    if transform == "scaled":
        return 0.5 * x + 0.5 * f
    if transform == "conv1x1":
        shortcut = _conv(w, f"{name}.shortcut.conv", x)
        if "preactivation" not in order:
            shortcut = _norm(w, f"{name}.shortcut.norm", shortcut)
        return shortcut + f
    g = torch.sigmoid(_conv(w, f"{name}.gate.conv", x))
    return (1 - g) * x + (g * f if transform == "exclusive_gate" else f)


def _after(w: Weights, name: str, y: Tensor, order: str) -> Tensor:
    if order == "original":
        return F.relu(y)
    return F.relu(_norm(w, f"{name}.after.norm", y)) if order == "norm_after_addition" else y


def _unit(w: Weights, name: str, x: Tensor, config: ResNetConfig, stride: int) -> Tensor:
    order = config.activation_order
    f = _branch(w, name, x, order, stride)
    if f.shape == x.shape:
        y = _added(w, name, f, x, config)
    else:
        y = _projected(w, name, x, order, stride) + f
    return _after(w, name, y, order)


def _functional(config: ResNetConfig, w: Weights, x: Tensor) -> Tensor:
    """The whole CIFAR net of He 2015, sec. 4.2, with option B."""
    x = _conv(w, "stem.conv", x)
    if config.activation_order != "full_preactivation":
        x = F.relu(_norm(w, "stem.norm", x))
    for stage, blocks in enumerate(config.depths):
        for block in range(blocks):
            name, stride = f"stages.{stage}.{block}", 2 if stage and not block else 1
            x = _unit(w, name, x, config, stride)
    if config.activation_order == "full_preactivation":
        x = F.relu(_norm(w, "head.norm", x))
    return F.linear(x.mean((2, 3)), w["head.linear.weight"], w["head.linear.bias"])


def _shaken(config: ResNetConfig) -> torch.nn.Module:
    """A net whose norms, statistics and gates are far from where they start."""
    network = build_resnet(config, seed=0)
    generator = torch.Generator().manual_seed(1)
    for name, tensor in network.state_dict().items():
        if name.endswith("running_var") or (".norm" in name and name.endswith("weight")):
            tensor.uniform_(0.5, 1.5, generator=generator)
        elif name.endswith(("running_mean", "bias")):
            tensor.normal_(0, 0.5, generator=generator)
    return network.eval()


BASE = ResNetConfig(depths=(2, 3, 2), widths=(8, 12, 16), stem="cifar", image_size=9, num_classes=5)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_every_order_and_transform(order: str, transform: str) -> None:
    config = revise(BASE, activation_order=order, shortcut_transform=transform)
    network = _shaken(config)
    images = torch.randn(4, 3, 9, 9)
    with torch.no_grad():
        out = network(images)
        expected = _functional(config, dict(network.state_dict()), images)
    torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("transform", TRANSFORMS)
def test_no_two_of_them_are_the_same(order: str, transform: str) -> None:
    """So that the comparison above could fail: another order or transform gives other numbers."""
    config = revise(BASE, activation_order=order, shortcut_transform=transform)
    other = "scaled" if transform != "scaled" else "identity"
    network = _shaken(config)
    images = torch.randn(4, 3, 9, 9)
    weights = dict(network.state_dict())
    with torch.no_grad():
        wrong = _functional(revise(config, shortcut_transform=other), weights, images)
        assert not torch.allclose(network(images), wrong, rtol=1e-3)


def test_dropout_on_the_shortcut_halves_it_in_training() -> None:
    config = revise(BASE, shortcut_transform="dropout")
    block = build_resnet(config, seed=0).get_submodule("stages.0.1")
    x = torch.ones(64, 8, 9, 9)
    kept = block.get_submodule("shortcut")(x)
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert kept.mean().item() == pytest.approx(1, abs=0.05)


def test_squeeze_and_excitation_is_hu_s_equation() -> None:
    config = revise(BASE, attention="se", se_reduction=4)
    module = build_resnet(config, seed=0).get_submodule("stages.0.0.branch.se")
    w = dict(module.state_dict())
    x = torch.randn(3, 8, 5, 5)
    squeezed = F.relu(F.linear(x.mean((2, 3)), w["reduce.weight"], w["reduce.bias"]))
    weights = torch.sigmoid(F.linear(squeezed, w["expand.weight"], w["expand.bias"]))
    torch.testing.assert_close(module(x), x * weights[..., None, None])


def test_efficient_channel_attention_is_wang_s_equation() -> None:
    """Wang 2020, Fig. 2: a filter of 3 slides over the means of 8 channels, with zeros beyond."""
    config = revise(BASE, attention="eca")
    module = build_resnet(config, seed=0).get_submodule("stages.0.0.branch.eca")
    (w,) = module.parameters()
    x = torch.randn(3, 8, 5, 5)
    means = F.pad(x.mean((2, 3)), (1, 1))
    slid = sum(w[0, 0, shift] * means[:, shift : shift + 8] for shift in range(3))
    torch.testing.assert_close(module(x), x * torch.sigmoid(slid)[..., None, None])


def test_a_blur_pool_is_zhang_s_filter() -> None:
    """Zhang 2019, sec. 3: the outer product of (1, 2, 1) / 4, mirrored at the border, /2."""
    row = torch.tensor([1.0, 2, 1]) / 4
    x = torch.randn(2, 1, 7, 4)
    expected = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="reflect"), torch.outer(row, row)[None, None])
    torch.testing.assert_close(BlurPool()(x), expected[..., ::2, ::2])


def test_stochastic_depth_follows_the_linear_rule() -> None:
    """Huang 2016: of many passes, block l's branch survives a share 1 - (l / L)(1 - p_L)."""
    config = revise(BASE, stochastic_depth=0.7)
    network = build_resnet(config, seed=0)
    torch.manual_seed(0)
    names = [f"stages.{s}.{b}" for s, blocks in enumerate(config.depths) for b in range(blocks)]
    for number, name in enumerate(names, start=1):
        drop = network.get_submodule(f"{name}.branch.stochastic_depth")
        outs = torch.stack([drop(torch.ones(1)) for _ in range(2000)])
        expected = 1 - number / len(names) * 0.7
        assert (outs > 0).float().mean().item() == pytest.approx(expected, abs=0.04)
        assert outs.max().item() == pytest.approx(1 / expected)
    network.eval()
    assert torch.equal(drop(torch.ones(1)), torch.ones(1))


def test_skipinit_starts_every_identity_block_as_an_identity() -> None:
    config = revise(BASE, residual_scale="skipinit", norm="none")
    block = build_resnet(config, seed=0).get_submodule("stages.0.1")
    x = torch.rand(2, 8, 9, 9)
    assert torch.equal(block(x), x)


def test_fixup_starts_at_0_and_scales_by_the_number_of_blocks() -> None:
    config = revise(BASE, norm="none", init="fixup")
    weights = build_resnet(config, seed=0).state_dict()
    assert not weights["head.linear.weight"].any()
    assert not weights["stages.1.1.branch.conv2.weight"].any()
    plain = build_resnet(revise(config, init="kaiming_fan_out"), seed=0).state_dict()
    ratio = weights["stages.1.1.branch.conv1.weight"] / plain["stages.1.1.branch.conv1.weight"]
    torch.testing.assert_close(ratio, torch.full_like(ratio, 7**-0.5))


@pytest.mark.parametrize("init", ["xavier", "orthogonal"])
def test_other_initialisations(init: str) -> None:
    weight = build_resnet(revise(BASE, init=init), seed=0).state_dict()[
        "stages.2.1.branch.conv1.weight"
    ]
    if init == "xavier":  # Glorot 2010, eq. 16: uniform within sqrt(6 / (fan_in + fan_out))
        bound = (6 / (9 * 16 + 9 * 16)) ** 0.5
        assert weight.abs().max().item() == pytest.approx(bound, rel=0.01)
        assert weight.std().item() == pytest.approx(bound / 3**0.5, rel=0.05)
    else:  # rows orthogonal, scaled by sqrt(2)
        rows = weight.flatten(1)
        torch.testing.assert_close(rows @ rows.T, 2 * torch.eye(16), atol=1e-4, rtol=1e-4)


def test_group_norm_uses_32_groups_or_fewer() -> None:
    config = revise(BASE, norm="group", widths=(12, 64, 96))
    network = build_resnet(config, device="meta")
    groups = [network.get_submodule(f"stages.{s}.0.branch.norm1").num_groups for s in range(3)]
    assert groups == [4, 32, 32]
