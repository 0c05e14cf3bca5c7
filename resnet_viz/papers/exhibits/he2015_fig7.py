"""He et al. 2015, Fig. 7: standard deviations of layer responses."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from resnet_viz.experiments.ready_sweeps import ready_sweeps
from resnet_viz.papers.exhibit import Exhibit, Trained
from resnet_viz.papers.nets import blocks
from resnet_viz.papers.statements import Below

_GROUPS = {
    f"{'Plain' if plain else 'ResNet'}-{depth}": {"depths": blocks(depth), "plain": plain}
    for plain in (True, False)
    for depth in (20, 56)
}


def median_response(arrays: Mapping[str, Any]) -> float:
    """The median over 3x3 layers of their responses' standard deviation."""
    return float(np.median(arrays["response_std"]))


EXHIBIT = Exhibit(
    key="he2015-fig7",
    paper="he2015",
    place=80,
    label="Figure 7",
    title="Standard deviations of layer responses",
    states="Residual nets have generally smaller responses than their plain counterparts, and "
    "deeper residual nets have smaller ones (sec. 4.2, Fig. 7).",
    how="The nets of Figure 6 after 80 steps: the median over 3 x 3 layers of the standard "
    "deviation after the norm and before the nonlinearity, on the last minibatch.",
    parts=(
        Trained(
            ready_sweeps()["degradation"].spec,
            _GROUPS,
            (
                Below(
                    "ResNet-20 responds less than Plain-20",
                    "smaller than plain counterparts (Fig. 7)",
                    "ResNet-20",
                    "Plain-20",
                ),
                Below(
                    "ResNet-56 responds less than Plain-56",
                    "smaller than plain counterparts (Fig. 7)",
                    "ResNet-56",
                    "Plain-56",
                ),
                Below(
                    "ResNet-56 responds less than ResNet-20",
                    "smaller in deeper residual nets (Fig. 7)",
                    "ResNet-56",
                    "ResNet-20",
                ),
            ),
            "median response std",
            quantity="response_std",
            read=median_response,
        ),
    ),
    not_here="Responses after long training. After a norm the standard deviation is the norm's "
    "scale, which begins at 1; 80 steps move it little.",
)
