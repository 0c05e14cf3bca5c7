"""How widely a layer's responses are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resnet_viz.quantities.quantity import Quantity

if TYPE_CHECKING:
    from torch import Tensor

QUANTITY = Quantity(
    name="response_std",
    title="response std",
    symbol="std of responses",
    sentence="The standard deviation of a 3x3 layer's response, over images, channels and pixels, "
    "after its norm and before the nonlinearity. In trained nets residual branches respond less "
    "than the layers of a plain net.",
    source="He et al. 2015, arXiv:1512.03385, Fig. 7",
)


def measure(response: list[Tensor]) -> Tensor:
    """Standard deviations over whole tensors."""
    from resnet_viz.tensor_stats.activation_stats import deviations  # noqa: PLC0415

    return deviations(response)
