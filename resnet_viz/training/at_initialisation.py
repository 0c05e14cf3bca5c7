"""A new net measured on one batch, before its first step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan
from resnet_viz.measurements import measurement, why_not
from resnet_viz.nets.network import build_resnet
from resnet_viz.training.perform import perform
from resnet_viz.training.tensors import load, resized

_DIGITS = 5
"""Significant digits that are kept: a picture needs no more, and has tens of thousands."""


def look_at(
    config: ResNetConfig,
    images: Tensor,
    labels: Tensor,
    names: Sequence[str],
    *,
    seed: int = 0,
    points: int = 64,
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Of a new net: each measurement, once it is done, with array -> numbers.

    What has no meaning for the net is left out.

    Args:
        config: the net, which takes the images as they are.
        images: [N, C, H, W].
        labels: [N].
        names: of measurements.
        seed: of the net's weights.
        points: of the line along which shattering is measured.
    """
    net = build_resnet(config, seed=seed)
    for name in names:
        about = measurement(name)
        if why_not(about, plan(config)):
            continue
        settings = {"points": points} if name == "shattering" else {}
        arrays = perform(about, net, images, labels, settings=settings, use_up=True)
        yield name, {key: _short(array) for key, array in arrays.items()}


def batch_of(config: ResNetConfig, kind: str, size: int, seed: int) -> tuple[Tensor, Tensor]:
    """Images [size, C, H, W] with mean 0 and variance 1, and labels [size].

    Raises:
        ValueError: for digits where the net has not one channel.
    """
    generator = torch.Generator().manual_seed(seed)
    if kind == "gaussian":
        shape = (size, *config.image_shape)
        labels = torch.randint(config.num_classes, (size,), generator=generator)
        return torch.randn(shape, generator=generator), labels
    if config.in_channels != 1 or config.num_classes < 10:
        raise ValueError(
            f"in_channels = {config.in_channels}, num_classes = {config.num_classes}: the digits "
            "need a net with 1 channel and at least 10 classes"
        )
    data = load("digits")
    chosen = torch.randperm(len(data), generator=generator)[:size]
    return resized(data.normalised(data.pixels[chosen]), config.image_size), data.labels[chosen]


def _short(array: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    """Nested lists of numbers with few digits; inf and NaN stay."""
    texts = np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"), otypes=[float])(array)
    return texts.tolist()
