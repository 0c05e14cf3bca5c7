"""What updates the weights, and by how much at which step."""

from __future__ import annotations

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

    def __init__(self, parameters: Iterable[Tensor], momentum: float, weight_decay: float) -> None:
        self._parameters = list(parameters)
        self._momentum, self._weight_decay = momentum, weight_decay
        moving = self._parameters if momentum else []
        self._velocities = [torch.zeros_like(p, requires_grad=False) for p in moving]

    @torch.no_grad()
    def update(self, lr: float) -> None:
        """v = momentum * v + (gradient + weight_decay * p); p = p - lr * v."""
        gradients = [p.grad for p in self._parameters if p.grad is not None]
        decayed = torch._foreach_add(gradients, self._parameters, alpha=self._weight_decay)
        if self._velocities:
            torch._foreach_mul_(self._velocities, self._momentum)
            torch._foreach_add_(self._velocities, decayed)
        torch._foreach_add_(self._parameters, self._velocities or decayed, alpha=-lr)


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
        return SGD(parameters, spec.momentum, spec.weight_decay)
    kind = torch.optim.Adam if spec.optimizer == "adam" else torch.optim.AdamW
    return FromTorch(kind(parameters, weight_decay=spec.weight_decay))


def learning_rate(spec: RunSpec, step: int) -> float:
    """Linear from lr / warmup_steps to lr over the first `warmup_steps` steps, then lr."""
    return spec.lr * min(1.0, (step + 1) / max(1, spec.warmup_steps))
