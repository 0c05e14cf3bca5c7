"""Veit et al. 2016, Fig. 3: single layers deleted from a trained plain and a residual net."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.arch.presets import preset
from resnet_viz.experiments.run_spec import RunSpec
from resnet_viz.experiments.sweep_spec import SweepSpec
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.statements import Below, Within


def median_error(arrays: Mapping[str, Any]) -> float:
    """The median over blocks of the error without one."""
    return float(np.nanmedian(arrays["error"]))


EXHIBIT = Exhibit(
    key="veit2016-fig3",
    paper="veit2016",
    place=10,
    label="Figure 3",
    title="Deleting single layers",
    states="Deleting any layer of VGG drops it to chance. Deleting a block of a residual net "
    "hardly changes its error, except where it downsamples (sec. 4.1, Fig. 3).",
    how="ResNet-20 and its plain twin in place of VGG, trained for 200 steps on handwritten "
    "digits, five seeds each. Then each block is deleted by itself; the number is the "
    "median error over the blocks. Batch norm is adjusted to what is left.",
    parts=(
        Trained(
            SweepSpec(
                name="Nets to delete blocks from",
                base=RunSpec(config=preset("resnet20-cifar"), steps=200),
                axes={"plain": (False, True)},
                seeds=tuple(range(5)),
            ),
            {"ResNet-20": {"plain": False}, "Plain-20": {"plain": True}},
            (
                Within(
                    "Plain-20 without one block is near chance (0.90)",
                    "chance level for VGG",
                    "Plain-20",
                    0.8,
                    1.0,
                ),
                Within(
                    "ResNet-20 without one block keeps a low error",
                    "minimal impact",
                    "ResNet-20",
                    0.0,
                    0.1,
                ),
                Below(
                    "Error without one block: ResNet-20 below Plain-20",
                    "minimal impact against chance",
                    "ResNet-20",
                    "Plain-20",
                ),
            ),
            "median error without one block",
            measurement="lesions",
            read=median_error,
        ),
    ),
    not_here="ResNet-110 on CIFAR-10 and VGG-15, which this program does not build.",
)
