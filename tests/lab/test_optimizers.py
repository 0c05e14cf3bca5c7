"""Optimisers, rates and updates against torch.optim, and loops of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.optim import lr_scheduler

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.lab.data.images import load
from resnet_viz.lab.data.minibatches import minibatches
from resnet_viz.lab.optimizers import SGD, learning_rate
from resnet_viz.lab.spec import RunSpec
from resnet_viz.lab.train import train
from resnet_viz.lab.updates import Updates
from resnet_viz.nets.network import build_resnet
from tests.lab.conftest import TINY, tiny_spec

NET = ResNetConfig(depths=(1, 1), widths=(8, 16), stem="cifar", shortcut="zero_pad")


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)
    torch.set_flush_denormal(False)


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
def test_sgd_is_torchs_bit_for_bit(momentum: float, decay: float, nesterov: bool) -> None:
    torch.manual_seed(0)
    start = [torch.randn(5, 3), torch.randn(7)]
    mine, theirs = ([p.clone().requires_grad_() for p in start] for _ in range(2))
    ours = SGD(mine, momentum, decay, nesterov=nesterov)
    reference = torch.optim.SGD(theirs, 0.1, momentum, weight_decay=decay, nesterov=nesterov)
    for lr in (0.1, 0.1, 0.03, 0.5):
        for one, other in zip(mine, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        reference.param_groups[0]["lr"] = lr
        ours.update(lr)
        reference.step()
    assert all(map(torch.equal, mine, theirs))


def torchs_rates(spec: RunSpec) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1)], spec.lr)
    warmup, steps = spec.warmup_steps, spec.steps
    kind: Any
    if spec.schedule == "cosine":
        kind = lr_scheduler.CosineAnnealingLR(optimizer, steps - warmup)
    elif spec.schedule == "step":
        milestones = list(spec.step_milestones) or [steps // 2, 3 * steps // 4]
        kind = lr_scheduler.MultiStepLR(optimizer, milestones, spec.step_gamma)
    else:
        kind = lr_scheduler.ConstantLR(optimizer, 1)
    if warmup > 1:
        rising = lr_scheduler.LinearLR(optimizer, 1 / warmup, total_iters=warmup - 1)
        if spec.schedule == "cosine":
            kind = lr_scheduler.SequentialLR(optimizer, [rising, kind], [warmup])
        else:
            kind = lr_scheduler.ChainedScheduler([rising, kind])
    rates = []
    for _ in range(steps):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        kind.step()
    return rates


@pytest.mark.parametrize("warmup", [0, 5])
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
def test_rates_are_those_of_torchs_schedulers(schedule: dict[str, Any], warmup: int) -> None:
    spec = tiny_spec(lr=0.4, steps=30, warmup_steps=warmup, **schedule)
    rates = [learning_rate(spec, step) for step in range(30)]
    np.testing.assert_allclose(rates, torchs_rates(spec), rtol=1e-6)


def test_warm_up_is_linear_and_the_drops_are_those_of_he_2015() -> None:
    spec = tiny_spec(lr=0.4, warmup_steps=4)
    rates = [learning_rate(spec, step) for step in range(6)]
    np.testing.assert_allclose(rates, [0.1, 0.2, 0.3, 0.4, 0.4, 0.4])
    assert learning_rate(tiny_spec(lr=0.4), 0) == 0.4
    long = tiny_spec(lr=0.1, steps=64_000, schedule="step")
    drops = [learning_rate(long, step) for step in (0, 31_999, 32_000, 47_999, 48_000, 63_999)]
    np.testing.assert_allclose(drops, [0.1, 0.1, 0.01, 0.01, 0.001, 0.001])
    one = tiny_spec(lr=0.1, steps=1, schedule="step")
    assert learning_rate(one, 0) == 0.1


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
    rates = torchs_rates(spec)
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


def test_a_float16_step_that_overflows_is_left_out_and_the_scale_halved() -> None:
    weights = nn.Parameter(torch.ones(3))
    spec = tiny_spec(precision="float16", momentum=0.0, weight_decay=0.0)
    updates = Updates(spec, [weights], torch.device("cpu"))
    updates.backward((weights * torch.tensor([1.0, float("inf"), 1.0])).sum())
    assert torch.isinf(weights.grad).any()  # type: ignore[arg-type]
    updates.apply(0)
    assert torch.equal(weights, torch.ones(3))
    weights.grad = None
    updates.backward(weights.sum())
    assert torch.equal(weights.grad, torch.ones(3))  # type: ignore[arg-type]
    updates.apply(1)
    torch.testing.assert_close(weights.detach(), torch.full((3,), 1 - spec.lr))


def test_a_run_loads_no_compiler_before_its_first_step() -> None:
    """Which takes seconds; Adam and what asks for it may."""
    import subprocess
    import sys

    script = (
        "import sys; from resnet_viz import RunSpec, ResNetConfig, train\n"
        "config = ResNetConfig(depths=(1, 1), widths=(8, 8), stem='cifar')\n"
        "spec = RunSpec(config=config, device='cpu', nesterov=True, schedule='cosine',\n"
        "    clip_grad_norm=1.0, precision='float16', augment='crop_flip', label_smoothing=0.1)\n"
        "next(train(spec)); print(sum(m.startswith('torch._dynamo') for m in sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert done.stdout.strip() == b"0"


@pytest.mark.slow
@pytest.mark.parametrize("checkpointing", [False, True])
def test_a_compiled_net_computes_what_the_net_does(checkpointing: bool) -> None:
    spec = tiny_spec(config=TINY, steps=3, activation_checkpointing=checkpointing)
    compiled = spec.model_copy(update={"compile": True})
    for one, other in zip(train(spec), train(compiled), strict=True):
        np.testing.assert_allclose(one.loss, other.loss, rtol=1e-4)
        np.testing.assert_allclose(one.grad_norm, other.grad_norm, rtol=1e-3)
