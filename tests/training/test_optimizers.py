"""Optimisers, rates and updates against torch.optim, and loops of the tests' own."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.network import build_resnet
from resnet_viz.training.loop import train
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load
from resnet_viz.training.update.optimizer_step import Updates
from resnet_viz.training.update.optimizers import make_optimizer, make_schedule
from tests.labs import TINY, tiny_spec

NET = ResNetConfig(depths=(1, 1), widths=(8, 16), stem="cifar", shortcut="zero_pad")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize(
    ("momentum", "decay", "nesterov"),
    [
        (0.0, 0.0, False),
        (0.9, 0.0, False),
        (0.9, 1e-2, False),
        (0.9, 0.0, True),
        (0.5, 1e-2, True),
    ],
)
def test_sgd_is_its_formula_in_float64(momentum: float, decay: float, nesterov: bool) -> None:
    torch.manual_seed(0)
    weights = [torch.randn(5, 3).requires_grad_(), torch.randn(7).requires_grad_()]
    expected = [w.detach().double().numpy().copy() for w in weights]
    velocities = [np.zeros_like(e) for e in expected]
    spec = tiny_spec(lr=0.1, momentum=momentum, weight_decay=decay, nesterov=nesterov)
    optimizer = make_optimizer(spec, weights)
    for lr in (0.1, 0.1, 0.03, 0.5):
        for weight, value, velocity in zip(weights, expected, velocities, strict=True):
            weight.grad = torch.randn_like(weight)
            decayed = weight.grad.double().numpy() + decay * value
            velocity[:] = momentum * velocity + decayed
            value[:] -= lr * (decayed + momentum * velocity if nesterov else velocity)
        optimizer.param_groups[0]["lr"] = lr
        optimizer.step()
    for weight, value in zip(weights, expected, strict=True):
        np.testing.assert_allclose(weight.detach().numpy(), value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_training_is_torch_optim_sgd_bit_for_bit(momentum: float) -> None:
    spec = tiny_spec(config=NET, batch_size=32, steps=8, lr=0.1, momentum=momentum)
    net = build_resnet(spec.adapted, seed=0).to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum, weight_decay=1e-4, fused=True)
    batches = minibatches(load("digits"), 32, 0, 8, torch.device("cpu"))
    torch.set_flush_denormal(True)
    for record, (images, labels) in zip(train(spec), batches, strict=False):
        optimizer.zero_grad()
        loss = functional.cross_entropy(net(images.to(memory_format=torch.channels_last)), labels)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        assert record.loss == loss.item(), record.step


def rates_of(spec: RunSpec) -> list[float]:
    """The rate of each step, in closed form."""
    warmup, steps = spec.warmup_steps, spec.steps
    milestones = spec.step_milestones or (steps // 2, 3 * steps // 4)
    rates = []
    for step in range(steps):
        rate = spec.lr
        if step < warmup:
            rate *= (step + 1) / warmup
        elif spec.schedule == "cosine":
            rate *= (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2
        if spec.schedule == "step":
            rate *= spec.step_gamma ** sum(step >= milestone for milestone in milestones)
        rates.append(rate)
    return rates


def scheduled(spec: RunSpec) -> list[float]:
    """The rates that the optimiser has in the steps of `spec`."""
    optimizer = make_optimizer(spec, [torch.zeros(1, requires_grad=True)])
    schedule, rates = make_schedule(spec, optimizer), []
    for _ in range(spec.steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return rates


@pytest.mark.parametrize("warmup", [0, 1, 2, 5, 29])
@pytest.mark.parametrize(
    "schedule",
    [
        {"schedule": "constant"},
        {"schedule": "cosine"},
        {"schedule": "step"},
        {"schedule": "step", "step_milestones": (3, 20, 21), "step_gamma": 0.5},
    ],
    ids=str,
)
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_rates_are_those_of_the_formulas(
    schedule: dict[str, Any], warmup: int, optimizer: str
) -> None:
    spec = tiny_spec(lr=0.4, steps=30, warmup_steps=warmup, optimizer=optimizer, **schedule)
    np.testing.assert_allclose(scheduled(spec), rates_of(spec), rtol=1e-6)


def test_warm_up_is_linear_and_the_drops_are_those_of_he_2015() -> None:
    rates = scheduled(tiny_spec(lr=0.4, steps=6, warmup_steps=4))
    np.testing.assert_allclose(rates, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    np.testing.assert_allclose(scheduled(tiny_spec(lr=0.4, steps=2, warmup_steps=4)), [0.1, 0.2])
    assert scheduled(tiny_spec(lr=0.4, steps=1)) == [0.4]
    rates = scheduled(tiny_spec(lr=0.1, steps=6400, schedule="step"))
    drops = [rates[step] for step in (0, 3199, 3200, 4799, 4800, 6399)]
    np.testing.assert_allclose(drops, [0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    assert scheduled(tiny_spec(lr=0.1, steps=1, schedule="step")) == [0.1]


RECIPES: dict[str, dict[str, Any]] = {
    "nesterov": {"nesterov": True},
    "clipping": {"clip_grad_norm": 0.5},
    "smoothing": {"label_smoothing": 0.2},
    "cosine": {"schedule": "cosine", "warmup_steps": 2},
    "all": {
        "nesterov": True,
        "clip_grad_norm": 0.5,
        "label_smoothing": 0.2,
        "schedule": "step",
        "step_milestones": (2, 4),
        "augment": "crop_flip",
        "subset": 700,
    },
    "adamw, clipped": {"optimizer": "adamw", "clip_grad_norm": 0.5, "lr": 0.01},
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_training_is_that_of_a_loop_written_with_torch_alone(recipe: dict[str, Any]) -> None:
    spec = tiny_spec(**({"config": NET, "batch_size": 32, "steps": 6, "lr": 0.1} | recipe))
    net = build_resnet(spec.adapted, seed=0).to(memory_format=torch.channels_last)
    optimizer: torch.optim.Optimizer
    if spec.optimizer == "sgd":
        optimizer = torch.optim.SGD(
            net.parameters(), spec.lr, 0.9, weight_decay=1e-4, nesterov=spec.nesterov
        )
    else:
        optimizer = torch.optim.AdamW(net.parameters(), spec.lr, weight_decay=1e-4)
    data = load("digits", subset=spec.subset)
    batches = minibatches(data, 32, 0, 8, torch.device("cpu"), augment=spec.augment)
    rates = rates_of(spec)
    for record, (images, labels), rate in zip(train(spec), batches, rates, strict=False):
        optimizer.zero_grad()
        logits = net(images)
        # (1 - e) of the right class, and e of the mean over all classes
        each = -functional.log_softmax(logits, 1)
        right, every = each.gather(1, labels[:, None]).mean(), each.mean()
        loss = (1 - spec.label_smoothing) * right + spec.label_smoothing * every
        loss.backward()
        np.testing.assert_allclose(record.loss, loss.item(), rtol=2e-5)
        gradients = [p.grad for p in net.parameters() if p.grad is not None]
        norms = [net.get_parameter(f"{n}.weight").grad.norm().item() for n in spec.layer_names]
        np.testing.assert_allclose(record.grad_norm, norms, rtol=2e-4)  # before clipping
        if spec.clip_grad_norm is not None:
            total = torch.cat([g.flatten() for g in gradients]).norm()
            for gradient in gradients:
                gradient.mul_(min(1.0, spec.clip_grad_norm / (total.item() + 1e-6)))
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()


def test_what_a_recipe_changes_is_seen_in_the_records() -> None:
    """Else the comparison above might compare two loops that both ignore it."""
    plain = [record.loss for record in train(tiny_spec(config=NET, steps=6, lr=0.1))]
    for recipe in RECIPES.values():
        changed = tiny_spec(**({"config": NET, "steps": 6, "lr": 0.1} | recipe))
        assert [record.loss for record in train(changed)] != plain


def test_float16_scales_the_loss_and_its_gradients_are_those_of_float32() -> None:
    half, full = (
        list(islice(train(tiny_spec(config=NET, batch_size=64, precision=precision)), 4))
        for precision in ("float16", "float32")
    )
    assert [r.loss for r in half] != [r.loss for r in full]
    for one, other in zip(half, full, strict=True):
        np.testing.assert_allclose(one.loss, other.loss, rtol=0.02)
        np.testing.assert_allclose(one.grad_norm, other.grad_norm, rtol=0.1)
        assert one.grad_norm.dtype == np.float32


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_float16_step_that_overflows_is_left_out_and_the_scale_halved(momentum: float) -> None:
    weights = nn.Parameter(torch.ones(3))
    spec = tiny_spec(precision="float16", momentum=momentum, weight_decay=0.0)
    torch.use_deterministic_algorithms(True)  # what is not initialised is NaN
    try:
        updates = Updates(spec, [weights], torch.device("cpu"))
        updates.backward((weights * torch.tensor([1.0, float("inf"), 1.0])).sum())
        assert torch.isinf(weights.grad).any()  # type: ignore[arg-type]
        updates.apply()
        assert torch.equal(weights, torch.ones(3))
        weights.grad = None
        updates.backward(weights.sum())
        assert torch.equal(weights.grad, torch.ones(3))  # type: ignore[arg-type]
        updates.apply()
    finally:
        torch.use_deterministic_algorithms(False)
    torch.testing.assert_close(weights.detach(), torch.full((3,), 1 - spec.lr))


@pytest.mark.slow
@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_compiled_net_computes_what_the_net_does(checkpointing: bool) -> None:
    spec = tiny_spec(config=TINY, steps=3, activation_checkpointing=checkpointing)
    compiled = spec.model_copy(update={"compile": True})
    for one, other in zip(train(spec), train(compiled), strict=True):
        np.testing.assert_allclose(one.loss, other.loss, rtol=1e-4)
        np.testing.assert_allclose(one.grad_norm, other.grad_norm, rtol=1e-3)
