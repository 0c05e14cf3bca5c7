"""De & Smith 2020, sec. 3: batch norm makes branches small beside their shortcuts."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.arch.config import revise
from resnet_viz.arch.presets import preset
from resnet_viz.papers.exhibit import Exhibit, New
from resnet_viz.papers.nets import DIGITS
from resnet_viz.papers.statements import Within

_BEFORE = revise(
    preset("resnet20-cifar"),
    **DIGITS,
    depths=(50,),
    widths=(16,),
    activation_order="full_preactivation",
)


def times_k(arrays: Mapping[str, Any]) -> float:
    """The median from the fifth block on: the first ones see the stem's variance."""
    return float(np.median(arrays["times_k"][4:]))


EXHIBIT = Exhibit(
    key="de2020-sec3",
    paper="de2020",
    place=10,
    label="Section 3",
    title="The variance that a branch adds at initialisation",
    states="In a new pre-activation net with batch norm, block k adds about 1/k of the variance on "
    "its shortcut, so deep blocks are close to the identity (sec. 3).",
    how="A new net of 50 pre-activation blocks in one stage, on 64 handwritten digits, five seeds: "
    "the branch's variance over the shortcut's, times k, as the median from block 5 on.",
    parts=(
        New(
            {"With batch norm": _BEFORE},
            "variance",
            times_k,
            (
                Within(
                    "Branch over shortcut variance, times k",
                    "1",
                    "With batch norm",
                    0.8,
                    1.25,
                ),
            ),
            "branch variance / shortcut variance x k",
        ),
    ),
    pictures={"50 blocks in one stage": _BEFORE},
)
