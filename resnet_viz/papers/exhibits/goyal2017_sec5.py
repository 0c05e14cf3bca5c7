"""Goyal et al. 2017, sec. 5.1: branches that start at 0."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, New, Trained
from resnet_viz.papers.nets import DIGITS, cifar
from resnet_viz.papers.statements import Below, Within


def ratio(arrays: Mapping[str, Any]) -> float:
    """The gradient at the first block's input over that at the last's."""
    return float(np.squeeze(arrays["ratio"]))


EXHIBIT = Exhibit(
    key="goyal2017-sec5",
    paper="goyal2017",
    place=10,
    label="Section 5.1",
    title="Branches that start at zero",
    states="With the last norm's scale of each branch at 0, signal and gradient first pass through "
    "the identity shortcuts, which eases optimisation at the start (sec. 5.1).",
    how="ResNet-56 with and without it: the gradient at the first block's input over the last's in "
    "new nets, and the loss after 60 steps on handwritten digits at a learning rate of 0.1.",
    parts=(
        New(
            {
                "Zero-init": cifar(56, **DIGITS, zero_init_residual=True),
                "Usual": cifar(56, **DIGITS),
            },
            "gradients",
            ratio,
            (
                Within(
                    "Zero-init: gradient at the first block over the last",
                    "passes through the identity: 1",
                    "Zero-init",
                    0.8,
                    1.25,
                ),
            ),
            "gradient at the first block's input over the last's",
        ),
        Trained(
            SweepSpec(
                name="Branches that start at zero",
                base=RunSpec(config=preset("resnet56-cifar"), lr=0.1),
                axes={"zero_init_residual": (False, True)},
                seeds=tuple(range(5)),
            ),
            {"Zero-init": {"zero_init_residual": True}, "Usual": {"zero_init_residual": False}},
            (
                Below(
                    "Training loss: zero-init below usual",
                    "eases optimisation at the start",
                    "Zero-init",
                    "Usual",
                ),
            ),
            "training loss [nats]",
        ),
    ),
    not_here="Large minibatches on ImageNet, for which the paper proposes it.",
)
