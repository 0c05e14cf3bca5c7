"""The runs that the rows are of: CIFAR shapes on the handwritten digits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from resnet_viz import ResNetConfig, RunSpec, train
from resnet_viz.measurements import measurement
from resnet_viz.nets.network import ResNet, build_resnet
from resnet_viz.papers.nets import DIGITS, cifar
from resnet_viz.quantities.records import StepRecord
from resnet_viz.training.at_initialisation import batch_of
from resnet_viz.training.perform import perform
from resnet_viz.training.tensors import load, resized

SELDOM = 1_000_000
"""Activations are measured at the first step alone."""

Arrays = Mapping[str, NDArray[np.float64]]


def records(config: ResNetConfig, seed: int, **settings: object) -> list[StepRecord]:
    """A run's records, of 60 steps at lr 0.01 unless said otherwise."""
    fields = {"config": config, "seed": seed, "device": "cpu", "measure_every": SELDOM}
    return list(train(RunSpec.model_validate(fields | settings)))


def last_loss(taken: Sequence[StepRecord]) -> float:
    """The minibatch's loss at the last step."""
    return taken[-1].loss


def highest_loss(taken: Sequence[StepRecord]) -> float:
    """The largest on the way."""
    return max(record.loss for record in taken)


def trained(config: ResNetConfig, seed: int, **settings: object) -> ResNet:
    """A net after a run, of 80 steps at lr 0.01 unless said otherwise."""
    held: list[ResNet] = []
    fields = {"config": config, "seed": seed, "steps": 80, "device": "cpu"} | settings
    for _ in train(RunSpec.model_validate(fields), instruments=False, built=held.append):
        pass
    return held[0]


def loss_of_all(net: ResNet, dataset: str = "digits", size: int | None = None) -> float:
    """The loss over up to 5,000 training images, by the statistics of batches of 250: running ones
    lag behind after so few steps."""
    data = load(dataset, size)
    images, labels = data.images[:5000], data.labels[:5000]
    if size is not None:
        images = resized(images, size)
    net.train()
    with torch.no_grad():
        logits = torch.cat([net(batch) for batch in torch.split(images, 250)])
    return functional.cross_entropy(logits, labels).item()


def images(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Some of the digits, as a net takes them, and their labels."""
    return batch_of(cifar(8, **DIGITS), "digits", count, seed)


def found(net: ResNet, name: str, seed: int, **settings: Any) -> Arrays:
    """A measurement of a net on some of the digits."""
    about = measurement(name)
    count = {setting.name: setting.default for setting in about.settings}["images"]
    return perform(about, net, *images(int(count), seed), settings=settings)


def new(config: ResNetConfig, seed: int) -> ResNet:
    """A net before its first step."""
    return build_resnet(config, seed=seed)


@lru_cache(maxsize=4096)
def ratio_at_start(config: ResNetConfig, seed: int, batch: int = 64, kind: str = "digits") -> float:
    """The gradient at the first block's input over that at the last's, before any update."""
    net = new(config, seed)
    taken = perform(measurement("gradients"), net, *batch_of(config, kind, batch, seed))
    return float(taken["ratio"])
