"""A net with a block, its data, and steps of it in a bare loop: what a callback must record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from resnet_viz import Lab
from resnet_viz.quantities.records import History

CLIPPED, RATE = 0.01, 0.5


class Net(nn.Module):
    """A block and a head."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.stem, self.block, self.head = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        return self.head(x + torch.tanh(self.block(x)))


class WithLoss(Net):
    """As transformers' nets: a mapping with the loss."""

    def forward(self, images: Tensor, labels: Tensor) -> dict[str, Tensor]:  # type: ignore[override]
        logits = super().forward(images)
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class WithItems(Net):
    """As transformers' language models: told how many labels all of a step's minibatches have."""

    def forward(  # type: ignore[override]
        self, images: Tensor, labels: Tensor, num_items_in_batch: Any = None, **_: Any
    ) -> dict[str, Tensor]:
        logits = super().forward(images)
        how = "mean" if num_items_in_batch is None else "sum"
        loss = nn.functional.cross_entropy(logits, labels, reduction=how)
        return {"loss": loss / (num_items_in_batch or 1), "logits": logits}


Row = tuple[Tensor, Tensor]


def data(rows: int = 16) -> list[Row]:
    torch.manual_seed(1)
    return [(torch.randn(1, 6)[0], torch.tensor(i % 2)) for i in range(rows)]


def by_hand(
    steps: Sequence[Sequence[Row]],
    autocast: AbstractContextManager[object] | None = None,
) -> tuple[list[float], list[float]]:
    """Losses and gradient norms of the head, clipped after they are taken, by `autograd.grad`."""
    net = Net()
    parameters = list(net.parameters())
    place = next(i for i, own in enumerate(parameters) if own is net.head.weight)
    losses, norms = [], []
    for rows in steps:
        images, labels = (torch.stack(own) for own in zip(*rows, strict=True))
        with autocast or nullcontext():
            loss = nn.functional.cross_entropy(net(images), labels)
        gradients = [own.double() for own in torch.autograd.grad(loss, parameters)]
        losses.append(float(loss.detach()))
        norms.append(float(gradients[place].norm()))
        whole = float(torch.stack([own.norm() for own in gradients]).norm())
        with torch.no_grad():
            for own, gradient in zip(parameters, gradients, strict=True):
                own.sub_(RATE * min(1.0, CLIPPED / whole) * gradient)
    return losses, norms


def steps_of(rows: Sequence[Row], count: int) -> Iterator[Sequence[Row]]:
    """The rows in steps of `count`."""
    yield from (rows[begin : begin + count] for begin in range(0, len(rows), count))


def check(
    lab: Lab, run_id: str, losses: Sequence[float], norms: Sequence[float], rel: float = 1e-4
) -> None:
    """The run has just these steps."""
    run, history = lab.get(run_id), History()
    history.extend(lab.records(run_id))
    assert (run.status, run.name) == ("finished", "mine")
    assert list(run.shortcuts) == ["block"]
    np.testing.assert_allclose(history.loss, losses, rtol=rel)
    names = run.quantities["grad_norm"].names
    column = next(i for i, name in enumerate(names) if name.endswith("head"))
    np.testing.assert_allclose(history.series("grad_norm").values[:, column], norms, rtol=rel)
