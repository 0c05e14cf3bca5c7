"""What a watcher records, a loop of one's own that does what train() does, and a net to watch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.nets.memory_format import memory_format
from resnet_viz.nets.network import build_resnet
from resnet_viz.quantities.layer_states import LayerState
from resnet_viz.quantities.quantity import Along
from resnet_viz.quantities.records import StepRecord
from resnet_viz.training.minibatches import minibatches
from resnet_viz.training.tensors import load
from resnet_viz.training.update.optimizers import make_optimizer, make_schedule
from resnet_viz.training.update.precision import autocast
from resnet_viz.training.watching.watcher import Watcher

CPU = torch.device("cpu")
close = partial(pytest.approx, rel=1e-4)


class Kept:
    """What a watcher records."""

    def __init__(self) -> None:
        self.records: list[StepRecord] = []
        self.held: Mapping[str, Along] = {}

    def __call__(self, record: StepRecord, held: Mapping[str, Along]) -> None:
        self.records.append(record)
        self.held = held

    def named(self, quantity: str, step: int = 0) -> dict[str, float]:
        values = self.records[step].values[quantity].tolist()
        return dict(zip(self.held[quantity].names, values, strict=True))

    def states(self, step: int = -1) -> dict[str, LayerState]:
        """Those in force at a step."""
        every = [r.values["layer_state"] for r in self.records if "layer_state" in r.values]
        taken = [r.step for r in self.records if "layer_state" in r.values]
        step = step % len(self.records)
        codes = every[sum(at <= step for at in taken) - 1]
        names = self.held["layer_state"].names
        return {name: LayerState(code) for name, code in zip(names, codes, strict=True)}


def norm(tensor: Tensor | None) -> float:
    assert tensor is not None
    return float(np.linalg.norm(tensor.detach().double().numpy()))


NET = ResNetConfig(depths=(2, 1), widths=(8, 16), stem="cifar", shortcut="projection")


def batches_of(spec: RunSpec) -> Iterator[tuple[Tensor, Tensor]]:
    data = load("digits", 8)
    return minibatches(data, spec.batch_size, spec.seed, 8, CPU)


def own_loop(spec: RunSpec, kept: Kept, parts: int = 1) -> None:
    """What train() does, as its user would write it: scaled, clipped, and cleared at the end."""
    layout = memory_format(spec.adapted, CPU)
    net = build_resnet(spec.adapted, seed=spec.seed).to(memory_format=layout)
    optimizer = make_optimizer(spec, net.parameters())
    schedule = make_schedule(spec, optimizer)
    scaler = torch.amp.GradScaler("cpu", enabled=spec.precision == "float16")
    how_often = {"measure_every": spec.measure_every, "steps": spec.steps}
    with Watcher(net, kept, **how_often) as watcher:
        for _, (images, labels) in zip(range(spec.steps), batches_of(spec), strict=False):
            losses = []
            for some, own in zip(images.chunk(parts), labels.chunk(parts), strict=True):
                with autocast(CPU, spec.precision):
                    logits = net(some.to(memory_format=layout))
                loss = functional.cross_entropy(logits.float(), own) / parts
                scaler.scale(loss).backward()
                losses.append(loss.detach())
            if spec.clip_grad_norm is not None:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(net.parameters(), spec.clip_grad_norm)
            scaler.step(optimizer)
            scaler.update()
            schedule.step()
            optimizer.zero_grad()
            watcher.step(torch.stack(losses).sum())


class Trunk(nn.Module):
    """Two blocks and a head; a block can be left out, as LayerDrop does."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
        self.head = nn.Linear(4, 2)
        self.skipped: set[int] = set()

    def forward(self, x: Tensor) -> Tensor:
        for number, block in enumerate(self.blocks):
            if number not in self.skipped:
                x = x + torch.tanh(block(x))
        out: Tensor = self.head(x)
        return out


BLOCKS = ["blocks.0", "blocks.1", "blocks.2"]


def trained(net: nn.Module, watcher: Watcher, rate: float = 0.1) -> dict[str, float]:
    """One step; the norms of the gradients, by autograd."""
    optimizer = torch.optim.SGD([p for p in net.parameters() if p.requires_grad], rate)
    loss = net(torch.randn(5, 4)).square().sum()
    loss.backward()
    norms = {n: norm(p.grad) for n, p in net.named_parameters() if p.grad is not None}
    optimizer.step()
    watcher.step(loss)
    optimizer.zero_grad()
    return {name.removesuffix(".weight"): value for name, value in norms.items()}
