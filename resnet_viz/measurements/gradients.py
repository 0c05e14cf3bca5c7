"""The gradient's norms at one moment: by layer and by block."""

import numpy as np

from resnet_viz.measurements.base.figure import BLOCKS, Lines
from resnet_viz.measurements.base.fits import exponential
from resnet_viz.measurements.base.measurement import Given, Measured, Measurement, Subject, images
from resnet_viz.measurements.base.result import MeasuredNet
from resnet_viz.measurements.base.verdict import FITS, Verdict, flow_word, if_finite, ratio_words

MEASUREMENT = Measurement(
    name="gradients",
    title="gradient norms",
    sentence="How the gradient's norm grows or shrinks on its way back to the input. On a "
    "logarithmic axis a straight line means that each layer multiplies it by the same factor: "
    "about 1.2 in a new plain net with batch norm, and much less in a residual net.",
    formula=r"\Big\|\frac{\partial L}{\partial W_l}\Big\|, \qquad "
    r"\Big\|\frac{\partial L}{\partial x_b}\Big\|",
    source="He et al. 2015, arXiv:1512.03385, 4.1; Yang et al. 2019, arXiv:1902.08129",
    cost=1.5,
    gives={
        "weights": Given("norm of the gradient by a layer's weight", ("layer",)),
        "inputs": Given("norm of the gradient by a block's input", ("block",)),
        "ratio": Given("that at the first block's input over that at the last's"),
        "loss": Given("loss of the batch", (), "nats"),
    },
    settings=(images(64),),
    figure=Lines("inputs", BLOCKS, is_log=True),
)


def measure(subject: Subject) -> Measured:
    """One forward and one backward pass."""
    import torch
    from torch.nn import functional

    from resnet_viz.arch.plan import plan
    from resnet_viz.nets.passes import outputs
    from resnet_viz.tensor_stats.norms import norms

    layers = plan(subject.network.config).weighted_layers
    weights = [subject.network.get_parameter(f"{layer.name}.weight") for layer in layers]
    *inputs, last = outputs(subject.network, subject.images)
    loss = functional.cross_entropy(subject.network.head(last), subject.labels)
    gradients = torch.autograd.grad(loss, [*weights, *inputs])
    by_input = norms(list(gradients[len(weights) :])).cpu().double()
    return {
        "weights": norms(list(gradients[: len(weights)])),
        "inputs": by_input,
        "ratio": by_input[0] / by_input[-1],
        "loss": loss,
    }


def verdict(net: MeasuredNet) -> Verdict:
    """The gradient at the first block's input over that at the last's."""
    value = net.scalar("ratio")
    inputs = net.array("inputs")
    fit = exponential(np.arange(len(inputs), 0.0, -1), inputs)
    word = flow_word(value, is_steady=fit is not None and fit.explained >= FITS)
    times = "times as large at the first block's input as at the last's"
    return if_finite(value, word, f"The gradient is {ratio_words(value)} {times}.")
