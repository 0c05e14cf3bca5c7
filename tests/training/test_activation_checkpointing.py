"""Activation checkpointing computes the same numbers, to the last bit on one thread."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.arch.presets import preset
from resnet_viz.arch.segments import segments
from resnet_viz.nets.network import build_resnet
from resnet_viz.training.loop import train
from resnet_viz.training.update.activation_checkpointing import checkpointed
from tests.labs import tiny_spec

SMALL = ResNetConfig(depths=(3, 3), widths=(8, 16), stem="cifar")
NETS = {
    "resnet20": preset("resnet20-cifar"),
    "dropout": SMALL.model_copy(update={"dropout": 0.3}),
    "stochastic depth": SMALL.model_copy(update={"stochastic_depth": 0.5}),
    "preactivation": SMALL.model_copy(update={"activation_order": "full_preactivation"}),
    "group norm, SE": SMALL.model_copy(update={"norm": "group", "attention": "se"}),
    "gated": SMALL.model_copy(update={"shortcut_transform": "exclusive_gate"}),
    "plain, no norm": SMALL.model_copy(update={"shortcut": "none", "norm": "none"}),
    "one block": SMALL.model_copy(update={"depths": (1,), "widths": (8,)}),
}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("config", NETS.values(), ids=NETS)
def test_records_are_equal_bit_for_bit(config: ResNetConfig, precision: str) -> None:
    spec = tiny_spec(config=config, steps=4, precision=precision)
    plain = train(spec)
    saving = train(spec.model_copy(update={"activation_checkpointing": True}))
    for one, other in zip(list(plain), list(saving), strict=True):
        assert (one.loss, one.accuracy) == (other.loss, other.accuracy)
        np.testing.assert_array_equal(one.grad_norm, other.grad_norm)
        np.testing.assert_array_equal(one.update_ratio, other.update_ratio)


def test_running_statistics_are_updated_once() -> None:
    images = torch.randn(8, 3, 32, 32)
    states = []
    for is_checkpointed in (False, True):
        net = build_resnet(preset("resnet20-cifar"), seed=0)
        forward = checkpointed(net) if is_checkpointed else net
        for _ in range(2):
            forward(images).square().mean().backward()
        states.append(net.state_dict())
        assert all(m.momentum == 0.1 for m in net.modules() if hasattr(m, "momentum"))
    for key, tensor in states[0].items():
        assert torch.equal(tensor, states[1][key]), key
    assert states[1]["stem.norm.num_batches_tracked"] == 2


def test_running_statistics_that_overflowed_stay_inf() -> None:
    states = []
    for is_checkpointed in (False, True):
        net = build_resnet(preset("resnet20-cifar"), seed=0)
        net.get_buffer("stem.norm.running_var").fill_(torch.inf)
        forward = checkpointed(net) if is_checkpointed else net
        forward(torch.ones(8, 3, 32, 32)).square().mean().backward()
        states.append(net.get_buffer("stem.norm.running_var"))
    assert torch.equal(*states)
    assert torch.isinf(states[1]).all()


def test_all_but_the_last_segment_run_twice() -> None:
    net = build_resnet(preset("resnet20-cifar"), seed=0)
    runs = dict.fromkeys((block.name for block in plan(net.config).blocks), 0)
    for name in runs:

        def count(*_: object, name: str = name) -> None:
            runs[name] += 1

        net.get_submodule(name).register_forward_pre_hook(count)
    checkpointed(net)(torch.randn(2, 3, 32, 32)).sum().backward()
    last = segments(plan(net.config))[-1].paths
    assert all(count == (1 if name in last else 2) for name, count in runs.items()), runs
