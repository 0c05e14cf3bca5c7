"""Held-out loss and accuracy: against float64, and without a trace in training."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.lab.data.images import held_out, load
from resnet_viz.lab.evaluation import answers, is_due
from resnet_viz.lab.spec import Precision
from resnet_viz.lab.train import train
from resnet_viz.nets.network import build_resnet
from tests.lab.conftest import tiny_spec

NET = ResNetConfig(
    depths=(1, 1),
    widths=(8, 16),
    stem="cifar",
    in_channels=1,
    num_classes=10,
    image_size=8,
    dropout=0.5,
    stochastic_depth=0.5,
)


def evaluate(
    net: nn.Module, images: Tensor, labels: Tensor, precision: Precision = "float32"
) -> tuple[float, float]:
    """Mean cross-entropy, and the share of right answers."""
    logits = answers(net, images, precision)
    loss = functional.cross_entropy(logits, labels)
    return loss.item(), (logits.argmax(1) == labels).float().mean().item()


@pytest.fixture
def net() -> nn.Module:
    """With running statistics that are not those it began with."""
    net = build_resnet(NET, seed=0)
    for _ in range(3):
        net(load("digits").images[:64])
    return net


def test_loss_and_accuracy_are_those_of_float64_in_eval_mode(net: nn.Module) -> None:
    images, labels = held_out("digits", load("digits"), 8)
    copied = copy.deepcopy(net).double().eval()
    with torch.no_grad():
        logits = copied(images.double())
    loss, accuracy = evaluate(net, images, labels)
    assert loss == pytest.approx(functional.cross_entropy(logits, labels).item(), rel=1e-5)
    assert accuracy == pytest.approx((logits.argmax(1) == labels).double().mean().item())
    assert 0 < accuracy < 1


def test_a_run_says_how_it_does_on_held_out_images_and_trains_as_without() -> None:
    spec = tiny_spec(steps=6, evaluate_every=2)
    with_it, without = list(train(spec)), list(train(tiny_spec(steps=6)))
    taken = [r.step for r in with_it if "eval_loss" in r.values]
    assert taken == [0, 2, 4, 5]
    assert {"eval_loss", "eval_accuracy"} < set(spec.quantities)
    assert not {"eval_loss", "eval_accuracy"} & set(tiny_spec().quantities)
    for one, other in zip(with_it, without, strict=True):
        assert (one.loss, one.accuracy) == (other.loss, other.accuracy)
        assert np.array_equal(one.grad_norm, other.grad_norm)
    assert 1 < with_it[-1].values["eval_loss"][0] < 10


def test_evaluating_leaves_no_trace(net: nn.Module) -> None:
    images, labels = held_out("digits", load("digits"), 8)
    next(m for m in net.modules() if isinstance(m, nn.BatchNorm2d)).eval()
    state = {name: value.clone() for name, value in net.state_dict().items()}
    modes = [module.training for module in net.modules()]
    random = torch.random.get_rng_state()
    first = evaluate(net, images, labels)
    assert torch.equal(random, torch.random.get_rng_state())
    assert [module.training for module in net.modules()] == modes
    assert all(torch.equal(value, state[name]) for name, value in net.state_dict().items())
    assert all(p.grad is None for p in net.parameters())
    assert evaluate(net, images, labels) == first


def test_modes_are_put_back_where_the_net_fails() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Dropout())
    with pytest.raises(RuntimeError, match="shape"):
        evaluate(net, torch.zeros(4, 5), torch.zeros(4, dtype=torch.int64))
    assert net.training
    assert net[1].training


def test_16_bit_formats_are_those_of_training(net: nn.Module) -> None:
    images, labels = held_out("digits", load("digits"), 8)
    full, _ = evaluate(net, images, labels)
    for precision in ("bfloat16", "float16"):
        half, _ = evaluate(net, images, labels, precision)  # type: ignore[arg-type]
        assert half != full
        assert half == pytest.approx(full, rel=0.02)


def test_it_is_due_each_so_many_steps_and_at_the_last() -> None:
    def due(every: int) -> list[int]:
        spec = tiny_spec(steps=10, evaluate_every=every)
        return [step for step in range(10) if is_due(spec, step)]

    assert due(0) == []
    assert due(4) == [0, 4, 8, 9]
    assert due(1) == list(range(10))
    assert due(100) == [0, 9]
