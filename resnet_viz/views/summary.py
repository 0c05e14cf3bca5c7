"""torchinfo's summary of a net that is built on the meta device, so that it takes no memory."""

from __future__ import annotations

import torchinfo

from resnet_viz.arch.config import ResNetConfig
from resnet_viz.nets.network import build_resnet

COLUMNS = ("input_size", "output_size", "kernel_size", "num_params", "mult_adds")


def summarize(config: ResNetConfig, depth: int = 3) -> torchinfo.ModelStatistics:
    """torchinfo's statistics of `config` for one image; `str()` of it is the table.

    Args:
        config: the net.
        depth: how many levels of nested modules the table shows, at least 1.

    Raises:
        ValueError: where `depth` is less than 1.
    """
    if depth < 1:
        raise ValueError(f"depth = {depth} shows nothing; allowed: 1 or more")
    size = (1, config.in_channels, config.image_size, config.image_size)
    net = build_resnet(config, device="meta")
    return torchinfo.summary(
        net, size, depth=depth, device="meta", mode="eval", verbose=0, col_names=COLUMNS
    )
