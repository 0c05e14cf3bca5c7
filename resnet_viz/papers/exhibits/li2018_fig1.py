"""Li et al. 2018, Fig. 1: the loss surface with and without shortcuts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.statements import Below


def share(arrays: Mapping[str, Any]) -> float:
    """The share of points where the surface bends downwards."""
    return float(np.squeeze(arrays["nonconvex"]))


EXHIBIT = Exhibit(
    key="li2018-fig1",
    paper="li2018",
    place=10,
    label="Figure 1",
    title="The loss surface of ResNet-56, with and without shortcuts",
    states="Without shortcuts the surface of a 56-layer net is chaotic and not convex; with them "
    "it is smooth (sec. 1, Fig. 1).",
    how="ResNet-56 and its plain twin after 80 steps on handwritten digits, five seeds each: the "
    "loss at 13 x 13 points around the weights, in directions scaled by filter. The number is the "
    "share of points where the surface bends downwards.",
    parts=(
        Trained(
            SweepSpec(
                name="ResNet-56 and its plain twin",
                base=RunSpec(config=preset("resnet56-cifar"), steps=80),
                axes={"plain": (False, True)},
                seeds=tuple(range(5)),
            ),
            {"ResNet-56": {"plain": False}, "Plain-56": {"plain": True}},
            (
                Below(
                    "Share that bends downwards: ResNet-56 below Plain-56",
                    "smooth against chaotic (Fig. 1)",
                    "ResNet-56",
                    "Plain-56",
                ),
            ),
            "share of points that bend downwards",
            measurement="landscape",
            read=share,
        ),
    ),
    not_here="Nets trained to their end. Plain-56 has hardly trained after 80 steps, so this "
    "compares surfaces at different losses.",
)
