"""What updates the weights, and by how much at which step."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Protocol

import torch
from torch import Tensor

from resnet_viz.lab.spec import RunSpec


class Optimizer(Protocol):
    """Updates the parameters it was made with from their gradients."""

    def update(self, lr: float) -> None:
        """One step at the learning rate `lr`."""


class SGD:
    """torch.optim.SGD's update, operation by operation, by fused multi-tensor operations.

    Making a torch.optim.SGD loads torch's compiler, which takes longer than loading torch: seconds
    before the first point of each run. Without momentum there are no velocities to keep.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        momentum: float,
        weight_decay: float,
        *,
        nesterov: bool = False,
    ) -> None:
        self._parameters = list(parameters)
        self._momentum, self._weight_decay, self._nesterov = momentum, weight_decay, nesterov
        moving = self._parameters if momentum else []
        self._velocities = [torch.zeros_like(p, requires_grad=False) for p in moving]

    @torch.no_grad()
    def update(self, lr: float) -> None:
        """g = gradient + weight_decay * p; v = momentum * v + g; p = p - lr * v.

        With Nesterov's momentum, p = p - lr * (g + momentum * v).
        """
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        decayed = torch._foreach_add(gradients, self._parameters, alpha=self._weight_decay)
        if self._velocities:
            torch._foreach_mul_(self._velocities, self._momentum)
            torch._foreach_add_(self._velocities, decayed)
        if self._nesterov:
            decayed = torch._foreach_add(decayed, self._velocities, alpha=self._momentum)
        moves = self._velocities if self._velocities and not self._nesterov else decayed
        torch._foreach_add_(self._parameters, moves, alpha=-lr)


class FromTorch:
    """An optimiser of torch.optim, at a learning rate given step by step."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self._optimizer = optimizer

    def update(self, lr: float) -> None:
        """One step at the learning rate `lr`."""
        for group in self._optimizer.param_groups:
            group["lr"] = lr
        self._optimizer.step()


def make_optimizer(spec: RunSpec, parameters: Iterable[Tensor]) -> Optimizer:
    """The optimiser of `spec`; weight decay is on every parameter, as in the papers."""
    if spec.optimizer == "sgd":
        return SGD(parameters, spec.momentum, spec.weight_decay, nesterov=spec.nesterov)
    kind = torch.optim.Adam if spec.optimizer == "adam" else torch.optim.AdamW
    return FromTorch(kind(parameters, weight_decay=spec.weight_decay))


def learning_rate(spec: RunSpec, step: int) -> float:
    """The rate at `step`, from 0: what torch.optim.lr_scheduler's classes compute.

    LinearLR over the first `warmup_steps` steps, from lr / warmup_steps to lr; then ConstantLR,
    CosineAnnealingLR over the steps that are left, or MultiStepLR. Their import loads torch's
    compiler, which takes seconds of a run's start.
    """
    warmup, steps = spec.warmup_steps, spec.steps
    if step < warmup:
        share = (step + 1) / warmup
    elif spec.schedule == "cosine":
        share = (1 + math.cos(math.pi * (step - warmup) / (steps - warmup))) / 2
    else:
        share = 1.0
    if spec.schedule == "step":
        milestones = spec.step_milestones or (steps // 2, 3 * steps // 4)
        share *= spec.step_gamma ** sum(step >= milestone > 0 for milestone in milestones)
    return spec.lr * share
