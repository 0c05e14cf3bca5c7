"""The module against its plan, by independent means."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from resnet_viz.arch.config import ResNetConfig, explain, revise
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.nets.network import ResNet, build_resnet
from tests.configs import configs, examples


class CountAdditions(TorchDispatchMode):
    """Counts the additions of two activations that torch executes."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        is_addition = func.overloadpacket in (torch.ops.aten.add, torch.ops.aten.add_)
        self.count += is_addition and args[0].ndim == 4
        return func(*args, **(kwargs or {}))


def _images(config: ResNetConfig, batch: int = 2) -> Tensor:
    return torch.randn(batch, *config.image_shape)


def _output_shapes(network: ResNet, images: Tensor) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for name, module in network.named_modules():
        module.register_forward_hook(
            lambda _module, _inputs, out, name=name: shapes.__setitem__(name, tuple(out.shape[1:]))
        )
    network(images)
    return shapes


def _kept_bytes(network: ResNet, images: Tensor) -> int:
    """Bytes of the storages autograd keeps, weights and buffers left out."""
    own = {t.untyped_storage().data_ptr() for t in (*network.parameters(), *network.buffers())}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = network(images)
    kept.pop(out.untyped_storage().data_ptr(), None)
    return sum(kept.values())


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs())
def test_module_and_plan_agree(config: ResNetConfig) -> None:
    network, planned = build_resnet(config, seed=0), plan(config)
    assert sum(p.numel() for p in network.parameters()) == planned.params

    with CountAdditions() as additions, FlopCounterMode(display=False) as flops:
        shapes = _output_shapes(network, _images(config))
    assert additions.count == sum(planned.shortcuts.values())
    assert flops.get_total_flops() == 2 * 2 * planned.macs  # two images, 2 FLOPs a MAC
    for block in planned.blocks:
        assert shapes[block.name] == block.out_shape
    for stage in planned.stages:
        assert shapes[stage.name] == stage.out_shape
    for layer in planned.weighted_layers:
        assert layer.name in shapes


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs())
def test_forward_and_backward_run(config: ResNetConfig) -> None:
    network = build_resnet(config, seed=0)
    loss = network(_images(config)).square().mean()
    loss.backward()
    assert all(p.grad is not None for p in network.parameters())


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(configs())
def test_activation_bytes_equal_what_autograd_keeps(config: ResNetConfig) -> None:
    kept = _kept_bytes(build_resnet(config, seed=0), _images(config, batch=3))
    assert plan(config).activation_bytes(3) == pytest.approx(kept, rel=0.02)


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnet20-cifar", "preact18"])
def test_activation_bytes_of_presets(name: str) -> None:
    config = preset(name)
    kept = _kept_bytes(build_resnet(config, seed=0), _images(config))
    assert plan(config).activation_bytes(2) == pytest.approx(kept, rel=0.02)


def test_same_seed_same_weights_and_torch_s_generator_is_left_alone() -> None:
    config = preset("resnet20-cifar")
    torch.manual_seed(5)
    first = build_resnet(config, seed=1).state_dict()
    drawn = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(drawn, torch.rand(1))
    for key, tensor in build_resnet(config, seed=1).state_dict().items():
        assert torch.equal(tensor, first[key])
    other = build_resnet(config, seed=2).state_dict()
    assert not torch.equal(other["stem.conv.weight"], first["stem.conv.weight"])


def test_plain_twin_of_a_zero_padded_net_starts_from_the_same_weights() -> None:
    residual = build_resnet(preset("resnet20-cifar"), seed=3).state_dict()
    plain = build_resnet(preset("plain20-cifar"), seed=3).state_dict()
    assert residual.keys() == plain.keys()
    assert all(torch.equal(plain[key], tensor) for key, tensor in residual.items())


def test_kaiming_fan_out_has_its_variance() -> None:
    """He et al. 2015b: variance 2 / (k^2 * out channels)."""
    weight = build_resnet(preset("resnet18"), seed=0).state_dict()["stages.3.1.branch.conv2.weight"]
    assert weight.std().item() == pytest.approx((2 / (9 * 512)) ** 0.5, rel=0.01)


def test_zero_init_makes_each_identity_block_an_identity() -> None:
    config = ResNetConfig(zero_init_residual=True, image_size=32)
    block = build_resnet(config, seed=0).get_submodule("stages.0.1")
    x = torch.rand(2, 64, 8, 8)
    assert torch.equal(block(x), x)


def test_meta_device_allocates_nothing() -> None:
    network = build_resnet(preset("resnet1202-cifar"), device="meta")
    assert all(p.is_meta for p in network.parameters())


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_builds_on_a_gpu_with_the_cpu_s_weights() -> None:
    on_cpu = build_resnet(preset("resnet20-cifar"), seed=0)
    on_gpu = build_resnet(preset("resnet20-cifar"), device="cuda", seed=0)
    for a, b in zip(on_cpu.parameters(), on_gpu.parameters(), strict=True):
        assert torch.equal(a, b.cpu())


@pytest.mark.parametrize("transform", ["exclusive_gate", "shortcut_only_gate"])
def test_gates_start_at_their_bias(transform: str) -> None:
    """By its own bias each of them weighs the shortcut with 1 - sigmoid(-3), and all else is as in
    the net with the usual bias."""
    config = revise(preset("resnet20-cifar"), shortcut_transform=transform)
    usual, other = (
        dict(build_resnet(net, seed=3).named_parameters())
        for net in (config, revise(config, gate_bias=-3.0))
    )
    biases = [name for name in usual if name.endswith("gate.conv.bias")]
    assert len(biases) == 7
    for name, parameter in usual.items():
        if name in biases:
            assert parameter.unique().item() == -6.0
            assert other[name].unique().item() == -3.0
        else:
            assert torch.equal(parameter, other[name])


def test_a_gates_bias_has_bounds() -> None:
    with pytest.raises(ValueError, match="gate_bias") as caught:
        revise(preset("resnet20-cifar"), gate_bias=-21)
    assert "greater than or equal to -20" in explain(caught.value)
