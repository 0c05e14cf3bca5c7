"""What each branch adds, in variance."""

import numpy as np

from resnet_viz.measurements.base.figure import BLOCKS, Lines
from resnet_viz.measurements.base.measurement import Given, Measured, Measurement, Subject, images
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import Verdict, if_finite, k_word
from resnet_viz.text import number

MEASUREMENT = Measurement(
    name="variance",
    title="branch variance times k",
    sentence="How much variance a block's branch adds to what its shortcut passes on (a ratio), "
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
    only_forward=True,
    figure=Lines("times_k", BLOCKS, is_log=True, level=1),
)


def measure(subject: Subject) -> Measured:
    """Variances over whole tensors."""
    import torch

    from resnet_viz.arch.plan import plan
    from resnet_viz.nets.block_parts import paths
    from resnet_viz.nets.passes import blocks_of
    from resnet_viz.tensor_stats.wide_sums import variance

    rows: list[tuple[float, float]] = []
    with torch.no_grad():
        x = subject.network.stem(subject.images)
        for block in blocks_of(subject.network):
            split = paths(block, x, x)
            assert split.shortcut is not None
            rows.append((variance(split.branch), variance(split.shortcut)))
            x = split.output
    branches, shortcuts = np.array(rows).T
    k = np.array([block.index + 1 for block in plan(subject.network.config).blocks])
    with np.errstate(all="ignore"):
        ratio = branches / shortcuts
    ratios = {"times_k": k * ratio, "ratio": ratio}
    return {**ratios, "branch": branches, "shortcut": shortcuts, "k": k}


def verdict(net: MeasuredNet) -> Verdict:
    """The median of all blocks."""
    value = net.median("times_k")
    sentence = f"Block k adds about {number(value, 2)}/k of its input's variance (median)."
    return if_finite(value, k_word(value), sentence)
