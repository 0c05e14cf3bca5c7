"""Balduzzi et al. 2017, Fig. 1: gradients of deep plain nets resemble white noise."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.papers.exhibit import Exhibit, New
from resnet_viz.papers.nets import DIGITS, cifar, plain
from resnet_viz.papers.statements import Below, Within

_NETS = {
    "Plain-8": plain(8, **DIGITS),
    "Plain-56": plain(56, **DIGITS),
    "ResNet-56": cifar(56, **DIGITS),
}


def cosine(arrays: Mapping[str, Any]) -> float:
    """The mean cosine of neighbours' gradients."""
    return float(np.squeeze(arrays["cosine"]))


EXHIBIT = Exhibit(
    key="balduzzi2017-fig1",
    paper="balduzzi2017",
    place=10,
    label="Figure 1",
    title="Shattered gradients",
    states="The gradients of a shallow net look like brown noise, those of a deep plain net like "
    "white noise. Those of a deep residual net lie in between (sec. 2, Fig. 1).",
    how="New nets with batch norm on 64 points between two handwritten digits, five seeds each: "
    "the mean cosine of the gradients of neighbouring points. White noise has 0, brown noise "
    "nearly 1.",
    parts=(
        New(
            _NETS,
            "shattering",
            cosine,
            (
                Within("Plain-56: neighbours' gradients", "white noise: 0", "Plain-56", -0.2, 0.2),
                Below("Plain-56 below Plain-8", "white against brown", "Plain-56", "Plain-8"),
                Below(
                    "Plain-56 below ResNet-56",
                    "white against in between",
                    "Plain-56",
                    "ResNet-56",
                ),
            ),
            "mean cosine of neighbours' gradients",
        ),
    ),
    not_here="The paper's own nets, which are fully connected and take one number as their input.",
)
