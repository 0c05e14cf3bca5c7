"""What each branch adds, in variance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from resnet_viz.measurements.measurement import Given, Measurement, Report, Settings, images

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_viz.nets.network import ResNet

MEASUREMENT = Measurement(
    name="variance",
    title="branch variance times k",
    sentence="The variance of what a block's branch adds over that of what its shortcut passes on, "
    "times the block's number k in its stage. In a new pre-activation net with batch norm block k "
    "adds about 1/k, so later blocks change less and less. Without norm the ratio stays constant.",
    formula=r"k \, \frac{\mathrm{Var}\, F(x)}{\mathrm{Var}\, x}",
    source="De & Smith 2020, arXiv:2002.10444, sec. 3",
    cost=1,
    gives={
        "times_k": Given("branch variance / shortcut variance, times k", ("block",)),
        "ratio": Given("branch variance / shortcut variance", ("block",)),
        "branch": Given("variance of what the branch adds", ("block",)),
        "shortcut": Given("variance of what the shortcut passes on", ("block",)),
        "k": Given("the block's number in its stage, from 1", ("block",)),
    },
    settings=(images(64),),
    shortcuts=True,
)


def measure(
    network: ResNet, images: Tensor, labels: Tensor, settings: Settings, report: Report
) -> Mapping[str, Any]:
    """Variances over whole tensors."""
    import numpy as np
    import torch

    from resnet_viz.arch.plan import plan
    from resnet_viz.nets.block_parts import paths
    from resnet_viz.nets.passes import blocks_of
    from resnet_viz.tensor_stats.wide_sums import variance

    rows: list[tuple[float, float]] = []
    with torch.no_grad():
        x = network.stem(images)
        for block in blocks_of(network):
            split = paths(block, x, x)
            assert split.shortcut is not None
            rows.append((variance(split.branch), variance(split.shortcut)))
            x = split.output
    branches, shortcuts = np.array(rows).T
    k = np.array([block.index + 1 for block in plan(network.config).blocks])
    with np.errstate(all="ignore"):
        ratio = branches / shortcuts
    return {
        "times_k": k * ratio,
        "ratio": ratio,
        "branch": branches,
        "shortcut": shortcuts,
        "k": k,
    }
