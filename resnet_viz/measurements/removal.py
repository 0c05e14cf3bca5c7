"""What a net gets wrong without some of its blocks, on images that it has never seen."""

from __future__ import annotations

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
from resnet_viz.measurements.lesions import MISSED, judged_without, says_nothing

MEASUREMENT = Measurement(
    name="removal",
    title="removal: blocks left out together",
    sentence="A residual net loses little with each block that is left out. A plain net breaks "
    "with the first. Batch norm is adjusted to what is left.",
    formula=r"F(x_l) + h(x_l) \;\to\; h(x_l), \quad h \text{ the shortcut, for all } l \text{ out}",
    source="Veit et al. 2016, arXiv:1605.06431, sec. 4.2",
    cost=2,
    gives={
        "error": Given("share of wrong answers without the blocks"),
        "loss": Given("loss without the blocks", (), "nats"),
        "whole_error": Given("share of wrong answers of the whole net"),
        "whole_loss": Given("loss of the whole net", (), "nats"),
        "seen": Given("images looked at"),
    },
    settings=(
        images(256),
        Setting("blocks", "the blocks to leave out, with commas between; '' for none", ""),
    ),
    held_out=True,
    only_forward=True,
)


def measure(subject: Subject) -> Measured:
    """On these images, with their statistics in the batch norms: that adjusts them exactly.

    NaN where a block is among them that cannot be left out.
    """
    import torch

    from resnet_viz.arch.plan import plan
    from resnet_viz.nets.passes import blocks_of

    network, labels = subject.network, subject.labels
    names = [block.name for block in plan(network.config).blocks]
    out = list(filter(None, str(subject.settings["blocks"]).split(",")))
    for name in out:
        if name not in names:
            raise ValueError(
                f"blocks = {name!r} is not one of the net's: {names[0]} to {names[-1]}"
            )
    places = [names.index(name) for name in out]
    begin = min(places, default=0)
    with torch.no_grad():
        subject.report(0.0, "the whole net")
        x = network.stem(subject.images)
        for block in blocks_of(network)[:begin]:
            x = block(x)
        whole = judged_without(network, x, labels, [], begin)
        subject.report(0.6, "without the blocks")
        left = judged_without(network, x, labels, places, begin)
    found = {"error": left[0], "loss": left[1], "whole_error": whole[0], "whole_loss": whole[1]}
    return found | {"seen": len(labels)}


def verdict(net: MeasuredNet) -> Verdict:
    """The error without the blocks beside that of the whole net."""
    error, whole = net.scalar("error"), net.scalar("whole_error")
    if whole > UNLEARNT:
        return says_nothing(whole)
    word = "hardly missed" if error - whole < MISSED else "missed"
    return if_finite(error, word, f"Wrong answers: {error:.1%} without, {whole:.1%} with all.")
