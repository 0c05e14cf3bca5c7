"""Training memory against what PyTorch allocates and keeps."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor
from torch.profiler import ProfilerActivity, profile

from resnet_viz.arch.config import ResNetConfig, revise
from resnet_viz.arch.memory import largest_batch, training_memory
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import PRESETS, preset
from resnet_viz.arch.segments import elements_kept, segments
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.training.update.activation_checkpointing import checkpointed
from tests.configs import configs, examples
from tests.nets.test_network import _kept_bytes

BASE = ResNetConfig(stem="deep", depths=(2, 2), widths=(16, 32), image_size=64)
VARIANTS = {
    "SE": {"attention": "se"},
    "group norm": {"norm": "group"},
    "no norm": {"norm": "none"},
    "exclusive gate": {"shortcut_transform": "exclusive_gate"},
    "shortcut-only gate": {"shortcut_transform": "shortcut_only_gate"},
    "dropout": {"dropout": 0.3},
    "stochastic depth": {"stochastic_depth": 0.3},
    "skipinit": {"residual_scale": "skipinit"},
    "tiered stem": {"stem": "tiered", "activation": "gelu"},
    "average pool": {"shortcut": "avgpool_projection", "activation": "silu"},
    "norm after addition": {"activation_order": "norm_after_addition"},
    "full preactivation": {"activation_order": "full_preactivation"},
}
NAMED = (
    "resnet34",
    "resnet50-v1",
    "resnext50_32x4d",
    "preact50",
    "seresnet50",
    "resnet50d",
    "notebook34",
    "fastcampus50",
    "resnet110-cifar",
    "plain110-cifar",
    "preact110-cifar",
    "wrn16-4",
    "dnddnjs32-cifar",
)


def images(config: ResNetConfig, batch: int) -> Tensor:
    return torch.randn(batch, *config.image_shape)


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize("fields", VARIANTS.values(), ids=VARIANTS)
def test_activations_of_every_kind_of_operation(fields: dict[str, object], batch: int) -> None:
    config = revise(BASE, **fields)
    kept = _kept_bytes(build_resnet(config, seed=0), images(config, batch))
    assert training_memory(plan(config), batch).activations == pytest.approx(kept, rel=0.02)


@pytest.mark.parametrize("name", NAMED)
def test_activations_of_presets_in_two_sizes(name: str) -> None:
    net = build_resnet(preset(name), seed=0)
    for size in (32, 65):
        config = revise(preset(name), image_size=size)
        kept = _kept_bytes(net, images(config, 2))
        assert plan(config).activation_bytes(2) == pytest.approx(kept, rel=0.02)


@pytest.mark.parametrize("fields", [{}, *VARIANTS.values()], ids=["default", *VARIANTS])
def test_bfloat16_activations_under_autocast(fields: dict[str, object]) -> None:
    config = revise(BASE, **fields)
    with torch.autocast("cpu", torch.bfloat16):
        kept = _kept_bytes(build_resnet(config, seed=0), images(config, 16))
    predicted = training_memory(plan(config), 16, precision="bfloat16").activations
    low = 0.9 * kept
    # Group norm keeps float32 on CUDA and not on the CPU, and is counted in full.
    assert low < predicted < (2.1 if config.norm == "group" else 1.1) * kept


def allocated_bytes(net: ResNet, config: ResNetConfig, batch: int, checkpointing: bool) -> int:
    """The most that is allocated at once in a forward and backward pass, by torch's profiler."""
    forward = checkpointed(net) if checkpointing else net
    net.zero_grad(set_to_none=True)
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        forward(images(config, batch)).square().mean().backward()
    results = profiler.profiler.kineto_results.events()  # type: ignore[union-attr]
    events = [(e.start_ns(), e.nbytes()) for e in results if e.name() == "[memory]"]
    alive = peak = 0
    for _, change in sorted(events, key=lambda event: event[0]):
        alive += change
        peak = max(peak, alive)
    return peak


@pytest.mark.parametrize("checkpointing", [False, True], ids=["plain", "checkpointed"])
@pytest.mark.parametrize(
    ("name", "size", "batch"),
    [
        ("resnet20-cifar", 32, 16),
        ("plain56-cifar", 32, 8),
        ("resnet110-cifar", 32, 8),
        ("preact164-cifar", 16, 16),
        ("wrn16-4", 32, 8),
        ("resnet50", 96, 8),
    ],
)
def test_peak_of_a_pass(name: str, size: int, batch: int, checkpointing: bool) -> None:
    config = revise(preset(name), image_size=size)
    net = build_resnet(config, seed=0)
    allocated_bytes(net, config, 1, checkpointing)  # what is made once
    peak = allocated_bytes(net, config, batch, checkpointing)
    memory = training_memory(plan(config), batch, checkpointing=checkpointing)
    assert 0.85 < (memory.activations + memory.gradients) / peak < 1.2


def test_weights_optimisers_and_probes() -> None:
    network = plan(preset("resnet18"))
    sgd = training_memory(network, 1)
    assert sgd.weights == sgd.gradients == sgd.optimizer_state == 4 * 11_689_512
    assert training_memory(network, 1, momentum=0.0).optimizer_state == 0
    assert training_memory(network, 1, "adamw").optimizer_state == 2 * sgd.weights
    net = build_resnet(preset("resnet18"), device="meta")
    matrices = sum(p.numel() for p in net.parameters() if p.ndim > 1)
    assert sgd.probes == 2 * 4 * matrices, "as they were, and the difference"
    parts = (sgd.weights, sgd.gradients, sgd.optimizer_state, sgd.probes, sgd.activations)
    assert sgd.total == sum(parts)


@settings(max_examples=examples(50), deadline=None)
@given(configs())
def test_the_largest_batch_is_the_largest(config: ResNetConfig) -> None:
    network = plan(config)
    for checkpointing in (False, True):
        available = training_memory(network, 37, checkpointing=checkpointing).total
        assert largest_batch(network, available, checkpointing=checkpointing) == 37
        assert largest_batch(network, available - 1, checkpointing=checkpointing) == 36
    assert largest_batch(network, 0) == 0


@settings(max_examples=examples(50), deadline=None)
@given(configs())
def test_segments_are_all_units_but_the_head_in_order(config: ResNetConfig) -> None:
    network = plan(config)
    paths = [path for segment in segments(network) for path in segment.paths]
    assert [*paths, "head"] == [path for path, _ in network.units]


@pytest.mark.parametrize("name", [name for name in PRESETS if "cifar" in name])
def test_segments_keep_about_as_little_as_any_number_of_them(name: str) -> None:
    """At most a fifth more than the best cut into equal numbers of blocks, which is tried out."""
    network = plan(preset(name))
    every = [unit for _, unit in network.units]
    units = every[:-1]
    inside = [
        unit.kept_inside + unit.out_elements * (unit.keeps_output or after.keeps_input)
        for unit, after in pairwise(every)
    ]

    def kept(length: int) -> int:
        starts = range(0, len(units), length)
        inputs = sum(units[start].in_elements for start in starts)
        return inputs + max(sum(inside[start : start + length]) for start in starts)

    best = min(map(kept, range(1, len(units) + 1)))
    assert elements_kept(network) <= 1.2 * best
