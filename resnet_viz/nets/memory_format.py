"""Memory format: the order in which a net's activations lie in memory."""

from __future__ import annotations

import torch

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.arch.plan import plan

SAFE_CHANNELS = 8


def memory_format(config: ResNetConfig, device: torch.device) -> torch.memory_format:
    """The memory format: channels_last, the fastest for convolutions, wherever it is safe.

    On the CPU the weight gradient of a 1x1 convolution at stride 2 with fewer than 8 input
    channels writes past its memory in channels_last (torch 2.14 dies of it).
    """
    narrow = any(
        operation.kernel == 1 and operation.stride > 1 and operation.in_shape[0] < SAFE_CHANNELS
        for _, unit in plan(config).units
        for operation in unit.weighted
    )
    is_safe = device.type != "cpu" or not narrow
    return torch.channels_last if is_safe else torch.contiguous_format
