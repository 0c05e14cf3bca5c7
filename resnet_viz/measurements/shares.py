"""How the gradient divides between shortcut and branch."""

import numpy as np

from resnet_viz.measurements.base.figure import BLOCKS, Lines
from resnet_viz.measurements.base.measurement import Given, Measured, Measurement, Subject, images
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import MOST, Verdict, if_finite

MEASUREMENT = Measurement(
    name="shares",
    title="the shortcut's share of the gradient",
    sentence="The gradient at a block's input is the sum of a part that came through the shortcut "
    "and one that came through the branch. Near 1 the shortcut alone carries it; near 0 the branch "
    "does, as in a plain net. (Above 1 the parts work against each other.)",
    formula=r"\frac{g_s \cdot g}{\|g\|^2}, \qquad g = \frac{\partial L}{\partial x} = g_s + g_F",
    source="He et al. 2016, arXiv:1603.05027, eq. 5 (its two terms)",
    cost=1,
    gives={
        "share": Given("the shortcut's share of the gradient; the branch has the rest", ("block",)),
        "shortcut": Given("norm of the part through the shortcut", ("block",)),
        "branch": Given("norm of the part through the branch", ("block",)),
        "whole": Given("norm of the gradient at the block's input", ("block",)),
        "cosine": Given("cosine of the two parts", ("block",)),
    },
    settings=(images(64),),
    shortcuts=True,
    figure=Lines("share", BLOCKS, level=0.5),
)


def measure(subject: Subject) -> Measured:
    """What overflows or vanishes in float32 stays inf or 0."""
    from resnet_viz.nets.passes import block_passes
    from resnet_viz.tensor_stats.wide_sums import dot, norm

    blocks, gradient = block_passes(subject.network, subject.images, subject.labels)
    rows: list[tuple[float, float, float, float]] = []
    for block in reversed(blocks):
        branch, shortcut = block.products(gradient)
        assert shortcut is not None
        gradient = branch + shortcut
        product = dot([shortcut], [branch])
        rows.append((norm(shortcut), norm(branch), norm(gradient), product))
    shortcuts, branches, wholes, products = np.array(rows[::-1]).T
    with np.errstate(all="ignore"):
        cosine = products / (shortcuts * branches)
        share = (shortcuts**2 + products) / wholes**2
    parts = {"shortcut": shortcuts, "branch": branches, "whole": wholes}
    return {"share": share, **parts, "cosine": cosine}


def verdict(net: MeasuredNet) -> Verdict:
    """The mean of all blocks."""
    shares = net.array("share")
    value = float(np.nanmean(shares)) if np.isfinite(shares).any() else float("nan")
    word = "through the shortcuts" if value >= MOST else "through the branches"
    sentence = f"The shortcuts carry {value:.0%} of the gradient (mean of blocks)."
    return if_finite(value, word, sentence)
