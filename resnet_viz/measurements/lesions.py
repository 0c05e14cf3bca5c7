"""What a net loses with one of its blocks, or with several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from resnet_viz.measurements.base.figure import Lines
from resnet_viz.measurements.base.measurement import (
    Given,
    Measured,
    Measurement,
    Setting,
    Subject,
    images,
)
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import UNLEARNT, Verdict, if_finite

if TYPE_CHECKING:
    from torch import Tensor

    from resnet_viz.arch.plan import NetworkPlan
    from resnet_viz.nets.network import ResNet
MISSED = 0.1
"""Of the error that a deleted block adds: from here on the block is missed."""

MEASUREMENT = Measurement(
    name="lesions",
    title="lesions: one block deleted",
    sentence="A residual net barely notices a missing block, except where the resolution changes. "
    "A plain net breaks whichever you remove. Only meaningful for trained nets. Batch norm is "
    "adjusted to what is left.",
    formula=r"F(x_l) + h(x_l) \;\to\; h(x_l), \quad h \text{ the shortcut}",
    source="Veit et al. 2016, arXiv:1605.06431, sec. 4.1",
    cost=52,
    gives={
        "error": Given("share of wrong answers without the block", ("block",)),
        "loss": Given("loss without the block", ("block",), "nats"),
        "whole_error": Given("share of wrong answers of the whole net"),
        "whole_loss": Given("loss of the whole net", (), "nats"),
    },
    settings=(
        images(256),
        Setting(
            "block",
            "the block to delete, such as 'stages.0.1', or several with commas between; '' for "
            "each in turn",
            "",
        ),
    ),
    only_forward=True,
    figure=Lines("error", "block deleted, from input to output"),
)


def why_kept(network: NetworkPlan, block: str) -> str:
    """Why a block cannot be left out, in a sentence; "" where it can."""
    own = next(one for one in network.blocks if one.name == block)
    if own.shortcut != "none" or own.in_shape == own.out_shape:
        return ""
    before, after = ("x".join(map(str, shape)) for shape in (own.in_shape, own.out_shape))
    return (
        f"It makes {after} of {before}, and has no shortcut that does the same: without it nothing "
        "fits what follows."
    )


def measure(subject: Subject) -> Measured:
    """On these images, with their statistics in the batch norms: that adjusts them exactly.

    NaN for a block of a plain net that changes the shape, and so cannot be left out, and for those
    that were not asked for. Blocks that are deleted together all have the numbers of the net that
    is left.
    """
    import torch

    from resnet_viz.arch.plan import plan
    from resnet_viz.nets.passes import outputs

    network, images, labels = subject.network, subject.images, subject.labels
    names = [block.name for block in plan(network.config).blocks]
    asked = str(subject.settings["block"])
    deleted = list(filter(None, asked.split(",")))
    for name in deleted:
        if name not in names:
            raise ValueError(f"block = {name!r} is not one of the net's: {names[0]} to {names[-1]}")
    in_turn = (
        [[names.index(name) for name in deleted]] if asked else [[i] for i in range(len(names))]
    )
    error, loss = np.full(len(names), np.nan), np.full(len(names), np.nan)
    with torch.no_grad():
        inputs = list(outputs(network, images))
        whole = _judged(network.head(inputs[-1]), labels)
        for turn, out in enumerate(in_turn):
            subject.report(turn / len(in_turn), f"without {names[out[0]]}")
            begin = min(out)
            error[out], loss[out] = judged_without(network, inputs[begin], labels, out, begin)
    return {"error": error, "loss": loss, "whole_error": whole[0], "whole_loss": whole[1]}


def judged_without(
    network: ResNet, x: Tensor, labels: Tensor, out: Sequence[int], begin: int = 0
) -> tuple[float, float]:
    """Share of wrong answers and mean cross-entropy without the blocks at places `out`, where `x`
    goes into the block at `begin`; NaN where one of them cannot be left out."""
    from resnet_viz.nets.block_parts import without_branch
    from resnet_viz.nets.passes import blocks_of

    for place, block in enumerate(blocks_of(network)[begin:], begin):
        left = without_branch(block, x) if place in out else block(x)
        if left is None:
            return np.nan, np.nan
        x = left
    return _judged(network.head(x), labels)


def _judged(logits: Tensor, labels: Tensor) -> tuple[float, float]:
    """Share of wrong answers, and mean cross-entropy."""
    from torch.nn import functional

    wrong = (logits.argmax(1) != labels).sum().item() / len(labels)
    return wrong, functional.cross_entropy(logits, labels).item()


def verdict(net: MeasuredNet) -> Verdict:
    """The error without a block, or the median of those without one of them each."""
    whole = net.scalar("whole_error")
    if whole > UNLEARNT:
        return says_nothing(whole)
    error, asked = net.median("error"), str(net.result.settings["block"])
    which = f"without {asked}" if asked else "without one block (median)"
    word = "hardly missed" if error - whole < MISSED else "missed"
    sentence = f"Wrong answers: {error:.1%} {which}, {whole:.1%} with all."
    return if_finite(error, word, sentence)


def says_nothing(whole: float) -> Verdict:
    """The verdict on a net that gets too much wrong with all of its blocks."""
    sentence = f"With all blocks {whole:.1%} of the answers are wrong: too many to tell much."
    return Verdict("says nothing", sentence, whole)
