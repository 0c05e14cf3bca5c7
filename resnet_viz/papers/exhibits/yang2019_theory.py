"""Yang et al. 2019: batch norm makes gradients of plain nets explode, by a known factor."""

from collections.abc import Mapping
from math import pi, sqrt
from typing import Any

import numpy as np

from resnet_viz.papers.exhibit import Exhibit, New
from resnet_viz.papers.nets import uniform
from resnet_viz.papers.statements import Within

_BLOCKS = 12
_LAYERS = 2 * (_BLOCKS - 1)
"""From the first block's input to the last's."""


def _per_layer(arrays: Mapping[str, Any]) -> float:
    return float(np.squeeze(arrays["ratio"]) ** (1 / _LAYERS))


EXHIBIT = Exhibit(
    key="yang2019-theory",
    paper="yang2019",
    place=10,
    label="Mean field theory",
    title="Gradients explode with batch norm",
    states="In a wide plain net with batch norm and ReLU the gradient's norm grows by "
    f"sqrt(pi / (pi - 1)) = {sqrt(pi / (pi - 1)):.3f} per layer on its way back.",
    how="A new plain net of 24 layers of width 64 on maps of one pixel, 128 Gaussian images, five "
    "seeds: the growth from the last block's input to the first's, per layer.",
    parts=(
        New(
            {"Plain, 24 layers": uniform(_BLOCKS, 1, shortcut="none")},
            "gradients",
            _per_layer,
            (
                Within(
                    "Growth of the gradient per layer",
                    f"{sqrt(pi / (pi - 1)):.3f} in theory",
                    "Plain, 24 layers",
                    1.19,
                    1.23,
                ),
            ),
            "growth per layer",
            images="gaussian",
            batch_size=128,
        ),
    ),
    not_here="Larger maps, whose borders lower the factor; the Initialisation page has them.",
)
