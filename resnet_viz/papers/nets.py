"""Nets and settings that the papers' figures share: CIFAR shapes, small enough for the digits."""

from __future__ import annotations

from typing import Any

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.presets import preset

DIGITS: dict[str, Any] = {"in_channels": 1, "image_size": 8}
"""Of nets that are measured on the handwritten digits without being trained."""


def blocks(depth: int) -> tuple[int, int, int]:
    """Blocks per stage of the CIFAR net of a depth 6n + 2 (He et al. 2015, sec. 4.2)."""
    return ((depth - 2) // 6,) * 3


def cifar(depth: int, **changes: object) -> ResNetConfig:
    """The CIFAR net of a depth 6n + 2: widths 16, 32, 64, option A."""
    fields = preset("resnet56-cifar").model_dump() | {"depths": blocks(depth)} | changes
    return ResNetConfig.model_validate(fields)


def plain(depth: int, **changes: object) -> ResNetConfig:
    """The same without shortcuts."""
    return cifar(depth, shortcut="none", **changes)


def uniform(count: int, size: int, **changes: object) -> ResNetConfig:
    """One stage of `count` blocks, width 64, on maps of one size: what mean field theory is of."""
    fields = {"depths": (count,), "widths": (64,), "image_size": size, "in_channels": 64}
    return ResNetConfig.model_validate(
        {**preset("resnet56-cifar").model_dump(), **fields, **changes}
    )
